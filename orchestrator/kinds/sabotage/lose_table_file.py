"""The sabotage `lose-table-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import compared, inside, suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

PLACE = "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('{table}')"


class LoseTableFile(Sabotage):
    """Empty the file of one table, as a restore that was only half done leaves it: the table is there, without a row.

    Its indexes stay, so that only a comparison of rows tells. Confirmed by counting the rows before and after.
    """

    main: ClassVar[str] = "table"
    example: ClassVar[str] = "lose-table-file: {service: db, table: public.pgbench_branches}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service whose table is emptied.")
    table: str | None = Field(
        default=None,
        description="The table, as schema.table, in the service's database; by default the largest that is compared.",
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server whose content is compared."""
        for service in suiting.servers(drill, suiting.CONTENT):
            yield cls(service=service), Expect.failed_by(suiting.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is nothing to choose from: only what is compared is."""
        if self.table is None:
            yield from compared.mistakes(drill, self.service, "service")

    def spoil(self, lab: Lab) -> Finding:
        """Empty the file, and count."""
        table = compared.tables(lab, self.service, self.table)[0]
        before = self._count(lab, table)
        [(file,)] = lab.sql(self.service, PLACE.format(table=table))
        # After it no changed page of the table is in memory, from where it could come back.
        lab.sql(self.service, "CHECKPOINT")
        inside.run(lab, self.service, ["truncate", "--size=0", str(file)])
        after = self._count(lab, table)
        return self.confirmation(
            f"{self.service}: {table} has {after} of {before} rows left",
            matters=after < before,
            seen={"file": file, "before": before, "after": after},
        )

    def _count(self, lab: Lab, table: str) -> int:
        # Past the indexes, which still know every row.
        [(rows,)] = lab.sql(self.service, f"SET enable_indexonlyscan = off; SELECT count(*) FROM {table}")  # noqa: S608 - the drill's own table
        return int(str(rows))
