"""Checks of one's own, on real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.kinds.checks.command_succeeds import CommandSucceeds
from orchestrator.kinds.checks.http import Http
from orchestrator.kinds.checks.postgres_query import PostgresQuery
from orchestrator.kinds.checks.references import References
from orchestrator.kinds.checks.service_ready import ServiceReady
from orchestrator.kinds.sabotage.spoil_command import SpoilCommand
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

WEB = "mkdir /tmp/web && echo all well > /tmp/web/health && cd /tmp/web && python3 -m http.server 8080 >/tmp/log 2>&1 &"
ALL = "SELECT * FROM prices"
PRICES = (
    "DROP TABLE IF EXISTS prices; CREATE TABLE prices AS SELECT n, n / 4.0 AS price FROM generate_series(1, 8) AS n"
)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file; a web server runs beside its database."""
    with postgres_lab(tmp_path_factory.mktemp("own")) as lab:
        lab.execute("db", ["sh", "-c", WEB])
        yield lab


@pytest.fixture
def lab(standing: Lab) -> Lab:
    """Return the lab with its prices."""
    standing.sql("db", PRICES)
    return standing


def compared(query: str) -> PostgresQuery:
    """Return a check that compares with before."""
    return PostgresQuery(service="db", query=query, compare="before")


@pytest.mark.parametrize(
    ("change", "state", "says"),
    [
        ("UPDATE prices SET price = price WHERE n = 1", State.HELD, "the 8 rows are those of before"),
        ("UPDATE prices SET price = 0.250 WHERE n = 1", State.VIOLATED, "the 8 rows are not those of before"),
        ("DELETE FROM prices WHERE n = 1", State.VIOLATED, "7 rows, not 8 as before"),
        (
            "DROP TABLE prices",
            State.VIOLATED,
            'the query failed: relation "prices" does not exist (SQLSTATE 42P01)',
        ),
    ],
)
def test_an_answer_is_compared_with_that_of_before(lab: Lab, change: str, state: State, says: str) -> None:
    """In any order of rows, which an update changes; of the rows, evidence holds a count and a digest."""
    check = compared(ALL)
    check.remember(lab)
    lab.sql("db", change)
    [finding] = check.look(lab)
    assert (finding.state, finding.says) == (state, f"db: {says}: {ALL}")
    assert set(finding.seen) <= {"before", "now"}
    assert {key for seen in finding.seen.values() for key in seen} <= {"rows", "sha256"}


def test_answers_of_two_checks_are_kept_apart(lab: Lab) -> None:
    """Each is compared with its own."""
    checks = [compared("SELECT 1"), compared("SELECT 2"), compared("SELECT 3")]
    for check in checks[:2]:
        check.remember(lab)
    states = [finding.state for check in checks for finding in check.look(lab)]
    assert states == [State.HELD, State.HELD, State.UNKNOWN]


def test_a_ready_server_is_told_with_its_version(lab: Lab) -> None:
    """By the login of the application's role."""
    version = lab.software("db").version(lab.access("db"))
    assert ServiceReady(service="db", version="15").look(lab) == [
        Finding(name="service-ready", state=State.HELD, says=f"db: ready, version {version}", seen={"version": version})
    ]


def test_a_server_that_only_reads_is_not_ready(lab: Lab) -> None:
    """Whatever else it answers."""
    lab.sql("db", "ALTER ROLE postgres SET default_transaction_read_only = on")
    [finding] = ServiceReady(service="db", within="300ms").look(lab)
    lab.sql("db", "SET TRANSACTION READ WRITE; ALTER ROLE postgres RESET default_transaction_read_only")
    says = "db: not ready within 0.3 s: it answers, but only reads: transaction_read_only is on"
    assert (finding.state, finding.says) == (State.VIOLATED, says)


def test_a_command_is_run_as_asked_for(lab: Lab) -> None:
    """As the user named, and no longer than allowed."""
    settings = {"service": "db", "run": "whoami; sleep 0.3", "as": "postgres", "prints": "^postgres$"}
    states = [
        CommandSucceeds.model_validate({**settings, "within": within}).look(lab)[0].state for within in ("5s", "100ms")
    ]
    assert states == [State.HELD, State.VIOLATED]


@pytest.mark.parametrize(
    ("settings", "state", "says"),
    [
        ({"path": "/health", "body": "^all well$"}, State.HELD, "answered 200, as expected"),
        ({"path": "/gone"}, State.VIOLATED, "answered 404, not 200"),
        ({"port": 8081}, State.VIOLATED, "no answer: Connection refused"),
        ({"port": 5432}, State.VIOLATED, "the answer is no HTTP: RemoteDisconnected"),
    ],
)
def test_a_page_is_asked_for_at_the_service(lab: Lab, settings: dict[str, object], state: State, says: str) -> None:
    """At its own address, which the lab's network alone knows."""
    check = Http.model_validate({"service": "db", "port": 8080, **settings})
    [finding] = check.look(lab)
    assert (finding.state, finding.says) == (state, f"db: {says}: port {check.port}, {check.path}")


def test_a_fault_by_command_is_caught_by_the_check_it_is_for(lab: Lab) -> None:
    """The page is there before, and not after."""
    check = Http(service="db", port=8080, path="/page")
    lab.execute("db", ["touch", "/tmp/web/page"])  # noqa: S108 - in the container
    before = check.look(lab)[0].state
    fault = SpoilCommand.model_validate(
        {"service": "db", "run": "rm /tmp/web/page", "confirm": "test ! -e /tmp/web/page"}
    )
    assert (before, fault.spoil(lab).state, check.look(lab)[0].state) == (State.HELD, State.HELD, State.VIOLATED)


@pytest.mark.parametrize(
    ("query", "to_query", "state", "says"),
    [
        ("SELECT n FROM prices WHERE n < 4", "SELECT n::text FROM prices", State.HELD, "all of the 3 values"),
        ("SELECT n FROM prices", "SELECT n FROM prices WHERE n <> 2", State.VIOLATED, "1 of the 8 values"),
        ("SELECT n, price FROM prices", "SELECT n FROM prices", State.UNKNOWN, "db: the query returns more than one"),
    ],
)
def test_what_is_referred_to_is_looked_for(lab: Lab, query: str, to_query: str, state: State, says: str) -> None:
    """Values are compared as text, whatever their types, and one column is asked for."""
    [finding] = References(service="db", query=query, to="db", to_query=to_query).look(lab)
    assert (finding.state, says in finding.says) == (state, True), finding.says
