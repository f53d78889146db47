"""MariaDB as a service: what is asked of it, how its ledger's client ends every attempt, and what of it is compared."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from time import monotonic_ns
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.content import differences
from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.files import DRILLS
from orchestrator.kinds.checks.mariadb_content import MariadbContent
from orchestrator.kinds.checks.mariadb_query import MariadbQuery
from orchestrator.ledger.clients import AttemptFailedError
from orchestrator.ledger.clients.mariadb import MariadbClient
from orchestrator.software.mariadb import LEDGER, Mariadb, open_session
from reports.facts.events import State
from reports.facts.ledger import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

MARIADB = Mariadb()
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one server with the small shop in it."""
    with postgres_lab(tmp_path_factory.mktemp("lab"), extends=DRILLS / "mariadb-crash.yaml") as lab:
        lab.sql("db", (DRILLS / "seeds" / "orders-mariadb.sql").read_text())
        yield lab


@contextmanager
def connected(lab: Lab) -> Iterator[MariadbClient]:
    """Yield a client with a connection to an empty ledger's table."""
    access = lab.access("db")
    lab.sql("db", f"DROP TABLE IF EXISTS drillmaster_ledger; {LEDGER}")
    client = MariadbClient(user=access.user, database=access.database, password=access.password)
    client.connect((access.host, access.port), within(1.0))
    try:
        yield client
    finally:
        client.close()
        lab.sql("db", "DROP TABLE drillmaster_ledger")


def within(seconds: float) -> int:
    """Return a deadline."""
    return monotonic_ns() + round(seconds * SECOND_NS)


def as_root(lab: Lab, statement: str) -> None:
    """Run a statement as whoever is root inside the container."""
    done = lab.execute("db", ["mariadb", f"--execute={statement}"])
    assert done.exit_code == 0, done.output


def refused(client: MariadbClient, seconds: float = 1.0) -> AttemptFailedError:
    """Return how a write failed."""
    with pytest.raises(AttemptFailedError) as caught:
        client.write(Row(0, 1, -5), within(seconds))
    return caught.value


def test_ready_is_who_takes_writes_on_the_data_of_before(lab: Lab) -> None:
    """A table without rows is a new server's; one that only reads is not ready, though it answers."""
    access = lab.access("db")
    MARIADB.probe(access, history=False)
    with pytest.raises(NotReadyError, match="not on the data of before: Table 'app"):
        MARIADB.probe(access, history=True)
    with connected(lab) as client:
        with pytest.raises(NotReadyError, match="not on the data of before: drillmaster_ledger is empty"):
            MARIADB.probe(access, history=True)
        client.write(Row(0, 1, -5), within(1.0))
        MARIADB.probe(access, history=True)
    as_root(lab, "SET GLOBAL read_only = 1")
    try:
        with pytest.raises(NotReadyError, match="it answers, but only reads"):
            MARIADB.probe(access, history=False)
    finally:
        as_root(lab, "SET GLOBAL read_only = 0")


def test_a_wrong_password_is_not_told(lab: Lab) -> None:
    """The message names the role."""
    with pytest.raises(NotReadyError) as caught:
        MARIADB.probe(replace(lab.access("db"), password="wrong-one"), history=False)
    assert caught.value.message.startswith("Access denied for user 'app'@")
    assert "wrong-one" not in caught.value.message


def test_what_is_asked_of_it(lab: Lab) -> None:
    """Version, settings, clock and statements; a statement ends at its time, and an error holds no value of a row."""
    access = lab.access("db")
    settings = MARIADB.settings(access)
    assert MARIADB.version(access).startswith("10.11.")
    assert {name: settings[name] for name in ("log_bin", "sync_binlog", "innodb_flush_log_at_trx_commit")} == {
        "log_bin": "ON",
        "sync_binlog": "1",
        "innodb_flush_log_at_trx_commit": "1",
    }
    assert not {"gtid_binlog_pos", "hostname"} & settings.keys()
    assert MARIADB.server_time(access).endswith("+00:00")
    assert MARIADB.execute(access, "SELECT 1; SELECT 2, 'x%s'") == [(2, "x%s")]
    with pytest.raises(StepTimedOutError):
        MARIADB.execute(access, "SELECT SLEEP(30)", timeout_s=0.3)
    with pytest.raises(StepFailedError) as caught:
        MARIADB.execute(access, "INSERT INTO customers (name) SELECT name FROM customers LIMIT 1")
    assert caught.value.message == "Duplicate entry '…' (1062)"


