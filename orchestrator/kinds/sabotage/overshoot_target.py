"""The sabotage `overshoot-target`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.target import tell_otherwise
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import RunningLedger
    from reports.facts.events import Finding

STATUS_S = 1.0
PATIENCE_S = 10.0


class OvershootTarget(Sabotage):
    """Hand the playbooks a recovery target later than the recorded one.

    The recorded target, by which the writes are judged, stays. Confirmed by a write acknowledged after the later target
    too: without one, recovery would not find its target and stop for that reason.
    """

    main: ClassVar[str] = "by"
    example: ClassVar[str] = "overshoot-target: {by: 500ms}"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    by: Duration = Field(gt=0, description="How much later.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield half a second where recovery has a target, and the service writes on after it."""
        if drill.recover_to != "latest" and all(disaster.stays_up for disaster in drill.disaster):
            yield cls(by="500ms"), Expect.failed_by("no-unexpected")

    def spoil(self, lab: Lab) -> Finding:
        """Move the target, and wait for a write after it."""
        recorded = lab.target
        told = tell_otherwise(lab, self.by)
        if not lab.ledgers or told is None or told.monotonic_ns is None or recorded.monotonic_ns is None:
            says = "there is no recovery target in time to overshoot"
            return self.confirmation(says, matters=False, seen={"mode": recorded.mode})
        by = (told.monotonic_ns - recorded.monotonic_ns) / 1e9
        reached = [_wrote_past(ledger, told.monotonic_ns) for ledger in lab.ledgers.values()]
        return self.confirmation(
            f"playbooks are told to recover to {told.server_time}, {by:g} s after the target",
            matters=all(reached),
            seen={"target": recorded.server_time, "told": told.server_time},
        )


def _wrote_past(ledger: RunningLedger, moment: int) -> bool:
    """Wait for a write acknowledged after a moment, for as long as is reasonable; return whether there is one."""
    status = ledger.status()
    while status.last_acknowledged <= moment and status.at < moment + PATIENCE_S * 1e9:
        status = ledger.next_status(STATUS_S)
    return status.last_acknowledged > moment
