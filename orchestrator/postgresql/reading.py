"""Reads a PostgreSQL cluster's content from the tables themselves: past every index, in one snapshot a database."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from orchestrator.core.content import Content, Database, Rows
from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql.session import ask, connect, databases, shown
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.core.software_port import Access
    from orchestrator.postgresql.session import Session

WORKLOAD = "drillmaster.*"
"""The ledger's own tables: the ledger judges their rows, one by one."""

_SETTINGS = {
    # The text of a value must not depend on who asks.
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "search_path": "pg_catalog",
    "quote_all_identifiers": "off",
    "row_security": "off",
    # Compiling costs more than it gains on many small tables.
    "jit": "off",
    # A session that waits while the other reads a large table is not idle.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "10s",
    "application_name": "drillmaster",
}
# Every row from the table itself: an index may hide a lost page.
_PAST_INDEXES = (
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off"
)
_CLUSTER, _OBJECTS, _PRIVILEGES, _TABLES, _SEQUENCES = (
    Path(__file__).with_name(f"{name}.sql").read_text()
    for name in ("cluster", "objects", "privileges", "tables", "sequences")
)
_CLOSED = """
    SELECT datname FROM pg_database
    WHERE (NOT datallowconn OR datconnlimit = -2) AND datname <> 'template0'
    ORDER BY datname
"""
# Each row's hash is scattered once more, as a seed, before all are summed: values that changed places between rows
# change the sum.
_DIGEST = "coalesce(sum(hashint4extended(0, {row})), 0)::text"
_BATCH, _BATCH_BYTES = 100, 2**24


@dataclass(frozen=True)
class _Table:
    name: str
    """As `exclude` names it."""
    in_sql: str
    row: str
    """The expression of a row's hash."""
    size: int


def take(access: Access, exclude: Sequence[str]) -> Content:
    """Read the whole cluster (PostgreSQL 15 or newer) as a superuser, templates included.

    A database or a table that cannot be read carries the server's message instead of its content. Raises
    StepFailedError when not even the databases can be listed.
    """
    excluded = (WORKLOAD, *exclude)
    names = databases(access, templates=True)
    try:
        with _connect(access, access.database) as session:
            objects, major = _definitions(session, _CLUSTER), session.info.server_version // 10_000
            closed = tuple(shown(name) for (name,) in ask(session, _CLOSED))
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
    found = {shown(name): _database(access, name, excluded) for name in names}
    return Content(major=major, excluded=excluded, objects=objects, databases=found, closed=closed)


def _connect(access: Access, database: str) -> Session:
    session = connect(access, database, _SETTINGS)
    session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    session.read_only = True
    return session


def _database(access: Access, name: str, excluded: Sequence[str]) -> Database:
    try:
        with _connect(access, name) as first, _connect(access, name) as second:
            [(snapshot,)] = first.execute("SELECT pg_export_snapshot()").fetchall()
            second.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
            tables = [_Table(*row) for row in ask(first, _TABLES)]
            wanted = [table for table in tables if not any(fnmatchcase(table.name, pattern) for pattern in excluded)]
            return Database(
                objects=_definitions(first, _OBJECTS),
                sequences=_sequences(first),
                tables=_rows((first, second), deque(_batches(wanted))),
            )
    except psycopg.Error as error:
        return Database(error=primary_message(error))


def _definitions(session: Session, query: str) -> dict[str, str]:
    digest = """hashtextextended(coalesce(definition, '') COLLATE "C", 0)::text"""
    rows = ask(session, f"SELECT object, {digest} FROM ({query}{_PRIVILEGES}) AS _ (object, definition)")  # noqa: S608 - our own files
    return {shown(name): definition for name, definition in rows}


def _sequences(session: Session) -> dict[str, int]:
    """Return how far each sequence has counted: to the number it gives next."""
    sequences = ask(session, _SEQUENCES)
    found: dict[str, int] = {}
    for start in range(0, len(sequences), _BATCH):
        batch = sequences[start : start + _BATCH]
        query = " UNION ALL ".join(
            f"SELECT {index}, sign({step}) * (last_value + CASE WHEN is_called THEN {step} ELSE 0 END::numeric)"  # noqa: S608 - the server quoted the names
            f" FROM {name}"
            for index, (name, step) in enumerate(batch)
        )
        found |= {shown(batch[index][0]): int(counted) for index, counted in ask(session, query)}
    return found


def _batches(tables: Sequence[_Table]) -> Iterator[list[_Table]]:
    """Yield large tables one by one and small ones together: a round trip costs more than a small table."""
    batch: list[_Table] = []
    for table in tables:
        batch.append(table)
        if len(batch) == _BATCH or sum(each.size for each in batch) >= _BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(sessions: Sequence[Session], batches: deque[list[_Table]]) -> dict[str, Rows]:
    def work(session: Session) -> list[tuple[str, Rows]]:
        session.execute(_PAST_INDEXES)
        found: list[tuple[str, Rows]] = []
        while batch := _next(batches):
            found += _hash(session, batch)
        return found

    with ThreadPoolExecutor(len(sessions)) as pool:
        return dict(chain.from_iterable(pool.map(work, sessions)))


def _next(batches: deque[list[_Table]]) -> list[_Table]:
    try:
        return batches.popleft()
    except IndexError:
        return []


def _hash(session: Session, batch: Sequence[_Table]) -> list[tuple[str, Rows]]:
    query = " UNION ALL ".join(
        f"SELECT {index}, count(*), {_DIGEST.format(row=table.row)} FROM ONLY {table.in_sql} AS t"  # noqa: S608 - the server quoted the names
        for index, table in enumerate(batch)
    )
    try:
        return [(shown(batch[i].in_sql), Rows(count=count, digest=digest)) for i, count, digest in ask(session, query)]
    except psycopg.Error as error:
        if session.broken:
            raise
        if len(batch) == 1:
            return [(shown(batch[0].in_sql), Rows(error=primary_message(error)))]
    return [found for table in batch for found in _hash(session, [table])]
