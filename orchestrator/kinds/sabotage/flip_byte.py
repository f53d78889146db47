"""The sabotage `flip-byte`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import compared, inside
from orchestrator.postgresql.dumps import FOLDER, Dumps
from orchestrator.postgresql.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# Prints size, place, and the byte before and after, the latter read again.
FLIP = """
import json, os, sys
size = os.path.getsize(sys.argv[1])
with open(sys.argv[1], "r+b") as file:
    file.seek(size // 2)
    before = file.read(1)[0]
    file.seek(size // 2)
    file.write(bytes([before ^ 1]))
with open(sys.argv[1], "rb") as file:
    file.seek(size // 2)
    print(json.dumps({"size": size, "offset": size // 2, "before": before, "after": file.read(1)[0]}))
"""


class FlipByte(Sabotage):
    """Flip one bit in the middle of what the newest pgBackRest backup, or the newest dump, holds of one table.

    Confirmed by reading the byte again, and by the table having rows that postgres-content compares: every byte of a
    backup's file counts, for it is compressed or covered by a checksum of the whole.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "flip-byte: {service: db, in: backup, relation: public.pgbench_accounts}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is spoilt.")
    place: Literal["backup", "dump"] = Field(
        alias="in", description="Where the byte is flipped: in a backup of pgBackRest or a dump of pg_dump."
    )
    relation: str = Field(description="The table whose backup is spoilt, as schema.table, in the service's database.")
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default="/var/lib/pgbackrest", description="The repository's folder in the container.")
    dumps: str = Field(default=FOLDER, description="The folder of the dumps in the container.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it flips the byte."""
        return (Need(self.service, "python3"),)

    def spoil(self, lab: Lab) -> Finding:
        """Flip the byte; raises StepFailedError when there is no such file in the newest backup."""
        backup, file = self._dumped(lab) if self.place == "dump" else self._backed_up(lab)
        flip = json.loads(inside.run(lab, self.service, ["python3", "-c", FLIP, file]))
        rows = compared.compared_rows(lab, self.service, self.relation)
        return self.confirmation(
            f"{self.service}: one bit of {self.relation} in {backup} is flipped; {rows} of its rows are compared",
            matters=flip["before"] != flip["after"] and rows > 0,
            seen={"file": file, "compared_rows": rows, **flip},
        )

    def _dumped(self, lab: Lab) -> tuple[str, str]:
        dumps = Dumps(lab, self.service, self.dumps)
        return f"dump {dumps.newest()}", dumps.file_of_rows(self.relation)

    def _backed_up(self, lab: Lab) -> tuple[str, str]:
        repository = Repository(lab, self.service, self.stanza, self.repository)
        label = repository.newest_backup()["label"]
        [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{self.relation}')")
        file = repository.backed_up_file(label, str(path))
        if file is None:
            raise StepFailedError(f"{self.service}: backup {label} has no file of its own for {self.relation} ({path})")
        return f"backup {label}", file
