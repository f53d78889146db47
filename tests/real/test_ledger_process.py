"""The ledger, its process and the servers it writes to: nothing here is a fake."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ledger_server import POSTGRES, REDIS, SERVICES, LedgerServer, ledger_server

from orchestrator.adapters.ledger_process import LedgerProcess, LedgerProcesses
from orchestrator.core.errors import StepFailedError
from reports.facts.ledger import Action, Answer, Attempt, BrokenLedgerError, Ledger, payload, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.core.ledger_port import LedgerSettings, LedgerStatus

pytestmark = pytest.mark.alone

PATIENCE_S = 20.0
REFUSED_LOGIN = {
    "postgres": 'password authentication failed for user "postgres"',
    "redis": "WRONGPASS invalid username-password pair or user is disabled.",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, LedgerServer]]:
    """Start one server of each type for all tests."""
    with ExitStack() as started:
        yield {name: started.enter_context(ledger_server(name)) for name in SERVICES}


# Redis in make acceptance: what is promised is the process's.
@pytest.fixture(params=["postgres", pytest.param("redis", marks=pytest.mark.acceptance)])
def server(servers: dict[str, LedgerServer], request: pytest.FixtureRequest) -> LedgerServer:
    """Return each server with an empty ledger's table."""
    servers[request.param].empty()
    return servers[request.param]


@pytest.fixture
def postgres(servers: dict[str, LedgerServer]) -> LedgerServer:
    """Return the PostgreSQL with an empty ledger's table."""
    servers["postgres"].empty()
    return servers["postgres"]


@pytest.fixture
def redis(servers: dict[str, LedgerServer]) -> LedgerServer:
    """Return the Redis with an empty ledger's list."""
    servers["redis"].empty()
    return servers["redis"]


@contextmanager
def running(settings: LedgerSettings) -> Iterator[LedgerProcess]:
    """Start a ledger; whatever happens, leave no process behind."""
    ledger = LedgerProcesses().start(settings)
    try:
        yield ledger
    finally:
        ledger.kill()


def until(ledger: LedgerProcess, true: Callable[[LedgerStatus], bool]) -> LedgerStatus:
    """Return the first status of which it is true."""
    give_up = time.monotonic() + PATIENCE_S
    while not true(status := ledger.next_status(5.0)):
        assert time.monotonic() < give_up, status
    return status


def acknowledges(number: int) -> Callable[[LedgerStatus], bool]:
    """Return whether that many writes were acknowledged."""
    return lambda status: status.acknowledged >= number


def finish(ledger: LedgerProcess, folder: Path) -> Ledger:
    """Stop, read back and close; return the account."""
    ledger.stop()
    assert ledger.read_back() is None
    ledger.close()
    return read(folder)


def writes(account: Ledger) -> list[Attempt]:
    """Return the writes."""
    return [attempt for attempt in account.attempts() if attempt.action == Action.WRITE]


def assert_true_account(account: Ledger) -> None:
    """Fail unless numbers are dense, none was sent twice, and the table holds what it must and nothing else."""
    sent = Counter((write.writer, write.sequence) for write in writes(account))
    for writer in range(account.closed.writers):
        mine = [sequence for number, sequence in sent if number == writer]
        assert sorted(mine) == list(range(1, len(mine) + 1))
    assert set(sent.values()) == {1}
    rows = list(account.rows())
    present = Counter((row.writer, row.sequence) for row in rows)
    assert max(present.values()) == 1
    assert all(row.payload == payload(account.closed.nonce, row.writer, row.sequence) for row in rows)
    by_answer = {
        answer: {(write.writer, write.sequence) for write in writes(account) if write.answer == answer}
        for answer in Answer
    }
    assert by_answer[Answer.ACKNOWLEDGED] <= set(present)
    assert set(present) <= by_answer[Answer.ACKNOWLEDGED] | by_answer[Answer.IN_DOUBT]


