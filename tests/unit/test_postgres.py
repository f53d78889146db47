"""What PostgreSQL needs no server for: its container's declaration and the reading of its log."""

from __future__ import annotations

import struct

import pytest

from orchestrator.core.declared_lab import Service
from orchestrator.software import postgres
from orchestrator.software.postgres import DEFAULTS, Postgres

POSTGRES = Postgres()
SERVICE = Service(
    type="postgres", image="any", user="app", database="orders", settings={"fsync": False, "work_mem": "8MB"}
)

POINT_IN_TIME = """\
2026-01-02T03:04:05.100000001Z 2026-01-02 03:04:05.099 UTC [7] LOG:  starting PostgreSQL 15.14 on x86_64
2026-01-02T03:04:05.200000001Z 2026-01-02 03:04:05.199 UTC [9] LOG:  starting point-in-time recovery to 2026-01-02 03
2026-01-02T03:04:05.300000001Z 2026-01-02 03:04:05.299 UTC [9] LOG:  redo starts at 0/4000028
2026-01-02T03:04:05.4Z 2026-01-02 03:04:05.399 UTC [7] LOG:  database system is ready to accept read-only connections
2026-01-02T03:04:05.500000001Z 2026-01-02 03:04:05.499 UTC [9] LOG:  redo done at 0/5000110 system usage: none
2026-01-02T03:04:05.600000001Z 2026-01-02 03:04:05.599 UTC [7] LOG:  database system is ready to accept connections
"""


def test_no_secret_stands_in_environment_or_command() -> None:
    """The password goes by file only."""
    assert POSTGRES.environment(SERVICE) == {
        "POSTGRES_USER": "app",
        "POSTGRES_DB": "orders",
        "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres_password",
    }
    assert POSTGRES.secrets(SERVICE) == {"password": "/run/secrets/postgres_password"}


def test_the_command_states_the_drills_defaults_then_the_services_own_settings() -> None:
    """Each is one `-c`; booleans are on and off."""
    stated = [f"{name}={value}" for name, value in DEFAULTS.items()] + ["fsync=off", "work_mem=8MB"]
    assert POSTGRES.command(SERVICE) == ("postgres", *(word for setting in stated for word in ("-c", setting)))


def test_a_services_own_settings_win_over_the_drills_defaults() -> None:
    """A default is stated once, with the service's value."""
    service = SERVICE.model_copy(update={"settings": {"log_timezone": "Asia/Tokyo"}})
    stated = [word for word in POSTGRES.command(service) if word.startswith("log_timezone")]
    assert stated == ["log_timezone=Asia/Tokyo"]


def test_marks_are_told_in_order_by_the_servers_own_time() -> None:
    """Recovery that starts and redo that starts are one mark; read-only connections are none."""
    assert POSTGRES.server_marks(POINT_IN_TIME) == [
        ("process-started", "2026-01-02T03:04:05.099000Z"),
        ("redo-started", "2026-01-02T03:04:05.199000Z"),
        ("redo-done", "2026-01-02T03:04:05.499000Z"),
        ("accepting-connections", "2026-01-02T03:04:05.599000Z"),
    ]


def test_without_the_servers_time_the_engines_stamp_is_the_mark() -> None:
    """A prefix without time, or one in another zone, is no reason to know nothing."""
    log = (
        "2026-01-02T03:04:05.123456789Z LOG:  starting PostgreSQL 15.14 on x86_64\n"
        "2026-01-02T03:04:06.123Z 2026-01-02 12:04:06.122 JST LOG:  database system is ready to accept connections\n"
    )
    assert POSTGRES.server_marks(log) == [
        ("process-started", "2026-01-02T03:04:05.123456Z"),
        ("accepting-connections", "2026-01-02T03:04:06.123000Z"),
    ]


def test_a_statement_that_quotes_a_mark_is_none() -> None:
    """Only what the server itself logs as LOG counts, from its first word."""
    log = (
        "2026-01-02T03:04:05.1Z 2026-01-02 03:04:05.099 UTC [7] STATEMENT:  SELECT 'LOG:  redo done at 0/1'\n"
        "2026-01-02T03:04:05.1Z 2026-01-02 03:04:05.099 UTC [7] LOG:  statement: SELECT 'redo done at 0/1'\n"
    )
    assert POSTGRES.server_marks(log) == []


@pytest.mark.parametrize(
    ("lower", "upper", "special", "used"),
    [
        (28, 8000, 8192, range(8000, 8192)),
        (40, 7900, 8176, range(7900, 8176)),
        (24, 8192, 8192, range(0)),
        (0, 0, 0, range(0)),
        (9000, 100, 8192, range(0)),
    ],
    ids=["table", "index", "empty", "never-used", "no-page"],
)
def test_of_a_page_what_lies_after_its_free_space_is_used(lower: int, upper: int, special: int, used: range) -> None:
    """Neither the free space nor what an index keeps at the page's end; nothing of what is no page."""
    page = struct.pack("<12x3H", lower, upper, special) + bytes(8174)
    assert postgres._used(page) == used
