"""The sabotage `block-writes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import suiting
from reports.facts.events import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.1
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


class BlockWrites(Sabotage):
    """Make every commit wait for a standby that does not exist: the server answers reads and acknowledges no write.

    Confirmed by commits that wait. Nothing fails and nothing is logged, so only missing acknowledgements tell.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "block-writes: db"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service that stops to acknowledge.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until a commit must be waiting.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that a ledger writes to: nothing may be concluded then."""
        for service in suiting.ledger_servers(drill):
            yield cls(service=service), Expect(verdict=Verdict.INCONCLUSIVE, by=("instrument-acknowledgements",))

    def spoil(self, lab: Lab) -> Finding:
        """Name the standby, and wait for a commit that waits."""
        lab.sql(self.service, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        lab.sql(self.service, "SELECT pg_reload_conf()")
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while (waiting := lab.sql(self.service, WAITING)) == [(0,)] and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        [(commits,)] = waiting
        return self.confirmation(
            f"{self.service}: {commits} commits wait for a standby that does not exist",
            matters=commits != 0,
            seen={"waiting_commits": commits},
        )