def test_everything_acknowledged_is_present(server: LedgerServer, tmp_path: Path) -> None:
    """On a healthy server: no failure, one epoch, every write in the table."""
    with running(server.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(200))
        status = ledger.status()
        account = finish(ledger, tmp_path)
    assert_true_account(account)
    assert {kind.split("/")[1] for kind in account.closed.counts} == {"acknowledged"}
    assert len(account.epochs) == 1
    assert account.closed.rows == len(writes(account))
    assert status.failed == 0
    assert status.unbroken_since == min(write.attempted for write in writes(account))


def test_every_write_to_a_postgresql_has_its_place_in_the_wal(postgres: LedgerServer, tmp_path: Path) -> None:
    """Below the place where it stood when the table was read, on the first timeline."""
    with running(postgres.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(50))
        account = finish(ledger, tmp_path)
    assert [epoch.timeline for epoch in account.epochs] == [1]
    positions = [write.position for write in writes(account)]
    assert 0 < min(positions) < max(positions) <= (account.closed.read_back_position or 0)


def test_as_fast_as_they_can(server: LedgerServer, tmp_path: Path) -> None:
    """At full speed too, the account is true."""
    with running(server.settings(tmp_path, writers=4, rate_per_s=0.0)) as ledger:
        until(ledger, acknowledges(5000))
        assert_true_account(finish(ledger, tmp_path))


def test_a_killed_server_is_noticed_and_its_successor_is_another_epoch(server: LedgerServer, tmp_path: Path) -> None:
    """The outage is told at once; while the container is down nothing is sent; afterwards the run is unbroken anew."""
    with running(server.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(50))
        before = time.monotonic_ns()
        assert ledger.first_failure_after(before) is None
        server.container.kill()
        status = until(ledger, lambda status: status.last_failure > before)
        told = time.monotonic_ns()
        failed = ledger.first_failure_after(before)
        time.sleep(0.2)
        down_since = time.monotonic_ns()
        time.sleep(0.5)
        restarted = time.monotonic_ns()
        server.container.start()
        status = until(ledger, lambda status: status.unbroken_since > restarted and status.at - restarted > 2e9)
        account = finish(ledger, tmp_path)
    assert failed is not None
    assert before < failed < told
    # What kill() itself takes is in it.
    assert told - before < 1e9
    assert_true_account(account)
    down = [one for one in account.attempts() if down_since < one.attempted and one.answered < restarted]
    assert {(one.action, one.answer) for one in down} == {(Action.CONNECT, Answer.UNSENT)}
    assert {one.writer for one in down} == {0, 1, 2}
    first, last = account.epochs[0], account.epochs[-1]
    # Of a Redis only the history of its data has a name, and each start begins another.
    assert (first.system_identifier == last.system_identifier) is (server.type == "postgres")
    assert first.server_started != last.server_started
    assert status.unbroken_since == min(
        write.attempted
        for write in writes(account)
        if write.attempted > status.last_failure and write.epoch == last.index
    )


def test_a_frozen_server_puts_writes_in_doubt_at_their_deadline(server: LedgerServer, tmp_path: Path) -> None:
    """No writer hangs: every attempt ends at its deadline, and stop() returns though the server still says nothing."""
    with running(server.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(50))
        server.container.pause()
        frozen = time.monotonic_ns()
        try:
            until(ledger, lambda status: status.at - frozen > 2.5e9)
            ledger.stop()
        finally:
            server.container.unpause()
        server.wait_ready()
        account = finish(ledger, tmp_path)
    assert_true_account(account)
    in_doubt = [write for write in writes(account) if write.answer == Answer.IN_DOUBT]
    assert {write.writer for write in in_doubt} == {0, 1}
    late = [one for one in account.attempts() if one.attempted > frozen]
    assert late
    assert all(one.answer in {Answer.UNSENT, Answer.IN_DOUBT} for one in late)
    assert all(1.0e9 <= one.answered - one.attempted < 1.5e9 for one in [*in_doubt, *late])


