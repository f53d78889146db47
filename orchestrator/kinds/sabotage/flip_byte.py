"""The sabotage `flip-byte`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import compared, dumps, inside, suiting
from orchestrator.postgresql.repository import FOLDER, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class FlipByte(Sabotage):
    """Flip one bit in the middle of what the newest pgBackRest backup, or the newest dump, holds of one table.

    Confirmed by reading the byte again, and by the table having rows that postgres-content compares: every byte of a
    backup's file counts, for it is compressed or covered by a checksum of the whole.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "flip-byte: {service: db, in: backup, relation: public.pgbench_accounts}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    variants: ClassVar[tuple[str, ...]] = ("place",)

    service: str = Field(description="The service whose backup is spoilt.")
    place: Literal["backup", "dump"] = Field(
        alias="in", description="Where the byte is flipped: in a backup of pgBackRest or a dump of pg_dump."
    )
    relation: str | None = Field(
        default=None,
        description="The table whose backup is spoilt, as schema.table, in the service's database; by default the "
        "largest that the backup has a file of.",
    )
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default=FOLDER, description="The repository's folder in the container.")
    dumps: str = Field(default=dumps.FOLDER, description="The folder of the dumps in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from the newest backup of pgBackRest, or the newest dump."""
        for service in suiting.restored_servers(drill, "pgbackrest", FOLDER):
            settings = {"service": service, "in": "backup", "stanza": suiting.stanza(drill, service)}
            yield cls.model_validate(settings), Expect.failed_by("recovery-step")
        for service in suiting.restored_servers(drill, "dump", dumps.FOLDER):
            yield cls.model_validate({"service": service, "in": "dump"}), Expect.failed_by("recovery-step")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it flips the byte."""
        return (Need(self.service, "python3"),)

    def spoil(self, lab: Lab) -> Finding:
        """Flip the byte; raises StepFailedError when there is no such file in the newest backup."""
        relations = compared.tables(lab, self.service, self.relation)
        relation, backup, file = (
            self._dumped(lab, relations) if self.place == "dump" else self._backed_up(lab, relations)
        )
        flip = inside.flip_bit(lab, self.service, file)
        rows = compared.compared_rows(lab, self.service, relation)
        return self.confirmation(
            f"{self.service}: one bit of {relation} in {backup} is flipped; {rows} of its rows are compared",
            matters=flip["before"] != flip["after"] and rows > 0,
            seen={"file": file, "compared_rows": rows, **flip},
        )

    def _dumped(self, lab: Lab, relations: list[str]) -> tuple[str, str, str]:
        kept = dumps.Dumps(lab, self.service, self.dumps)
        return relations[0], f"dump {kept.newest()}", kept.file_of_rows(relations[0])

    def _backed_up(self, lab: Lab, relations: list[str]) -> tuple[str, str, str]:
        repository = Repository(lab, self.service, self.stanza, self.repository)
        label = repository.newest_backup()["label"]
        for relation in relations:
            [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{relation}')")
            if file := repository.backed_up_file(label, str(path)):
                return relation, f"backup {label}", file
        raise StepFailedError(
            f"{self.service}: backup {label} has no file of its own for {', '.join(relations)} ({path})"
        )