def test_every_attempt_ends_at_its_deadline(lab: Lab) -> None:
    """A server that says nothing leaves a doubt, to within a few milliseconds of the deadline."""
    with connected(lab) as client, open_session(lab.access("db"), 60.0) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES drillmaster_ledger WRITE")
        began = monotonic_ns()
        failure = refused(client, 0.3)
        took_s = (monotonic_ns() - began) / SECOND_NS
        cursor.execute("UNLOCK TABLES")
    assert (failure.says, failure.definite) == ("no answer within the deadline", False)
    assert 0.3 <= took_s < 0.35


def test_a_no_is_told_from_a_doubt(lab: Lab) -> None:
    """Read-only is the server's answer; a connection that somebody ended leaves open what became of the write."""
    with connected(lab) as client:
        as_root(lab, "SET GLOBAL read_only = 1")
        try:
            assert refused(client).definite
        finally:
            as_root(lab, "SET GLOBAL read_only = 0")
        as_root(lab, "KILL USER app")
        assert not refused(client).definite


def test_all_rows_are_read_back_from_the_table(lab: Lab) -> None:
    """What was written is what is read, in the order of the table."""
    rows = [Row(0, sequence, -(2**63) + sequence) for sequence in range(1, 101)]
    found: list[Row] = []
    with connected(lab) as client:
        for row in rows:
            client.write(row, within(1.0))
        client.read(within(1.0), expect_row=True)
        assert client.read_all(found.append, SECOND_NS) is None
    assert found == rows


@pytest.mark.parametrize(
    ("harm", "cure", "says"),
    [
        ("UPDATE orders SET amount = 5 WHERE number = 7", "", "app: changes has 1 rows, not 0"),
        ("DELETE FROM orders WHERE number = 9", "", "app: orders has 9999 rows, not 10000"),
        ("UPDATE customers SET credit = credit + 0.001 WHERE id = 3", "", "app: customers has other values in as many"),
        ("ALTER TABLE orders DROP KEY orders_by_state", "", "app: key orders_by_state of orders missing"),
        ("DROP VIEW turnover", "", "app: view turnover missing"),
        ("DROP TRIGGER orders_changed", "", "app: trigger orders_changed missing"),
        ("DROP EVENT forget_changes", "", "app: event forget_changes missing"),
        ("DROP PROCEDURE settle", "", "app: procedure settle missing"),
        ("ALTER SEQUENCE invoice_numbers RESTART 1000", "", "app: sequence invoice_numbers is behind by"),
        ("CREATE TABLE extra (id INT)", "DROP TABLE extra", "app: relation extra added"),
    ],
)
def test_what_is_not_as_it_was_is_told(lab: Lab, harm: str, cure: str, says: str) -> None:
    """Rows by value, all else by name; the sentence holds nothing of a row."""
    check = MariadbContent(service="db")
    before = check.take(lab)
    lab.sql("db", harm)
    after = check.take(lab)
    if cure:
        lab.sql("db", cure)
    assert before.errors == after.errors == []
    assert any(told.startswith(says) for told in differences(before, after)), list(differences(before, after))


def test_a_row_longer_than_a_packet_is_compared_by_value(lab: Lab) -> None:
    """As a whole it is longer than max_allowed_packet, which none of its values is."""
    check = MariadbContent(service="db")
    lab.sql("db", "CREATE TABLE pictures AS SELECT REPEAT('a', 9000000) AS small, REPEAT('b', 9000000) AS large")
    before = check.take(lab)
    lab.sql("db", "UPDATE pictures SET large = REPEAT('c', 9000000)")
    after = check.take(lab)
    lab.sql("db", "DROP TABLE pictures")
    assert list(differences(before, after)) == ["app: pictures has other values in as many rows (1)"]


def test_an_untouched_server_is_as_it_was(lab: Lab) -> None:
    """Reading twice finds no difference, and a query of one's own is answered."""
    check = MariadbContent(service="db")
    check.remember(lab)
    assert [finding.state for finding in check.look(lab)] == [State.HELD]
    query = MariadbQuery(service="db", query="SELECT COUNT(*) FROM customers", expect=1000)
    assert [finding.state for finding in query.look(lab)] == [State.HELD]
