"""The sabotage `fork-archive`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.kind import Moment
from orchestrator.postgresql import inside
from orchestrator.postgresql.gaps import SpoiltArchive

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.repository import Gap, Repository
    from reports.facts.events import Finding

HISTORY = "{timeline}\t{high:X}/{low:X}\tno recovery target specified\n"
FIRST_RECORD = 0x28
"""Where the records of a segment begin: behind the long header of its first page."""
# The first page as it was, and nothing behind it. Pushed by the server's own command, it lies in the archive as every
# other segment does.
FORK = """
set -eu
segment=$1 fork=$2 command=$3
folder=$(mktemp -d)
cat > "$folder/${fork%????????????????}.history"
head --bytes=8192 "$PGDATA/pg_wal/$segment" > "$folder/$fork"
truncate --reference="$PGDATA/pg_wal/$segment" "$folder/$fork"
cd "$PGDATA"
for file in "$folder"/*; do
    sh -c "$(printf '%s' "$command" | sed "s|%p|$file|g; s|%f|${file##*/}|g")"
done
rm -r "$folder"
"""
SETTINGS = "SELECT current_setting('archive_command'), pg_size_bytes(current_setting('wal_segment_size'))"


class ForkArchive(SpoiltArchive):
    """Put into the pgBackRest archive a younger timeline that forks off soon after the newest backup and ends there.

    What a copy leaves that was recovered, opened and left to archive: the next recovery follows its timeline and ends
    with it, without a word. Confirmed by the fork in the archive, beside the segment that it hides; that one is older
    than the RPO and followed by another.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "fork-archive: db"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    def harm(self, lab: Lab, repository: Repository, gap: Gap) -> Finding:
        """Make the fork, and look it up."""
        [(command, size)] = lab.sql(self.service, SETTINGS)
        timeline, high, number = (int(gap.segment[part : part + 8], 16) for part in (0, 8, 16))
        fork = f"{timeline + 1:08X}{gap.segment[8:]}"
        history = HISTORY.format(timeline=timeline, high=high, low=number * int(str(size)) + FIRST_RECORD)
        argv = ["sh", "-c", FORK, "fork", gap.segment, fork, str(command)]
        inside.run(lab, self.service, argv, stdin=history.encode())
        segments = repository.segments()
        return self.confirmation(
            f"{self.service}: the archive has segment {fork}, of a younger timeline, beside {gap.segment}",
            matters={fork, gap.segment} <= {*segments},
            seen={"backup_stop": gap.backup_stop, "hidden": gap.segment, "fork": fork},
        )
