"""What MariaDB needs no server for: its container's declaration, its errors and the reading of its log."""

from __future__ import annotations

import pymysql
import pytest

from orchestrator.core.declared_lab import Service
from orchestrator.software.mariadb import DEFAULTS, Mariadb, _used, message

MARIADB = Mariadb()
SERVICE = Service(
    type="mariadb",
    image="any",
    user="app",
    database="shop",
    settings={"log_bin": "binlog", "innodb_doublewrite": False},
)

CRASH = """\
2026-01-02T03:04:05.100000001Z 2026-01-02  3:04:05 0 [Note] Starting MariaDB 10.11.14-MariaDB as process 7
2026-01-02T03:04:05.150000001Z 2026-01-02  3:04:05 0 [Warning] Could not increase number of max_open_files
2026-01-02T03:04:05.200000001Z 2026-01-02  3:04:05 0 [Note] InnoDB: Starting crash recovery from checkpoint LSN=57100
2026-01-02T03:04:05.250000001Z recovered pages: 0% 29% 100% (0.0 seconds); tables to flush: 2 1 0
2026-01-02T03:04:05.300000001Z 2026-01-02  3:04:05 0 [Note] Crash table recovery finished.
2026-01-02T03:04:05.400000001Z 2026-01-02  3:04:05 0 [Note] mariadbd: ready for connections.
"""


def test_no_secret_stands_in_environment_or_command() -> None:
    """The passwords go by file only."""
    assert MARIADB.environment(SERVICE) == {
        "MARIADB_USER": "app",
        "MARIADB_DATABASE": "shop",
        "MARIADB_PASSWORD_FILE": "/run/secrets/mariadb_password",
        "MARIADB_ROOT_PASSWORD_FILE": "/run/secrets/mariadb_root_password",
    }
    assert MARIADB.secrets(SERVICE) == {
        "password": "/run/secrets/mariadb_password",
        "root_password": "/run/secrets/mariadb_root_password",
    }


def test_the_command_states_the_drills_defaults_then_the_services_own_settings() -> None:
    """Each is one option, however it is spelled; booleans are on and off."""
    stated = [f"--{name}={value}" for name, value in DEFAULTS.items()]
    assert MARIADB.command(SERVICE) == ("mariadbd", *stated, "--log-bin=binlog", "--innodb-doublewrite=off")


def test_a_services_own_settings_win_over_the_drills_defaults() -> None:
    """A default is stated once, with the service's value."""
    service = SERVICE.model_copy(update={"settings": {"binlog_format": "MIXED"}})
    assert [word for word in MARIADB.command(service) if "format" in word] == ["--binlog-format=MIXED"]


def test_marks_are_dated_by_the_container_engine() -> None:
    """The server's own times are whole seconds."""
    assert MARIADB.server_marks(CRASH) == [
        ("process-started", "2026-01-02T03:04:05.100000Z"),
        ("redo-started", "2026-01-02T03:04:05.200000Z"),
        ("redo-done", "2026-01-02T03:04:05.300000Z"),
        ("accepting-connections", "2026-01-02T03:04:05.400000Z"),
    ]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ((1146, "Table 'shop.orders' doesn't exist"), "Table 'shop.orders' doesn't exist (1146)"),
        ((1062, "Duplicate entry 'Ada Lovelace' for key 'PRIMARY'"), "Duplicate entry '…' (1062)"),
        (
            (1366, "Incorrect integer value: 'Ada' for column `shop`.`orders`.`id` at row 1"),
            "Incorrect integer value: '…' for column `shop`.`orders`.`id` at row 1 (1366)",
        ),
        ((), " (0)"),
    ],
)
def test_an_error_is_told_without_the_values_of_rows(error: tuple[object, ...], says: str) -> None:
    """The server quotes what a row holds, or was to hold; names of tables and columns are told."""
    assert message(pymysql.MySQLError(*error)) == says


@pytest.mark.parametrize(
    ("kind", "end", "used"),
    [
        pytest.param(17855, 500, range(120, 500), id="rows"),
        pytest.param(17855, 120, range(0), id="no rows yet"),
        pytest.param(17855, 60000, range(0), id="no page of an index after all"),
        pytest.param(8, 500, range(0), id="the file's own"),
        pytest.param(0, 0, range(0), id="never used"),
    ],
)
def test_only_records_are_used_space(kind: int, end: int, used: range) -> None:
    """Damage beside them would harm nothing."""
    page = bytearray(16384)
    page[24:26], page[40:42] = kind.to_bytes(2), end.to_bytes(2)
    assert _used(bytes(page)) == used
