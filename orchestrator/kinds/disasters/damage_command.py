"""The disaster `damage-command`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import shell
from orchestrator.core.confirming import OwnDamage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class DamageCommand(OwnDamage):
    """Damage with a shell command inside a container, as a bad release or its migration would; the service stays up.

    Proves that what the command changed, in this service or in those it uses, can be brought back. The damage is
    confirmed by a command of your own, run before and after: one that succeeded already shows no damage. Does not prove
    that anybody would notice the damage: the ledger does not, so give `detect` a check that does.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "damage-command: {service: db, run: rm -r /srv/media, confirm: test ! -e /srv/media}"
    proves: ClassVar[str] = "The system comes back after damage by a command that itself succeeded."

    command: str = Field(alias="run", min_length=1, description="The command that damages, as `sh -c` reads it.")
    question: str = Field(
        alias="confirm", min_length=1, description="A command that ends with exit code 0 when the damage is there."
    )
    as_user: str = Field(
        default="", alias="as", description="The user inside the container; the image's own by default."
    )
    within: Duration = Field(default=60.0, gt=0, description="Longest time the damaging may take.")

    def do(self, lab: Lab) -> str:
        """Run the command; raises StepFailedError with the last lines it printed, or StepTimedOutError."""
        shell.run(lab, self.service, self.command, user=self.as_user, timeout_s=self.within)
        return f"{self.service} ran `{self.command}`"

    def is_there(self, lab: Lab) -> bool:
        """Return whether the confirming command succeeds; raises StepFailedError where none can run."""
        return shell.succeeds(lab, self.service, self.question, user=self.as_user)
