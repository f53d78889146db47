"""The sabotage `omit-from-dump`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import compared, suiting
from orchestrator.postgresql.dumps import FOLDER, Dumps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# All that a restore of the dump would run: how many of its lines are the statement, or which rows follow a COPY.
COUNT = r"""
set -euo pipefail
cd "$1"
{ cat globals.sql; for database in databases/*; do pg_restore --file=- "$database"; done } | start="$2" awk '
    BEGIN { start = ENVIRON["start"] }
    index($0, start) == 1 && start !~ /^COPY / { count++ }
    rows && $0 == "\\." { rows = 0 }
    rows { count++ }
    index($0, start) == 1 && start ~ /^COPY / { rows = 1 }
    END { print count + 0 }'
"""
# In an archive's table of contents every text follows its length, four bytes. A statement made of blanks does nothing.
OMIT = r"""
import gzip, os, re, subprocess, sys
folder, *beginnings = sys.argv[1:]
os.chdir(folder)
beginnings = [beginning.encode() for beginning in beginnings]
with open("globals.sql", "rb") as file:
    kept = [line for line in file if not line.startswith(tuple(beginnings))]
with open("globals.sql", "wb") as file:
    file.writelines(kept)
for database in os.listdir("databases"):
    path = f"databases/{database}/toc.dat"
    with open(path, "rb") as file:
        toc = bytearray(file.read())
    for beginning in beginnings:
        for found in [match.start() for match in re.finditer(re.escape(beginning), toc)]:
            length = int.from_bytes(toc[found - 4 : found], "little")
            if beginning.startswith(b"COPY "):
                rows = re.compile(rb"\d+\.dat").search(toc, found + length)[0].decode()
                with gzip.open(f"databases/{database}/{rows}.gz", "wb") as file:
                    file.write(b"\\.\n\n\n")
            elif len(beginning) <= length <= len(toc) - found:
                toc[found : found + length] = b" " * length
    with open(path, "wb") as file:
        file.write(toc)
subprocess.run("find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS", shell=True, check=True)
"""


class OmitFromDump(Sabotage):
    """Leave statements or rows out of the newest dump of pg_dump, as wrong options or too few rights would.

    The dump's digests are made to fit, so that only what is restored can tell. Confirmed by the script that a restore
    of the dump would run: it held each of them, and holds none.
    """

    main: ClassVar[str] = "statements"
    example: ClassVar[str] = "omit-from-dump: {service: db, statements: [CREATE INDEX orders_by_customer]}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose dump is spoilt.")
    statements: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        default=None,
        description="How the statements begin that are left out; of a `COPY schema.table` its rows are. By default the "
        "rows of the largest table.",
    )
    dumps: str = Field(default=FOLDER, description="The folder of the dumps in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield the rows of the largest table for every server that recovers from the newest dump, and is compared."""
        for service in suiting.restored_servers(drill, "dump", FOLDER):
            yield cls(service=service), Expect.failed_by(suiting.CONTENT)

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it rewrites the dump."""
        return (Need(self.service, "python3"),)

    def spoil(self, lab: Lab) -> Finding:
        """Leave them out; raises StepFailedError when there is no dump."""
        dumps = Dumps(lab, self.service, self.dumps)
        dump = dumps.newest()
        statements = self.statements or (f"COPY {compared.tables(lab, self.service)[0]}",)
        before = _counts(dumps, dump, statements)
        dumps.run(["python3", "-c", OMIT, dump, *statements])
        after = _counts(dumps, dump, statements)
        return self.confirmation(
            f"{self.service}: {dump} is without {', '.join(statements)}",
            matters=all(before.values()) and not any(after.values()),
            seen={"before": before, "after": after},
        )


def _counts(dumps: Dumps, dump: str, statements: tuple[str, ...]) -> dict[str, int]:
    return {start: int(dumps.run(["bash", "-c", COUNT, "count", dump, start])) for start in statements}
