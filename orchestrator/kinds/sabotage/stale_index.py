"""The sabotage `stale-index`."""

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

INDEX = """
    SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true) FROM pg_index
    WHERE indexrelid = '{index}'::regclass
"""
OF_TABLE = """
    SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON oid = indexrelid
    WHERE indrelid = '{table}'::regclass AND indisvalid AND indpred IS NULL
      AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree')
    ORDER BY indexrelid LIMIT 1
"""
# Rows are written anew, as they were, while the index takes no entries; no trigger sees it, and nothing cascades.
SPOIL = """
    BEGIN;
    SET LOCAL session_replication_role = replica;
    UPDATE pg_index SET indisready = false WHERE indexrelid = '{index}'::regclass;
    WITH chosen AS (SELECT ctid AS place FROM {table} LIMIT {rows}),
         gone AS (DELETE FROM {table} USING chosen WHERE ctid = place RETURNING {table}.*)
    INSERT INTO {table} SELECT * FROM gone;
    UPDATE pg_index SET indisready = true WHERE indexrelid = '{index}'::regclass;
    COMMIT
"""
COUNT = """
    SET enable_seqscan = {sequential}; SET enable_indexscan = {through_index}; SET enable_bitmapscan = off;
    SELECT count(*) FROM {table} WHERE {key} IS NOT NULL
"""


class StaleIndex(Sabotage):
    """Leave rows of a table out of one of its indexes, as an index of a changed collation or a torn page would.

    The rows themselves stay as they were. Confirmed by counting through the index and past it: they differ.
    """

    main: ClassVar[str] = "index"
    example: ClassVar[str] = "stale-index: {service: db, index: public.pgbench_accounts_pkey}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service whose index is spoilt.")
    index: str | None = Field(
        default=None,
        description="A B-tree index, as schema.index, in the service's database; by default one of the largest table "
        "that has one.",
    )
    rows: int = Field(default=5, ge=1, description="How many rows are left out.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server whose indexes are verified, and whose content tells which table is the largest."""
        for service in suiting.servers(drill, "postgres-amcheck", suiting.CONTENT):
            yield cls(service=service), Expect.failed_by("postgres-amcheck")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is nothing to choose from: only what is compared is."""
        if self.index is None:
            yield from compared.mistakes(drill, self.service, "service")

    def spoil(self, lab: Lab) -> Finding:
        """Leave the rows out, and count them both ways."""
        index = self.index or self._of_largest_table(lab)
        [(table, key)] = lab.sql(self.service, INDEX.format(index=index))
        lab.sql(self.service, SPOIL.format(index=index, table=table, rows=self.rows))
        past = self._count(lab, COUNT.format(sequential="on", through_index="off", table=table, key=key))
        through = self._count(lab, COUNT.format(sequential="off", through_index="on", table=table, key=key))
        return self.confirmation(
            f"{self.service}: {index} finds {through} of the {past} rows of {table}",
            matters=through < past,
            seen={"rows": past, "through_index": through},
        )

    def _of_largest_table(self, lab: Lab) -> str:
        for table in compared.tables(lab, self.service):
            for (index,) in lab.sql(self.service, OF_TABLE.format(table=table)):
                return str(index)
        raise StepFailedError(f"{self.service}: no table that is compared has a B-tree index of all its rows")

    def _count(self, lab: Lab, query: str) -> int:
        [(count,)] = lab.sql(self.service, query)
        return int(str(count))
