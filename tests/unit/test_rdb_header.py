"""What the first bytes of an RDB file tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.keyspace.rdb_header import RdbHeader, read_header

# As redis-server 7.0.15 writes it: strings by their length, small numbers encoded.
VERSION = b"\xfa\x09redis-ver\x067.0.15"
BITS = b"\xfa\x0aredis-bits\xc0\x40"
CREATED = b"\xfa\x05ctime\xc2\x00\xf1\x53\x65"
LONG = b"\xfa\x04text\x41\x00" + b"x" * 256
AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "header"),
    [
        (b"REDIS0010" + VERSION + BITS + CREATED + b"\xfe\x00", RdbHeader("7.0.15", AT)),
        (b"REDIS0010" + LONG + CREATED + b"\xff", RdbHeader("", AT)),
        (b"REDIS0006\xfe\x00", RdbHeader("", None)),
        (b"REDIS0010" + VERSION + CREATED[:-1], RdbHeader("7.0.15", None)),
        (b"REDIS0010", RdbHeader("", None)),
        (b"REDISNOTE: buy milk", None),
        (b"PGDMP", None),
        (b"", None),
    ],
)
def test_a_header_is_read_as_far_as_it_goes(first: bytes, header: RdbHeader | None) -> None:
    """Old formats tell nothing, and what is cut off is not guessed."""
    assert read_header(first) == header


def test_the_version_counts_as_far_as_formats_change_with_it() -> None:
    """Two numbers: 7.0 and 7.2 write different ones."""
    assert [RdbHeader(version, None).major for version in ("7.0.15", "7.2.4", "")] == ["7.0", "7.2", ""]
