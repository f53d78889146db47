"""The sabotage `block-promotion`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql.standbys import fails_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.1
HANG = "sleep 86399"
HANGS = f"grep -lz '^{HANG.split()[1]}$' /proc/[0-9]*/cmdline 2>/dev/null | grep -q ."


class BlockPromotion(Sabotage):
    """Let a standby wait for an archive that never answers: it cannot be promoted while it waits.

    As where the archive's machine is lost together with the primary. Confirmed by the command that hangs: a standby
    asks for it once its primary is gone.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "block-promotion: standby"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    service: str = Field(description="The standby.")
    within: Duration = Field(default=20.0, gt=0, description="Longest time until it must wait.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for each standby of a fail-over from a primary that is gone: one that is there still streams."""
        if not fails_over(drill) or any(disaster.kind == "hang-postmaster" for disaster in drill.disaster):
            return
        for name, service in drill.lab.services.items():
            if service.type == "postgres" and service.spare_for is not None:
                yield cls(service=name), Expect.failed_by("recovery-step")

    def spoil(self, lab: Lab) -> Finding:
        """Give it the command, and wait until it hangs in it."""
        lab.sql(self.service, f"ALTER SYSTEM SET restore_command = '{HANG}'")
        lab.sql(self.service, "SELECT pg_reload_conf()")
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while not (hangs := self._hangs(lab)) and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        says = f"{self.service}: {'waits' if hangs else 'does not wait'} for an archive that does not answer"
        return self.confirmation(says, matters=hangs, seen={"waits": hangs})

    def _hangs(self, lab: Lab) -> bool:
        return lab.execute(self.service, ["sh", "-c", HANGS]).exit_code == 0
