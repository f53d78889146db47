"""What a PostgreSQL cluster holds, in a form that two moments, two machines or two major versions can be compared by.

Rows are counted and their 64-bit hashes *summed*, which no order of rows changes and no pair of equal rows cancels.
Everything else (tables, indexes, functions, privileges, roles, …) is a digest of its definition under its name.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql.session import Session, ask, connect, databases
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.core.software_port import Access

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
    # Every row, and from the table itself: an index may hide a lost page.
    "row_security": "off",
    "enable_indexscan": "off",
    "enable_indexonlyscan": "off",
    "enable_bitmapscan": "off",
    # Compiling costs more than it gains on many small tables.
    "jit": "off",
    "statement_timeout": "0",
    "lock_timeout": "10s",
    "application_name": "drillmaster",
}
_CLUSTER, _OBJECTS, _TABLES = (
    Path(__file__).with_name(f"{name}.sql").read_text() for name in ("cluster", "objects", "tables")
)
# Counted in the sequence's own direction; one that cycles may be anywhere.
_SEQUENCES = """
    SELECT schemaname || '.' || sequencename, (last_value * sign(increment_by))::bigint
    FROM pg_sequences
    WHERE NOT cycle
"""
_BATCH_TABLES, _BATCH_BYTES = 100, 2**24


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rows(_Value):
    """A table's rows; `error` is the server's message when they could not be read."""

    count: int = 0
    digest: str = ""
    error: str = ""


class Database(_Value):
    """One database; `error` is the server's message when it could not be read as a whole."""

    objects: dict[str, str] = Field(default_factory=dict, description="Object to digest of its definition.")
    tables: dict[str, Rows] = Field(default_factory=dict)
    sequences: dict[str, int | None] = Field(default_factory=dict, description="How far each has counted.")
    error: str = ""


class Content(_Value):
    """What a cluster holds, one snapshot a database."""

    excluded: tuple[str, ...] = Field(description="Patterns of the tables whose rows were left out.")
    objects: dict[str, str] = Field(description="Roles, settings and the databases themselves.")
    databases: dict[str, Database]

    @property
    def errors(self) -> list[str]:
        """Return what could not be read, and why."""
        return [
            *(f"{name}: {database.error}" for name, database in self.databases.items() if database.error),
            *(
                f"{name}: {table}: {rows.error}"
                for name, database in self.databases.items()
                for table, rows in database.tables.items()
                if rows.error
            ),
        ]

    @property
    def totals(self) -> dict[str, int]:
        """Return how much was looked at."""
        databases = self.databases.values()
        return {
            "databases": len(databases),
            "tables": sum(len(database.tables) for database in databases),
            "rows": sum(rows.count for database in databases for rows in database.tables.values()),
            "objects": len(self.objects) + sum(len(database.objects) for database in databases),
        }


@dataclass(frozen=True)
class _Table:
    name: str
    in_sql: str
    values: str
    size: int

    @property
    def query(self) -> str:
        """Return the query for name, count and digest."""
        name = self.name.replace("'", "''")
        digest = f"coalesce(sum(hash_record_extended(ROW({self.values}), 0)), 0)::text"
        return f"SELECT '{name}', count(*), {digest} FROM ONLY {self.in_sql} AS t"  # noqa: S608 - the server quoted the names


def take(access: Access, exclude: Sequence[str]) -> Content:
    """Read the whole cluster (PostgreSQL 14 or newer) as a superuser.

    A database or a table that cannot be read carries the server's message instead of its content. Raises
    StepFailedError when not even the databases can be listed.
    """
    excluded = (WORKLOAD, *exclude)
    names = databases(access)
    try:
        with _connect(access, access.database) as session:
            objects = dict(ask(session, _definitions(_CLUSTER)))
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
    return Content(
        excluded=excluded, objects=objects, databases={name: _database(access, name, excluded) for name in names}
    )


def differences(before: Content, after: Content) -> Iterator[str]:
    """Yield one sentence for everything that is not as it was; a sequence may only have gone on."""
    yield from _changed("", before.objects, after.objects)
    for name, was in before.databases.items():
        now = after.databases.get(name, Database(error="the database is missing"))
        if now.error:
            yield f"{name} cannot be read: {now.error}"
            continue
        yield from _changed(f"{name}: ", was.objects, now.objects)
        yield from _rows_changed(f"{name}: ", was.tables, now.tables)
        yield from _behind(f"{name}: ", was.sequences, now.sequences)


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
                objects=dict(ask(first, _definitions(_OBJECTS))),
                sequences=dict(ask(first, _SEQUENCES)),
                tables=_rows((first, second), deque(_batches(wanted))),
            )
    except psycopg.Error as error:
        return Database(error=primary_message(error))


def _batches(tables: Sequence[_Table]) -> Iterator[list[_Table]]:
    """Yield large tables one by one and small ones together: a round trip costs more than a small table."""
    batch: list[_Table] = []
    for table in tables:
        batch.append(table)
        if len(batch) == _BATCH_TABLES or sum(each.size for each in batch) >= _BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(sessions: Sequence[Session], batches: deque[list[_Table]]) -> dict[str, Rows]:
    def work(session: Session) -> list[tuple[str, Rows]]:
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
    query = " UNION ALL ".join(table.query for table in batch)
    try:
        return [(name, Rows(count=count, digest=digest)) for name, count, digest in ask(session, query)]
    except psycopg.Error as error:
        if session.broken:
            raise
        if len(batch) == 1:
            return [(batch[0].name, Rows(error=primary_message(error)))]
    return [found for table in batch for found in _hash(session, [table])]


def _definitions(query: str) -> str:
    digest = "hashtextextended(coalesce(definition, ''), 0)::text"
    return f"SELECT object, {digest} FROM ({query}) AS _ (object, definition)"  # noqa: S608 - our own files


def _changed(where: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    # A table is named before its columns and keys.
    for name in sorted(before.keys() | after.keys(), key=lambda name: (not name.startswith("relation "), name)):
        if name not in after:
            yield f"{where}{name} missing"
        elif name not in before:
            yield f"{where}{name} added"
        elif before[name] != after[name]:
            yield f"{where}{name} changed"


def _rows_changed(where: str, before: Mapping[str, Rows], after: Mapping[str, Rows]) -> Iterator[str]:
    for name, was in sorted(before.items()):
        now = after.get(name, Rows(error="the table is missing"))
        if now.error:
            yield f"{where}{name} cannot be read: {now.error}"
        elif now.count != was.count:
            yield f"{where}{name} has {now.count} rows, not {was.count}"
        elif now.digest != was.digest:
            yield f"{where}{name} has other values in as many rows ({was.count})"


def _behind(where: str, before: Mapping[str, int | None], after: Mapping[str, int | None]) -> Iterator[str]:
    for name, was in sorted(before.items()):
        now = after.get(name)
        if name in after and was is not None and (now is None or now < was):
            yield f"{where}sequence {name} is behind: at {now}, was at {was}"
