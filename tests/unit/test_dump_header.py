"""What the first bytes of a dump tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.postgresql.dump_header import DumpHeader, read_header

BEGAN = datetime(2026, 11, 21, 19, 40, 7)  # noqa: DTZ001 - no zone is told


def number(value: int) -> bytes:
    """Return a number as an archive has it."""
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def text(value: str) -> bytes:
    """Return a text as an archive has it."""
    return number(len(value)) + value.encode()


def archive(version: tuple[int, int], compression: bytes, server: str = "15.20 (Debian 15.20-0+deb12u1)") -> bytes:
    """Return the begin of an archive in custom format, of the database `shop`."""
    moment = b"".join(number(part) for part in (7, 40, 19, 21, 10, 126, 0))
    return b"PGDMP" + bytes([*version, 0, 4, 8, 1]) + compression + moment + text("shop") + text(server) + text("15.20")


@pytest.mark.parametrize(
    "first",
    [
        archive((1, 14), number(-1)),
        archive((1, 15), b"\x01"),
        b"toc.dat".ljust(512, b"\0") + archive((1, 14), number(0)),
    ],
)
def test_an_archive_tells_its_server_database_and_moment(first: bytes) -> None:
    """Before and since PostgreSQL 16, and in tar format."""
    header = read_header(first)
    assert header == DumpHeader(archive=True, server="15.20 (Debian 15.20-0+deb12u1)", started=BEGAN, database="shop")
    assert header.major == "15"


def test_of_old_servers_the_major_version_has_two_numbers() -> None:
    """Up to 9.6."""
    header = read_header(archive((1, 14), number(-1), "9.6.24"))
    assert header is not None
    assert header.major == "9.6"


def test_a_script_tells_its_server_and_if_it_was_asked_to_its_moment() -> None:
    """The latter only of a dump that was made with --verbose; its zone is believed only where it can be but one."""
    plain = b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.20 (Debian)\n"
    in_utc, in_ist = (plain + b"-- Started on 2026-11-21 19:40:07 " + zone + b"\n" for zone in (b"UTC", b"IST"))
    assert [read_header(first) for first in (plain, in_utc, in_ist)] == [
        DumpHeader(archive=False, server="15.20", started=moment) for moment in (None, BEGAN.replace(tzinfo=UTC), BEGAN)
    ]


def test_a_script_of_roles_is_one_of_the_cluster() -> None:
    """It tells no version."""
    header = read_header(b"--\n-- PostgreSQL database cluster dump\n--\n")
    assert header == DumpHeader(archive=False, server="", started=None, cluster=True)


@pytest.mark.parametrize("first", [b"", b"%PDF-1.7", b"PGDMP", archive((1, 14), number(-1))[:40]])
def test_what_is_no_dump_or_is_cut_off_is_none(first: bytes) -> None:
    """Nothing is guessed."""
    assert read_header(first) is None
