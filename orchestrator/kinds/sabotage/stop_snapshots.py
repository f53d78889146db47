"""The sabotage `stop-snapshots`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core import shell
from orchestrator.core.drill import Expect
from orchestrator.core.kind import LONGEST_WAIT_S, Moment, Need, Sabotage
from orchestrator.core.units import Duration, duration_source
from orchestrator.filetree import restic
from orchestrator.filetree.restic import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# Returns once the backup that was under way is done, and none after it will be.
HOLD = """
held=$(mktemp -u)
(setsid flock /srv/.backing-up sh -c "touch $held; exec sleep infinity" > /dev/null 2>&1 &)
until [ -e "$held" ]; do sleep 0.02; done
"""


class StopSnapshots(Sabotage):
    """Let no snapshot be taken any more, some seconds before the disaster; the timer runs on, and waits for ever.

    What a lock left behind, or a mount that hangs, leaves of backups that look alive. Confirmed by the age of the
    newest snapshot, which must be beyond the RPO.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stop-snapshots: {service: files, ago: 20s}"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    service: str = Field(description="The service of which no snapshots are taken any more.")
    ago: Duration = Field(gt=0, description="How long before the disaster they end; so long the run takes more.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each service with a ledger that is restored from snapshots, where an RPO says how old they may be.

        Not where it is longer than is waited unasked.
        """
        rpo = drill.objectives.rpo
        for service in restic.restored(drill):
            if rpo != "none" and rpo <= LONGEST_WAIT_S and drill.written_to(service):
                yield cls(service=service, ago=duration_source(rpo + 1)), Expect.failed_by("rpo")

    def needs(self) -> tuple[Need, ...]:
        """Return flock: it holds the snapshots up."""
        return (Need(self.service, "flock"),)

    def spoil(self, lab: Lab) -> Finding:
        """Hold the snapshots up, let time pass, and ask how old the newest is."""
        shell.output(lab, self.service, ["sh", "-c", HOLD])
        lab.clock.sleep(self.ago)
        age, rpo = Repository(lab, self.service).newest_age_s(), lab.loaded.drill.objectives.rpo
        return self.confirmation(
            f"{self.service}: its newest snapshot is {age:.1f} s old",
            matters=rpo != "none" and age > rpo,
            seen={"age_s": age},
        )
