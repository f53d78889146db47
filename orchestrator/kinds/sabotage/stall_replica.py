"""The sabotage `stall-replica`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.keyspace import suiting
from orchestrator.software.redis import information

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.1
# It comes back at once with what it is told here, and its primary lets it in no more.
STALL = "CONFIG SET masterauth nobodys\nCLIENT KILL TYPE master"


class StallReplica(Sabotage):
    """Let a replica of a Redis stop to follow, without a word: it answers reads as before, of a past that grows older.

    What is left when a password was changed on the primary alone. Confirmed by a link that is down, and by a history of
    the primary that goes on without the replica.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stall-replica: {service: replica, of: app}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The replica.")
    primary: str = Field(alias="of", description="The primary that it followed, or the endpoint in front of it.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until it must be behind.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for each replica of a fail-over, where the loss must exceed the RPO."""
        rpo = drill.objectives.rpo
        if rpo != "none" and drill.steady.wait > rpo:
            for replica, primary in suiting.failing_over(drill):
                yield cls(service=replica, of=primary), Expect.failed_by("rpo")

    def spoil(self, lab: Lab) -> Finding:
        """Break the link, and wait until the primary has written what the replica lacks."""
        lab.sql(self.service, STALL)
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while (lacks := self._lacks(lab)) <= 0 and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        says = f"{self.service}: follows no more, and lacks {lacks} bytes of what {self.primary} wrote"
        return self.confirmation(says, matters=lacks > 0, seen={"lacks_bytes": lacks})

    def _lacks(self, lab: Lab) -> int:
        """Return how much the primary wrote after what the replica received last; 0 while that may still grow."""
        replica, primary = (self._told(lab, name) for name in (self.service, self.primary))
        if replica["master_link_status"] == "up":
            return 0
        return int(primary["master_repl_offset"]) - int(replica["slave_repl_offset"])

    @staticmethod
    def _told(lab: Lab, service: str) -> dict[str, str]:
        [(told,)] = lab.sql(service, "INFO replication")
        return information(str(told))
