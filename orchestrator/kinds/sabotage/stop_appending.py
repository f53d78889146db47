"""The sabotage `stop-appending`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.keyspace import suiting
from orchestrator.software.redis import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

WRITTEN = f"LLEN {LEDGER}"


class StopAppending(Sabotage):
    """Let a Redis's append-only files lack their tail: appending is switched off some seconds before the disaster.

    What is left when somebody made the server faster and told nobody: it goes on acknowledging, and its next start
    finds files that end too early. Confirmed by that, and by the time being longer than the RPO.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stop-appending: {service: cache, ago: 2s}"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    service: str = Field(description="The service whose append-only files end too early.")
    ago: Duration = Field(default=2.0, gt=0, description="How long before the disaster they end.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield a little more than the RPO for every server that recovers from its own append-only files."""
        rpo = drill.objectives.rpo
        if isinstance(rpo, float):
            for service in suiting.appending(drill):
                yield cls(service=service, ago=f"{rpo + 2:g}s"), Expect.failed_by("rpo")

    def spoil(self, lab: Lab) -> Finding:
        """Switch it off, let time pass, and look how much was acknowledged since."""
        [(before,)] = lab.sql(self.service, f"CONFIG SET appendonly no\n{WRITTEN}")
        lab.clock.sleep(self.ago)
        [(after,)] = lab.sql(self.service, WRITTEN)
        [_, (appendonly,)] = lab.sql(self.service, "CONFIG GET appendonly")
        rpo = lab.loaded.drill.objectives.rpo
        since = int(str(after)) - int(str(before))
        return self.confirmation(
            f"{self.service}: the last {since} writes are in no append-only file",
            matters=appendonly == "no" and since > 0 and rpo != "none" and self.ago > rpo,
            seen={"appendonly": appendonly, "since": since},
        )
