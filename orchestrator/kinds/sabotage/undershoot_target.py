"""The sabotage `undershoot-target`."""

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
    from reports.facts.events import Finding


AFTER_THE_BACKUP_S = 2.0
"""A target must lie after the backup's end, which backup tools tell in whole seconds."""


class UndershootTarget(Sabotage):
    """Hand the playbooks a recovery target earlier than the recorded one.

    The recorded target, by which the writes are judged, stays. Confirmed by the ledger, which wrote without a break
    from before the earlier target to after the recorded one, and by the time in between being longer than the RPO, or
    for a single service longer than the services may be apart.
    """

    main: ClassVar[str] = "by"
    example: ClassVar[str] = "undershoot-target: {by: 3s}"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    by: Duration = Field(gt=0, description="How much earlier.")
    service: str | None = Field(
        default=None, description="Tell only the playbooks that are limited to this service, so that it is left behind."
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield a second more than the RPO, where that still lies after the backup."""
        rpo = drill.objectives.rpo
        if (
            drill.recover_to == "before-disaster"
            and rpo != "none"
            and drill.steady.wait >= rpo + 1 + AFTER_THE_BACKUP_S
        ):
            yield cls(by=f"{rpo + 1:g}s"), Expect.failed_by("rpo")

    def spoil(self, lab: Lab) -> Finding:
        """Move the target, and ask the ledger."""
        recorded = lab.target
        told = tell_otherwise(lab, -self.by, self.service or "")
        if not lab.ledgers or told is None or told.monotonic_ns is None or recorded.monotonic_ns is None:
            says = "there is no recovery target in time to undershoot"
            return self.confirmation(says, matters=False, seen={"mode": recorded.mode})
        by = (recorded.monotonic_ns - told.monotonic_ns) / 1e9
        promised, statuses = lab.loaded.drill.objectives, [ledger.status() for ledger in lab.ledgers.values()]
        allowed = promised.common_point if self.service else promised.rpo
        wrote = all(
            0 < status.unbroken_since <= told.monotonic_ns and recorded.monotonic_ns < status.last_acknowledged
            for status in statuses
        )
        return self.confirmation(
            f"playbooks are told to recover to {told.server_time}, {by:g} s before the target",
            matters=wrote and isinstance(allowed, float) and by > allowed,
            seen={"target": recorded.server_time, "told": told.server_time},
        )
