"""What is promised of PostgreSQL, against the real server."""

from __future__ import annotations

import io
import secrets
import tarfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import docker
import pytest

from orchestrator.core.declared_lab import Service
from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.software_port import Access
from orchestrator.software.postgres import PASSWORD_FILE, Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

IMAGE = "drillmaster/postgres:15"
PASSWORD = "planted-" + secrets.token_hex(8)
POSTGRES = Postgres()
SERVICE = Service(
    type="postgres", image=IMAGE, user="app", database="orders", settings={"fsync": False, "wal_level": "logical"}
)


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """Return a container made exactly as the lab would make it."""
    client = docker.from_env()
    container = client.containers.create(
        IMAGE,
        POSTGRES.command(SERVICE),
        environment=POSTGRES.environment(SERVICE),
        labels={"drillmaster.test": "software"},
    )
    try:
        container.put_archive("/", _archive(PASSWORD_FILE, PASSWORD.encode()))
        container.start()
        container.reload()
        yield container
    finally:
        container.remove(force=True, v=True)
        client.close()


@pytest.fixture(scope="module")
def access(container: Container) -> Access:
    """Return access to a server that is ready."""
    access = Access(_address(container), POSTGRES.port, SERVICE.user, SERVICE.database, PASSWORD)
    _wait_ready(access)
    return access


def test_it_is_configured_by_the_drills_defaults_and_the_services_own_settings(access: Access) -> None:
    """Settings reach the server; `true` and `false` become on and off."""
    names = ("fsync", "wal_level", "log_error_verbosity", "log_min_error_statement", "log_timezone", "listen_addresses")
    seen = {name: POSTGRES.execute(access, f"SHOW {name}")[0][0] for name in names}
    assert seen == {
        "fsync": "off",
        "wal_level": "logical",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_timezone": "UTC",
        "listen_addresses": "*",
    }


def test_its_whole_configuration_is_told_but_for_secrets_and_sessions(access: Access) -> None:
    """With units; of what may hold a password only that it is set; nothing of the asking session."""
    settings = POSTGRES.settings(access)
    assert POSTGRES.settings(access) == settings
    assert len(settings) > 300
    named = ("fsync", "shared_buffers", "archive_timeout", "primary_conninfo", "data_checksums")
    assert [settings[name] for name in named] == ["off", "128MB", "0", "", "on"]
    assert not {"statement_timeout", "transaction_read_only", "in_hot_standby"} & {*settings}
    POSTGRES.execute(access, "ALTER SYSTEM SET primary_conninfo = 'host=a password=planted'")
    try:
        _reload(access)
        assert POSTGRES.settings(access)["primary_conninfo"] == "(set)"
    finally:
        POSTGRES.execute(access, "ALTER SYSTEM RESET primary_conninfo")
        _reload(access)


def test_a_server_that_does_not_archive_has_no_archiver(access: Access) -> None:
    """There is nothing to tell."""
    assert POSTGRES.archiver(access) is None


def test_a_refused_connection_is_not_ready_at_once(access: Access) -> None:
    """Nobody listens: that is known without waiting for a timeout."""
    began = time.monotonic()
    with pytest.raises(NotReadyError, match="Connection refused"):
        POSTGRES.probe(replace(access, port=1), history=False)
    assert time.monotonic() - began < 1.5


def test_a_wrong_password_is_not_ready_and_not_told(access: Access) -> None:
    """The application's role must get in; the message names the role and never the password."""
    with pytest.raises(NotReadyError) as caught:
        POSTGRES.probe(replace(access, password="wrong-one"), history=False)
    assert caught.value.message.endswith('FATAL:  password authentication failed for user "app"')
    assert "wrong-one" not in caught.value.message


def test_a_new_cluster_is_ready_but_has_no_history(access: Access) -> None:
    """A fresh, empty cluster answers and takes writes, and is still not the recovered service."""
    POSTGRES.probe(access, history=False)
    with pytest.raises(NotReadyError) as caught:
        POSTGRES.probe(access, history=True)
    assert caught.value.message == (
        'it takes writes, but not on the data of before: relation "drillmaster.ledger" does not exist (SQLSTATE 42P01)'
    )


def test_history_is_a_row_in_the_ledgers_table(access: Access) -> None:
    """The table alone is not enough; one row of it is."""
    POSTGRES.prepare_ledger(access)
    try:
        with pytest.raises(NotReadyError) as caught:
            POSTGRES.probe(access, history=True)
        assert caught.value.message == "it takes writes, but not on the data of before: drillmaster.ledger is empty"
        POSTGRES.execute(access, "INSERT INTO drillmaster.ledger VALUES (0, 1, -5)")
        POSTGRES.probe(access, history=True)
    finally:
        POSTGRES.execute(access, "DROP SCHEMA drillmaster CASCADE")


def test_a_server_that_only_reads_is_not_ready(access: Access) -> None:
    """Reads succeed where writes do not."""
    POSTGRES.execute(access, "ALTER ROLE app SET default_transaction_read_only = on")
    try:
        with pytest.raises(NotReadyError) as caught:
            POSTGRES.probe(access, history=False)
    finally:
        POSTGRES.execute(access, "SET transaction_read_only = off; ALTER ROLE app RESET default_transaction_read_only")
    assert caught.value.message == "it answers, but only reads: transaction_read_only is on"


