"""What a server of databases holds, in a form that two moments, two machines or two majors can be compared by.

Rows are counted and their 64-bit hashes *summed*, which no order of rows changes and no pair of equal rows cancels.
Everything else (tables, indexes, functions, privileges, roles, …) is a digest of its definition under its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORDED_BY_MAJOR = ("query of ", "rule ", "version of extension ")
"""What every major words in its own way, or brings along anew: compared within one major only."""


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
    sequences: dict[str, int] = Field(default_factory=dict, description="How far each has counted, in its direction.")
    error: str = ""


class Content(_Value):
    """What a server holds."""

    major: int = Field(description="Of the server that held it.")
    excluded: tuple[str, ...] = Field(description="Patterns of the tables whose rows were left out.")
    objects: dict[str, str] = Field(description="Roles, settings and the databases themselves.")
    databases: dict[str, Database]
    closed: tuple[str, ...] = Field(default=(), description="Databases that allow no connections: nothing was read.")

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


def differences(before: Content, after: Content) -> Iterator[str]:
    """Yield one sentence for everything that is not as it was; a sequence may only have gone on.

    What only a change of the major version words anew is not told between two majors.
    """
    ignored = WORDED_BY_MAJOR if before.major != after.major else ()
    yield from _changed("", before.objects, after.objects)
    for name, was in before.databases.items():
        now = after.databases.get(name, Database(error="the database is missing"))
        if now.error:
            yield f"{name} cannot be read: {now.error}"
            continue
        yield from _changed(f"{name}: ", was.objects, now.objects, ignored)
        yield from _rows_changed(f"{name}: ", was.tables, now.tables)
        yield from _behind(f"{name}: ", was.sequences, now.sequences)


def _changed(
    where: str, before: Mapping[str, str], after: Mapping[str, str], ignored: tuple[str, ...] = ()
) -> Iterator[str]:
    # A table is named before its columns and keys.
    for name in sorted(before.keys() | after.keys(), key=lambda name: (not name.startswith("relation "), name)):
        if name not in after:
            yield f"{where}{name} missing"
        elif name not in before:
            yield f"{where}{name} added"
        elif before[name] != after[name] and not name.startswith(ignored):
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


def _behind(where: str, before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    for name, was in sorted(before.items()):
        now = after.get(name, was)
        if now < was:
            yield f"{where}sequence {name} is behind by {was - now}"
