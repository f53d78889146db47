"""What the first bytes of an RDB file tell: the server's version, and when it was begun.

The format is that of rdb.c: after the magic come pairs of strings, `redis-ver` and `ctime` among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

MAGIC = b"REDIS"
_NUMBER = 4
"""Digits of the format's own version behind the magic."""
_AUXILIARY = 0xFA
_ENCODED = 0b11
"""What a length begins with that is none, but how many bytes a number has."""
_NUMBERS = {0: 1, 1: 2, 2: 4}


@dataclass(frozen=True)
class RdbHeader:
    """What an RDB file tells of itself."""

    server: str
    """The version of the server that wrote it; empty: not told."""
    started: datetime | None
    """The second whose keys it holds, by that server's clock; None: not told."""

    @property
    def major(self) -> str:
        """Return the server's version as far as formats change with it: two numbers; empty: not told."""
        return ".".join(self.server.split(".")[:2])


def read_header(first: bytes) -> RdbHeader | None:
    """Return what the first bytes of a file tell; None when it is no RDB file."""
    number = first[len(MAGIC) : len(MAGIC) + _NUMBER]
    if not first.startswith(MAGIC) or not number.isdigit():
        return None
    told = _told(first[len(MAGIC) + _NUMBER :])
    began = told.get("ctime", "")
    return RdbHeader(
        server=told.get("redis-ver", ""), started=datetime.fromtimestamp(int(began), UTC) if began.isdigit() else None
    )


def _told(raw: bytes) -> dict[str, str]:
    told, at = dict[str, str](), 0
    try:
        while raw[at] == _AUXILIARY:
            name, at = _string(raw, at + 1)
            told[name], at = _string(raw, at)
    except IndexError:  # the bytes end in the middle of a pair
        pass
    return told


def _string(raw: bytes, at: int) -> tuple[str, int]:
    """Return the string at a place, and the place behind it; raises IndexError where it is cut off."""
    form, low = raw[at] >> 6, raw[at] & 0x3F
    if form == _ENCODED:
        end = at + 1 + _NUMBERS[low]
        return str(int.from_bytes(_whole(raw, at + 1, end), "little")), end
    length, begin = (low, at + 1) if form == 0 else (low << 8 | raw[at + 1], at + 2)
    return _whole(raw, begin, begin + length).decode(errors="replace"), begin + length


def _whole(raw: bytes, begin: int, end: int) -> bytes:
    if end > len(raw):
        raise IndexError(end)
    return raw[begin:end]
