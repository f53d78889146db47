"""What the first bytes of a file of pg_dump tell: the format, the server's version, and when it was begun.

The archive's header is that of pg_backup_archiver.c (WriteHead); a plain dump begins with comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

MAGIC = b"PGDMP"
_TAR_MEMBER = 512
"""A dump in tar format is a tar whose first member is the header's file."""
_COMPRESSION_IS_ONE_BYTE = (1, 15)
"""From this version of the format on, PostgreSQL 16's."""
_SERVER = re.compile(rb"^-- Dumped from database version (\S+)", re.MULTILINE)
_STARTED = re.compile(rb"^-- Started on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)( UTC$)?", re.MULTILINE)
"""Of all abbreviations of zones, only this one is sure to be that of one zone."""
_CLUSTER = b"-- PostgreSQL database cluster dump"


@dataclass(frozen=True)
class DumpHeader:
    """What a dump tells of itself."""

    archive: bool
    """Whether it is for pg_restore; else it is a script for psql."""
    server: str
    """The version of the server it is of; empty: not told."""
    started: datetime | None
    """By the clock of whoever dumped, in that clock's zone unless it has one itself; None: not told."""
    database: str = ""
    """The database's name; empty: not told."""
    cluster: bool = False
    """Whether it is a script of pg_dumpall, of roles at least."""

    @property
    def major(self) -> str:
        """Return the server's major version; empty: not told."""
        numbers = self.server.split(".")
        return ".".join(numbers[:2]) if numbers[0] in {"8", "9"} else numbers[0]


def read_header(first: bytes) -> DumpHeader | None:
    """Return what the first LONGEST_HEADER bytes of a file tell; None when it is no dump."""
    at = _TAR_MEMBER if first[_TAR_MEMBER : _TAR_MEMBER + len(MAGIC)] == MAGIC else 0
    if first[at : at + len(MAGIC)] == MAGIC:
        return _archive(first[at + len(MAGIC) :])
    if b"-- PostgreSQL database dump" not in first and _CLUSTER not in first:
        return None
    server, started = _SERVER.search(first), _STARTED.search(first)
    return DumpHeader(
        archive=False,
        server=server[1].decode() if server else "",
        started=datetime.fromisoformat(started[1].decode() + ("Z" if started[2] else "")) if started else None,
        cluster=_CLUSTER in first,
    )


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw, self._at, self.int_size = raw, 0, 4

    def byte(self) -> int:
        self._at += 1
        return self._raw[self._at - 1]

    def number(self) -> int:
        sign = self.byte()
        digits = [self.byte() for _ in range(self.int_size)]
        value = int.from_bytes(bytes(digits), "little")
        return -value if sign else value

    def text(self) -> str:
        length = self.number()
        self._at += max(length, 0)
        return self._raw[self._at - length : self._at].decode(errors="replace") if length > 0 else ""


def _archive(raw: bytes) -> DumpHeader | None:
    reader = _Reader(raw)
    try:
        version = (reader.byte(), reader.byte())
        reader.byte()  # revision
        reader.int_size = reader.byte()
        reader.byte()  # size of offsets
        reader.byte()  # format
        _ = reader.byte() if version >= _COMPRESSION_IS_ONE_BYTE else reader.number()
        second, minute, hour, day, month, year, _summer = (reader.number() for _ in range(7))
        database, server = reader.text(), reader.text()
        started = datetime(year + 1900, month + 1, day, hour, minute, second)  # noqa: DTZ001 - the zone is not told
        return DumpHeader(archive=True, server=server, started=started, database=database)
    except (IndexError, ValueError):
        return None