def test_execute_returns_the_rows_of_the_last_statement(access: Access) -> None:
    """Several statements are run; nothing to return is an empty list."""
    assert POSTGRES.execute(access, "SELECT 1; SELECT 2, 'x%s'") == [(2, "x%s")]
    assert POSTGRES.execute(access, "CREATE TABLE seen (id int); DROP TABLE seen") == []


def test_execute_commits_each_call(access: Access) -> None:
    """Autocommit: VACUUM, which no transaction may hold, runs."""
    assert POSTGRES.execute(access, "VACUUM pg_class") == []


def test_an_error_carries_the_primary_message_and_no_row(access: Access) -> None:
    """DETAIL holds the row that offended: neither message nor cause repeats it."""
    POSTGRES.execute(access, "CREATE TABLE person (name text PRIMARY KEY); INSERT INTO person VALUES ('Ada Lovelace')")
    with pytest.raises(StepFailedError) as caught:
        POSTGRES.execute(access, "INSERT INTO person VALUES ('Ada Lovelace')")
    assert caught.value.message == 'duplicate key value violates unique constraint "person_pkey" (SQLSTATE 23505)'
    assert caught.value.__suppress_context__


def test_the_log_holds_no_row_either(access: Access, container: Container) -> None:
    """What the server logs of a failed statement is neither its DETAIL nor its text."""
    POSTGRES.execute(access, "CREATE TABLE city (name text PRIMARY KEY); INSERT INTO city VALUES ('Samarkand')")
    with pytest.raises(StepFailedError):
        POSTGRES.execute(access, "INSERT INTO city VALUES ('Samarkand')")
    log = container.logs().decode()
    assert 'violates unique constraint "city_pkey"' in log
    assert "Samarkand" not in log


def test_execute_ends_at_its_timeout(access: Access) -> None:
    """A statement that takes too long is cancelled by the server."""
    began = time.monotonic()
    with pytest.raises(StepTimedOutError) as caught:
        POSTGRES.execute(access, "SELECT pg_sleep(30)", timeout_s=0.3)
    assert caught.value.message == "canceling statement due to statement timeout (SQLSTATE 57014)"
    assert time.monotonic() - began < 10


def test_version_and_bounding_settings_are_the_servers_own(access: Access) -> None:
    """They come with units, and only those that this version knows."""
    settings = POSTGRES.bounding_settings(access)
    assert POSTGRES.version(access).startswith("15.")
    assert {name: settings[name] for name in ("fsync", "archive_timeout", "checkpoint_timeout", "data_checksums")} == {
        "fsync": "off",
        "archive_timeout": "0",
        "checkpoint_timeout": "5min",
        "data_checksums": "on",
    }


def test_the_servers_time_can_be_a_recovery_target(access: Access) -> None:
    """It is RFC 3339 in UTC to the microsecond, whatever the session's zone, and the server reads it back as now."""
    text = POSTGRES.server_time(access)
    assert len(text) == len("2026-01-01T00:00:00.000000+00:00")
    assert text.endswith("+00:00")
    query = f"SET timezone = 'Asia/Tokyo'; SELECT clock_timestamp() - '{text}' BETWEEN '0 s' AND '5 s'"
    assert POSTGRES.execute(access, query) == [(True,)]


def test_marks_are_read_from_the_servers_log(access: Access, container: Container) -> None:
    """A crash and the recovery from it leave all four marks, in order, each at the server's own time."""
    POSTGRES.execute(access, "CREATE TABLE replayed AS SELECT generate_series(1, 100)")
    container.kill()
    container.wait()
    died = time.time()
    container.start()
    container.reload()
    _wait_ready(replace(access, host=_address(container)))
    log = container.logs(timestamps=True).decode()
    after = [(mark, utc) for mark, utc in POSTGRES.server_marks(log) if utc > _utc(died - 0.5)]
    assert [mark for mark, _ in after] == ["process-started", "redo-started", "redo-done", "accepting-connections"]
    assert [utc for _, utc in after] == sorted(utc for _, utc in after)
    assert after[-1][1] <= _utc(time.time())


def test_a_server_in_recovery_is_not_ready(access: Access, container: Container) -> None:
    """A standby answers and reads; only a server out of recovery is ready."""
    container.exec_run(["touch", "/var/lib/postgresql/data/standby.signal"], user="postgres")
    container.restart()
    container.reload()
    standby = replace(access, host=_address(container))
    with pytest.raises(NotReadyError) as caught:
        _wait_ready(standby, within_s=3)
    assert caught.value.message == "it answers, but is still in recovery: no writes yet"
    assert POSTGRES.execute(standby, "SELECT pg_is_in_recovery()") == [(True,)]


def _reload(access: Access) -> None:
    """Let the server read its configuration, and return when new sessions see it."""
    loaded = POSTGRES.execute(access, "SELECT pg_conf_load_time()")
    POSTGRES.execute(access, "SELECT pg_reload_conf()")
    deadline = time.monotonic() + 10
    while POSTGRES.execute(access, "SELECT pg_conf_load_time()") == loaded and time.monotonic() < deadline:
        time.sleep(0.02)


def _wait_ready(access: Access, within_s: float = 30) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            return POSTGRES.probe(access, history=False)
        except NotReadyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _address(container: Container) -> str:
    return str(container.attrs["NetworkSettings"]["IPAddress"])


def _archive(path: str, content: bytes) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.size, entry.mode = len(content), 0o444
        archive.addfile(entry, io.BytesIO(content))
    return raw.getvalue()


def _utc(unix: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix)) + f".{int(unix % 1 * 1e6):06d}Z"
