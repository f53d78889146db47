"""The sabotage `flip-wal-byte`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.kind import Moment, Need
from orchestrator.postgresql import inside
from orchestrator.postgresql.gaps import SpoiltArchive

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.repository import Gap, Repository
    from reports.facts.events import Finding


# None of a segment that cannot even be fetched.
RECORDS = """
folder=$(mktemp -d)
pgbackrest --stanza="$1" --no-archive-async archive-get "$2" "$folder/$2" > /dev/null 2>&1
pg_waldump "$folder/$2" 2> /dev/null | wc --lines
rm -r "$folder"
"""


class FlipWalByte(SpoiltArchive):
    """Flip one bit in the middle of the first WAL segment in the pgBackRest archive that lies after the newest backup.

    Recovery to the latest state ends there and promotes without a word; not every compression tells. Confirmed by
    counting the records that can still be read of the segment: fewer than before. It is older than the RPO and followed
    by another.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "flip-wal-byte: db"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    def needs(self) -> tuple[Need, ...]:
        """Return what flips the byte, and what reads the records."""
        return tuple(Need(self.service, tool) for tool in ("python3", "pg_waldump"))

    def harm(self, lab: Lab, repository: Repository, gap: Gap) -> Finding:
        """Flip the byte, and count the records before and after."""
        before = self._records(repository, gap)
        flip = inside.flip_bit(lab, self.service, gap.file)
        after = self._records(repository, gap)
        return self.confirmation(
            f"{self.service}: one bit of segment {gap.segment} is flipped in the archive; {after} of its {before} "
            "records can be read",
            matters=after < before,
            seen={"backup_stop": gap.backup_stop, "file": gap.file, "records": before, "readable": after, **flip},
        )

    def _records(self, repository: Repository, gap: Gap) -> int:
        return int(repository.run(["bash", "-c", RECORDS, "records", self.stanza, gap.segment]))
