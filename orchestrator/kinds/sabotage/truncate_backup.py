"""The sabotage `truncate-backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import base_backups, compared, dumps, inside, suiting
from orchestrator.postgresql.base_backups import BaseBackups
from orchestrator.postgresql.dumps import Dumps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


Place = Literal["base-backup", "dump"]
FOLDERS: dict[Place, str] = {"base-backup": base_backups.FOLDER, "dump": dumps.FOLDER}


class TruncateBackup(Sabotage):
    """Cut off the second half of the file that the newest base backup, or dump, has of one table.

    What a copy that broke off leaves, or a disk that was full.

    Confirmed by the file's size, and by the table having rows that postgres-content compares.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "truncate-backup: {service: db, relation: public.pgbench_accounts}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    variants: ClassVar[tuple[str, ...]] = ("place",)

    service: str = Field(description="The service whose backup is spoilt.")
    relation: str | None = Field(
        default=None,
        description="The table whose file is cut, as schema.table, in the service's database; by default the largest.",
    )
    place: Place = Field(default="base-backup", alias="in", description="Which sort of backup is spoilt.")
    folder: str | None = Field(
        default=None,
        description="The folder of the backups in the container; the shipped playbooks' by default.",
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from the newest base backup or dump, and is compared."""
        for place, folder in FOLDERS.items():
            for service in suiting.restored_servers(drill, place, folder):
                yield cls.model_validate({"service": service, "in": place}), Expect.failed_by("recovery-step")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def spoil(self, lab: Lab) -> Finding:
        """Cut the file; raises StepFailedError when the newest backup has none of the table."""
        relation = compared.tables(lab, self.service, self.relation)[0]
        file = self._file(lab, relation)
        before = self._size(lab, file)
        inside.run(lab, self.service, ["truncate", f"--size={before // 2}", file])
        after = self._size(lab, file)
        backup = self.place.replace("-", " ")
        rows = compared.compared_rows(lab, self.service, relation)
        return self.confirmation(
            f"{self.service}: {relation} has {after} of {before} bytes in its newest {backup}; "
            f"{rows} of its rows are compared",
            matters=after < before and rows > 0,
            seen={"file": file, "before": before, "after": after, "compared_rows": rows},
        )

    def _file(self, lab: Lab, relation: str) -> str:
        folder = self.folder or FOLDERS[self.place]
        if self.place == "dump":
            return Dumps(lab, self.service, folder).file_of_rows(relation)
        [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{relation}')")
        return f"{BaseBackups(lab, self.service, folder).newest()}/{path}"

    def _size(self, lab: Lab, file: str) -> int:
        return int(inside.run(lab, self.service, ["stat", "--format=%s", file]))
