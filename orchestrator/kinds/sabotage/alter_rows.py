"""The sabotage `alter-rows`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import compared, suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# A number that no index holds: what only a comparison of rows can miss.
COLUMN = """
    SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
      AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND attnum = ANY (indkey))
    ORDER BY attnum LIMIT 1
"""
ALTER = """
    WITH chosen AS (SELECT ctid AS place, {column} AS before FROM {table} WHERE {column} IS NOT NULL LIMIT {rows}),
         hit AS (UPDATE {table} AS t SET {column} = t.{column} + 1 FROM chosen WHERE t.ctid = place
                 RETURNING t.{column} <> before AS altered)
    SELECT count(*) FROM hit WHERE altered
"""


class AlterRows(Sabotage):
    """Alter single values of a table, in a column that no index holds.

    What a restore of an older state or a flipped bit without checksums leaves. Confirmed by the number of altered rows.
    """

    main: ClassVar[str] = "table"
    example: ClassVar[str] = "alter-rows: {service: db, table: public.pgbench_branches, rows: 1}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service whose rows are altered.")
    table: str | None = Field(
        default=None,
        description="The table, as schema.table, in the service's database; by default the largest that has a column.",
    )
    rows: int = Field(default=1, ge=1, description="How many rows.")

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
        """Alter, and count; raises StepFailedError when there is no column for it."""
        table, column = self._chosen(lab)
        [(altered,)] = lab.sql(self.service, ALTER.format(table=table, column=column, rows=self.rows))
        return self.confirmation(
            f"{self.service}: {altered} rows of {table} have another {column}",
            matters=altered == self.rows,
            seen={"column": column, "rows": altered},
        )

    def _chosen(self, lab: Lab) -> tuple[str, str]:
        tables = compared.tables(lab, self.service, self.table)
        for table in tables:
            for (column,) in lab.sql(self.service, COLUMN.format(table=table)):
                return table, str(column)
        raise StepFailedError(f"{self.service}: {', '.join(tables)} has no column of numbers that no index holds")
