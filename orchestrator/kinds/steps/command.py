"""The step `command`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import shell
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Command(Step):
    """Run a shell command inside a service's container.

    An exit code other than 0 fails the step, with the last lines that were printed.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "command: {service: db, as: postgres, run: pgbench -i -q -s 10}"

    service: str = Field(description="The service in whose container the command runs.")
    command: str = Field(alias="run", min_length=1, description="The command, as `sh -c` reads it.")
    as_user: str = Field(
        default="", alias="as", description="The user inside the container; the image's own by default."
    )

    def run(self, lab: Lab) -> str:
        """Run it and return where it ran; raises StepFailedError or StepTimedOutError."""
        shell.run(lab, self.service, self.command, user=self.as_user, timeout_s=self.timeout)
        return f"ended with exit code 0 in {self.service}"
