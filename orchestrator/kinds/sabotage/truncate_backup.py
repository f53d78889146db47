"""The sabotage `truncate-backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import compared
from orchestrator.postgresql.base_backups import FOLDER, BaseBackups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class TruncateBackup(Sabotage):
    """Cut off the second half of the file that the newest base backup has of one table, as a copy broken off leaves it.

    Confirmed by the file's size, and by the table having rows that postgres-content compares.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "truncate-backup: {service: db, relation: public.pgbench_accounts}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is spoilt.")
    relation: str = Field(description="The table whose file is cut, as schema.table, in the service's database.")
    folder: str = Field(default=FOLDER, description="The folder of the backups in the container.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def spoil(self, lab: Lab) -> Finding:
        """Cut the file; raises StepFailedError when the newest backup has none of the table."""
        backups = BaseBackups(lab, self.service, self.folder)
        [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{self.relation}')")
        file = f"{backups.newest()}/{path}"
        before = self._size(backups, file)
        backups.run(["truncate", f"--size={before // 2}", file])
        after = self._size(backups, file)
        rows = compared.compared_rows(lab, self.service, self.relation)
        return self.confirmation(
            f"{self.service}: {self.relation} has {after} of {before} bytes in its newest base backup; "
            f"{rows} of its rows are compared",
            matters=after < before and rows > 0,
            seen={"file": file, "before": before, "after": after, "compared_rows": rows},
        )

    @staticmethod
    def _size(backups: BaseBackups, file: str) -> int:
        return int(backups.run(["stat", "--format=%s", file]))
