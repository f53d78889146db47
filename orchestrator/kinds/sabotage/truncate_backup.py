"""The sabotage `truncate-backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import base_backups, compared, dumps, inside
from orchestrator.postgresql.base_backups import BaseBackups
from orchestrator.postgresql.dumps import Dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class TruncateBackup(Sabotage):
    """Cut off the second half of the file that the newest base backup, or dump, has of one table.

    What a copy that broke off leaves, or a disk that was full.

    Confirmed by the file's size, and by the table having rows that postgres-content compares.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "truncate-backup: {service: db, relation: public.pgbench_accounts}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is spoilt.")
    relation: str = Field(description="The table whose file is cut, as schema.table, in the service's database.")
    place: Literal["base-backup", "dump"] = Field(
        default="base-backup", alias="in", description="Which sort of backup is spoilt."
    )
    folder: str | None = Field(
        default=None,
        description="The folder of the backups in the container; the shipped playbooks' by default.",
    )

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def spoil(self, lab: Lab) -> Finding:
        """Cut the file; raises StepFailedError when the newest backup has none of the table."""
        file = self._file(lab)
        before = self._size(lab, file)
        inside.run(lab, self.service, ["truncate", f"--size={before // 2}", file])
        after = self._size(lab, file)
        backup = self.place.replace("-", " ")
        rows = compared.compared_rows(lab, self.service, self.relation)
        return self.confirmation(
            f"{self.service}: {self.relation} has {after} of {before} bytes in its newest {backup}; "
            f"{rows} of its rows are compared",
            matters=after < before and rows > 0,
            seen={"file": file, "before": before, "after": after, "compared_rows": rows},
        )

    def _file(self, lab: Lab) -> str:
        if self.place == "dump":
            return Dumps(lab, self.service, self.folder or dumps.FOLDER).file_of_rows(self.relation)
        [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{self.relation}')")
        return f"{BaseBackups(lab, self.service, self.folder or base_backups.FOLDER).newest()}/{path}"

    def _size(self, lab: Lab, file: str) -> int:
        return int(inside.run(lab, self.service, ["stat", "--format=%s", file]))
