"""The sabotage `spoil-command`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import shell
from orchestrator.core.confirming import OwnSabotage

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class SpoilCommand(OwnSabotage):
    """Put a fault of your own in with a shell command inside a container, to see that a check of yours catches it.

    Confirmed by a command of your own, run before and after: one that succeeded already shows no fault.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = (
        "spoil-command: {service: db, run: rm -r /etc/app, confirm: test ! -e /etc/app, moment: after-protect}"
    )

    command: str = Field(alias="run", min_length=1, description="The command that spoils, as `sh -c` reads it.")
    question: str = Field(
        alias="confirm", min_length=1, description="A command that ends with exit code 0 when the fault is there."
    )
    as_user: str = Field(
        default="", alias="as", description="The user inside the container; the image's own by default."
    )

    def do(self, lab: Lab) -> None:
        """Run the command; raises StepFailedError with the last lines it printed, or StepTimedOutError."""
        shell.run(lab, self.service, self.command, user=self.as_user)

    def is_there(self, lab: Lab) -> bool:
        """Return whether the confirming command succeeds; raises StepFailedError where none can run."""
        return shell.succeeds(lab, self.service, self.question, user=self.as_user)
