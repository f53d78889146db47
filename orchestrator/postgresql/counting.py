"""Every user's table of a database, read from its first page to its last, and how much was there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql.session import ask, connect, shown
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from orchestrator.core.software_port import Access

# An index could answer for the table.
_SETTINGS = {
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
    "row_security": "off",
    "default_transaction_read_only": "on",
}
_TABLES = """
    SELECT nspname, relname, pg_total_relation_size(pg_class.oid)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
    ORDER BY 1, 2
"""
_COUNT = sql.SQL("SELECT count(*) FROM {}")


@dataclass(frozen=True)
class Table:
    """One table, and what of it could be read."""

    name: str
    """As database: schema.table."""
    size: int
    """Bytes, indexes and large values included."""
    rows: int


def tables(access: Access, database: str) -> list[Table]:
    """Return every user's table and materialized view; raises StepFailedError naming the one that cannot be read."""
    name = shown(database)
    try:
        with connect(access, database, _SETTINGS) as session:
            found = []
            for schema, table, size in ask(session, _TABLES):
                name = shown(f"{database}: {schema}.{table}")
                [(rows,)] = ask(session, _COUNT.format(sql.Identifier(schema, table)).as_string(session))
                found.append(Table(name, int(size), int(rows)))
            return found
    except psycopg.Error as error:
        raise StepFailedError(f"{name}: {primary_message(error)}") from None
