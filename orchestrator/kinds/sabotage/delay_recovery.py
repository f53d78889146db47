"""The sabotage `delay-recovery`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import LONGEST_WAIT_S, Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class DelayRecovery(Sabotage):
    """Let time pass between the decision to recover and the first recovery step.

    Confirmed by the clock, and by the delay alone being longer than the RTO.
    """

    main: ClassVar[str] = "by"
    example: ClassVar[str] = "delay-recovery: {by: 6s}"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    by: Duration = Field(gt=0, description="How long.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield a delay just longer than the RTO, where that is short enough to be waited for."""
        if (rto := drill.objectives.rto) <= LONGEST_WAIT_S:
            yield cls(by=f"{rto + 1:g}s"), Expect.failed_by("exercise" if drill.tabletop else "rto")

    def spoil(self, lab: Lab) -> Finding:
        """Wait."""
        began = lab.clock.monotonic_ns()
        lab.clock.sleep(self.by)
        waited = (lab.clock.monotonic_ns() - began) / 1e9
        rto = lab.loaded.drill.objectives.rto
        return self.confirmation(
            f"recovery waited {waited:.1f} s; {rto:g} s were promised for all of it",
            matters=waited > rto,
            seen={"waited_s": waited, "rto_s": rto},
        )
