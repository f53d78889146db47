"""The sabotage `stall-standby`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql.standbys import fails_over, loses_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.1
BEHIND = "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver), (pg_last_wal_receive_lsn() - '0/0')::bigint"
WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"


class StallStandby(Sabotage):
    """Let a standby stop to follow, without a word: it answers reads as before, of a past that grows older.

    Its connection to the primary is taken away. Confirmed by WAL that the primary wrote and the standby never received.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stall-standby: {service: standby, of: app}"

    service: str = Field(description="The standby.")
    primary: str = Field(alias="of", description="The primary that it followed, or the endpoint in front of it.")
    chosen: Moment = Field(default=Moment.AFTER_PROTECT, alias="moment", description="When it stops to follow.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until it must be behind.")

    @property
    def when(self) -> Moment:
        """Return what the drill says."""
        return self.chosen

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for each standby of a fail-over that may lose something, where the loss must exceed the RPO."""
        rpo = drill.objectives.rpo
        if not fails_over(drill) or loses_nothing(drill) or rpo == "none" or drill.steady.wait <= rpo:
            return
        for name, service in drill.lab.services.items():
            if service.type == "postgres" and service.spare_for is not None:
                yield cls(service=name, of=service.spare_for), Expect.failed_by("rpo")

    def spoil(self, lab: Lab) -> Finding:
        """Take the connection away, and wait until the primary has written what the standby lacks."""
        lab.sql(self.service, "ALTER SYSTEM SET primary_conninfo = ''")
        lab.sql(self.service, "SELECT pg_reload_conf()")
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while (lacks := self._lacks(lab)) == 0 and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        says = f"{self.service}: follows no more, and lacks {lacks} bytes of WAL that {self.primary} wrote"
        return self.confirmation(says, matters=lacks > 0, seen={"lacks_bytes": lacks})

    def _lacks(self, lab: Lab) -> int:
        """Return how much the primary wrote after what the standby received last; 0 while that may still grow."""
        [(alone, received)] = lab.sql(self.service, BEHIND)
        [(written,)] = lab.sql(self.primary, WRITTEN)
        return int(str(written)) - int(str(received)) if alone else 0