def test_a_commit_that_was_not_replicated_is_in_doubt(postgres: LedgerServer, tmp_path: Path) -> None:
    """A cancelled wait for a standby ends as a success with a warning: that is no acknowledgement."""
    waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'drillmaster-ledger'"
    with running(postgres.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(10))
        try:
            POSTGRES.execute(postgres.access, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            POSTGRES.execute(postgres.access, "SELECT pg_reload_conf()")
            give_up = time.monotonic() + PATIENCE_S
            while not POSTGRES.execute(postgres.access, f"SELECT pg_cancel_backend(pid) {waiting}"):
                assert time.monotonic() < give_up
            ledger.stop()
        finally:
            POSTGRES.execute(postgres.access, "ALTER SYSTEM RESET synchronous_standby_names")
            POSTGRES.execute(postgres.access, "SELECT pg_reload_conf()")
        account = finish(ledger, tmp_path)
    assert_true_account(account)
    warned = [write for write in writes(account) if write.sqlstate == b"01000"]
    assert {write.answer for write in warned} == {Answer.IN_DOUBT}
    present = {(row.writer, row.sequence) for row in account.rows()}
    assert {(write.writer, write.sequence) for write in warned} <= present


def test_a_terminated_session_leaves_a_doubt_and_a_definite_no_is_a_refusal(
    postgres: LedgerServer, tmp_path: Path
) -> None:
    """57P01 tells nothing of the write; a constraint does."""
    with running(postgres.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(10))
        POSTGRES.execute(
            postgres.access,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'drillmaster-ledger'",
        )
        until(ledger, lambda status: status.failed >= 2)
        POSTGRES.execute(postgres.access, "ALTER TABLE drillmaster.ledger ADD CONSTRAINT no CHECK (false) NOT VALID")
        until(ledger, lambda status: status.failed >= 10)
        POSTGRES.execute(postgres.access, "ALTER TABLE drillmaster.ledger DROP CONSTRAINT no")
        account = finish(ledger, tmp_path)
    assert_true_account(account)
    failures = {
        (Answer(write.answer), write.sqlstate) for write in writes(account) if write.answer != Answer.ACKNOWLEDGED
    }
    assert failures == {(Answer.IN_DOUBT, b"57P01"), (Answer.REFUSED, b"23514")}


def test_what_a_redis_rejects_is_refused_and_a_connection_that_broke_leaves_a_doubt(
    redis: LedgerServer, tmp_path: Path
) -> None:
    """Out of memory it runs no command; a client that it drops does not know what it ran."""
    with running(redis.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(10))
        REDIS.execute(redis.access, "CLIENT KILL TYPE normal")
        until(ledger, lambda status: status.failed >= 2)
        REDIS.execute(redis.access, "CONFIG SET maxmemory 1")
        until(ledger, lambda status: status.failed >= 10)
        REDIS.execute(redis.access, "CONFIG SET maxmemory 0")
        account = finish(ledger, tmp_path)
    assert_true_account(account)
    failed = [write for write in writes(account) if write.answer != Answer.ACKNOWLEDGED]
    assert {(Answer(write.answer), write.sqlstate.rstrip(b"\0")) for write in failed} == {
        (Answer.IN_DOUBT, b""),
        (Answer.REFUSED, b"OOM"),
    }


def test_a_list_that_is_gone_is_told_and_not_made_again(redis: LedgerServer, tmp_path: Path) -> None:
    """Writes are refused, and the read-back says so."""
    REDIS.execute(redis.access, "RENAME drillmaster:ledger drillmaster:elsewhere")
    try:
        with running(redis.settings(tmp_path)) as ledger:
            until(ledger, lambda status: status.failed > 3)
            ledger.stop()
            error = ledger.read_back()
            ledger.close()
    finally:
        REDIS.execute(redis.access, "RENAME drillmaster:elsewhere drillmaster:ledger")
    assert error == "the ledger's list is gone"
    assert {write.answer for write in writes(read(tmp_path))} == {Answer.REFUSED}


def test_an_emptied_table_fails_the_reader(server: LedgerServer, tmp_path: Path) -> None:
    """Rows were acknowledged, so an empty answer is a failure, though every write still succeeds."""
    with running(server.settings(tmp_path, writers=1, rate_per_s=1.0)) as ledger:
        until(ledger, acknowledges(1))
        server.empty()
        until(ledger, lambda status: status.failed > 0)
        ledger.stop()
        ledger.close()
    account = read(tmp_path)
    failed = {(one.action, one.answer) for one in account.attempts() if one.answer != Answer.ACKNOWLEDGED}
    assert failed == {(Action.READ, Answer.REFUSED)}
    assert account.closed.read_back_error == "never read back"


def test_a_table_that_is_gone_is_told_and_not_made_again(postgres: LedgerServer, tmp_path: Path) -> None:
    """Writes are refused, and the read-back gives the server's words."""
    POSTGRES.execute(postgres.access, "ALTER TABLE drillmaster.ledger RENAME TO elsewhere")
    try:
        with running(postgres.settings(tmp_path)) as ledger:
            until(ledger, lambda status: status.failed > 3)
            ledger.stop()
            error = ledger.read_back()
            ledger.close()
    finally:
        POSTGRES.execute(postgres.access, "ALTER TABLE drillmaster.elsewhere RENAME TO ledger")
    assert error == 'relation "drillmaster.ledger" does not exist 42P01'
    assert {(write.answer, write.sqlstate) for write in writes(read(tmp_path))} == {(Answer.REFUSED, b"42P01")}


def test_the_password_is_nowhere_but_in_memory(server: LedgerServer, tmp_path: Path) -> None:
    """Neither command line, environment nor any file has it, not even when the server refuses it; the log says why."""
    settings = replace(server.settings(tmp_path), password="planted-canary")
    with running(settings) as ledger:
        until(ledger, lambda status: status.failed > 3)
        process = Path(f"/proc/{ledger.pid}")
        exposed = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        ledger.stop()
        ledger.close()
    assert b"planted-canary" not in exposed + b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert {one.answer for one in read(tmp_path).attempts()} == {Answer.UNSENT}
    assert REFUSED_LOGIN[server.type] in (tmp_path / "ledger.log").read_text()


def test_the_ledger_ends_with_its_engine(postgres: LedgerServer, tmp_path: Path) -> None:
    """When stdin closes the process ends at once, not closed; every verb then says so and where to look."""
    with running(postgres.settings(tmp_path)) as ledger:
        until(ledger, acknowledges(10))
        ledger._stdin.close()
        ledger._process.wait(timeout=2)
        ledger._listener.join(timeout=2)
        for verb in (ledger.status, lambda: ledger.next_status(1.0), lambda: ledger.first_failure_after(0)):
            with pytest.raises(StepFailedError) as caught:
                verb()
            assert caught.value.message == "db: the ledger's process is gone"
            assert caught.value.hint == f"its own account is in {tmp_path / 'ledger.log'}"
    with pytest.raises(BrokenLedgerError):
        read(tmp_path)


def test_a_killed_ledger_is_gone_for_every_verb(postgres: LedgerServer, tmp_path: Path) -> None:
    """Commands to a dead process fail; killing it again does nothing."""
    with running(postgres.settings(tmp_path)) as ledger:
        ledger.kill()
        for verb in (ledger.stop, ledger.read_back, ledger.close):
            with pytest.raises(StepFailedError, match="the ledger's process is gone"):
                verb()


def test_a_ledger_that_cannot_start_is_no_ledger(postgres: LedgerServer, tmp_path: Path) -> None:
    """The folder holds another's account: the start fails, and the log says why."""
    (tmp_path / "attempts.bin").touch()
    with pytest.raises(StepFailedError, match="the ledger's process is gone"):
        LedgerProcesses().start(postgres.settings(tmp_path))
    assert "FileExistsError" in (tmp_path / "ledger.log").read_text()
