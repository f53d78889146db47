"""The sabotage `missing-wal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.kind import Moment
from orchestrator.postgresql.gaps import SpoiltArchive

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.repository import Gap, Repository
    from reports.facts.events import Finding


class MissingWal(SpoiltArchive):
    """Remove from the pgBackRest archive the first WAL segment that lies wholly after the newest backup.

    Recovery to the latest state ends at the gap and promotes without a word. Confirmed by a later segment that is
    there: what it holds is out of reach now; the segment is older than the RPO.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "missing-wal: db"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    def harm(self, lab: Lab, repository: Repository, gap: Gap) -> Finding:  # noqa: ARG002 - as its family does
        """Remove the segment."""
        repository.run(["rm", gap.file])
        left = list(repository.after(gap.backup_stop))
        return self.confirmation(
            f"{self.service}: segment {gap.segment} is gone from the archive, {len(left)} later ones are there",
            matters=gap.segment not in left and bool(left),
            seen={"backup_stop": gap.backup_stop, "missing": gap.segment, "later": left},
        )
