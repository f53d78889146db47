"""The sabotage `missing-wal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import suiting
from orchestrator.postgresql.repository import FOLDER, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill, Expect
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class MissingWal(Sabotage):
    """Remove from the pgBackRest archive the first WAL segment that lies wholly after the newest backup.

    Recovery to the latest state ends at the gap and promotes without a word. Confirmed by a later segment that is
    there: what it holds is out of reach now; and by the segment being older than the RPO.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "missing-wal: db"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    service: str = Field(description="The service whose archive is spoilt.")
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default=FOLDER, description="The repository's folder in the container.")
    within: Duration = Field(default=20.0, gt=0, description="Longest time until there must be such a segment.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from a pgBackRest repository, where lost WAL can be told."""
        for service in suiting.backed_up_servers(drill, "pgbackrest", FOLDER):
            for expect in suiting.without_wal(drill):
                yield (
                    cls(service=service, stanza=suiting.stanza(drill, service), within=suiting.patience(drill)),
                    expect,
                )

    def spoil(self, lab: Lab) -> Finding:
        """Remove the segment once it is old enough and a later one is there too."""
        repository = Repository(lab, self.service, self.stanza, self.repository)
        age_s = suiting.promised_loss(lab.loaded.drill) or 0.0
        gap = repository.segment_in_between(age_s, self.within)
        if gap is None:
            says = f"{self.service}: no segment after the newest backup was {age_s:g} s old and followed by another"
            return self.confirmation(says, matters=False, seen={})
        repository.run(["rm", gap.file])
        left = list(repository.after(gap.backup_stop))
        return self.confirmation(
            f"{self.service}: segment {gap.segment} is gone from the archive, {len(left)} later ones are there",
            matters=gap.segment not in left and bool(left),
            seen={"backup_stop": gap.backup_stop, "missing": gap.segment, "later": left},
        )
