"""What moment a recovered server's data is of, and how far its replay came: asked of the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Replay
from reports.facts.existing import WalReplayed

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

_FORM = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_REPLAY = f"""
    SELECT to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', {_FORM}),
           (pg_last_wal_replay_lsn() - '0/0')::text, pg_size_bytes(current_setting('wal_segment_size'))
"""
_LOG = 0x100000000
"""Bytes of WAL under one number of the middle of a segment's name."""


def heartbeat_query(table: str, column: str) -> str:
    """Return the query for the newest heartbeat in UTC, null where there is none, and the type of its column."""
    return (
        f"SELECT to_char(max({column})::timestamptz AT TIME ZONE 'UTC', {_FORM}), pg_typeof(max({column}))::text "  # noqa: S608 - the drill's own words
        f"FROM {table}"
    )


def heartbeat(column: str, moment: object, of_type: object) -> str | None:
    """Return the newest heartbeat from the query's row; raises StepFailedError when its type leaves its zone open."""
    if of_type != "timestamp with time zone":
        raise StepFailedError(
            f"heartbeat: column {column} is of type {of_type}, which does not tell in what zone its time is",
            hint="name a column of type timestamptz",
        )
    return None if moment is None else str(moment)


def replay(lab: Lab, service: str) -> Replay:
    """Return how far the recovered server's replay came; raises StepFailedError with the server's message."""
    rows: list[tuple[Any, ...]] = lab.sql(service, _REPLAY)
    [(commit, position, size)] = rows
    return Replay(commit, None if position is None else segment(int(position), int(size)), int(size))


def segment(position: int, size: int) -> str:
    """Return the name, without timeline, of the WAL segment that the byte before a position lies in."""
    number = max(position - 1, 0) // size
    return f"{number // (_LOG // size):08X}{number % (_LOG // size):08X}"


def number_of(name: str, size: int) -> int:
    """Return the number of a segment from its name without timeline."""
    return int(name[:8], 16) * (_LOG // size) + int(name[8:], 16)


def wal_replayed(service: str, reached: str, archive_end: str, size: int) -> WalReplayed:
    """Return how far replay came, against the archive's last segment (named with its timeline)."""
    expected = archive_end[8:]
    missed = number_of(expected, size) - number_of(reached, size)
    return WalReplayed(service=service, reached=reached, expected=expected, missed=missed)
