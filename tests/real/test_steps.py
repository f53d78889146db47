"""The steps that act inside a service, on a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.kinds.steps.command import Command
from orchestrator.kinds.steps.sql import Sql
from orchestrator.kinds.workloads.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file; none of them harms it."""
    with postgres_lab(tmp_path_factory.mktemp("steps")) as lab:
        yield lab


def command(**settings: object) -> Command:
    """Return a command on `db`."""
    return Command.model_validate({"service": "db", **settings})


def sql(**settings: object) -> Sql:
    """Return SQL on `db`."""
    return Sql.model_validate({"service": "db", **settings})


def test_a_command_runs_in_a_shell_as_the_named_user(lab: Lab) -> None:
    """Pipes and variables work; without a user it is the image's own."""
    assert command(run='test "$(id -un)" = postgres', **{"as": "postgres"}).run(lab) == "ended with exit code 0 in db"
    assert command(run='test "$(id -un)" = root | cat').run(lab) == "ended with exit code 0 in db"


def test_a_command_that_fails_tells_its_last_words_without_secrets(lab: Lab) -> None:
    """Of what it printed the last three lines are told; the run's secrets are taken out."""
    with pytest.raises(StepFailedError) as caught:
        command(run="seq 9; cat /run/secrets/postgres_password; exit 3").run(lab)
    assert caught.value.message == "db: exit code 3: 8 | 9 | [redacted]"


def test_a_command_that_hangs_times_out(lab: Lab) -> None:
    """It is killed inside, too."""
    with pytest.raises(StepTimedOutError):
        command(run="sleep 30", timeout="1s", **{"as": "postgres"}).run(lab)
    assert command(run="! cat /proc/[0-9]*/comm | grep -x sleep").run(lab) == "ended with exit code 0 in db"


def test_sql_runs_in_the_services_database_or_the_one_named(lab: Lab) -> None:
    """How many rows came back is told, never the rows."""
    assert sql(run="CREATE DATABASE other").run(lab) == "rows returned by db: 0"
    assert sql(run="CREATE TABLE here (id int)", database="other").run(lab) == "rows returned by db: 0"
    assert sql(run="SELECT count(*) FROM here", database="other").run(lab) == "rows returned by db: 1"


def test_sql_that_fails_fails_the_step(lab: Lab) -> None:
    """With the server's message and SQLSTATE."""
    with pytest.raises(StepFailedError) as caught:
        sql(run="SELECT 1/0").run(lab)
    assert caught.value.message == "division by zero (SQLSTATE 22012)"


def test_sql_that_takes_too_long_times_out(lab: Lab) -> None:
    """The step's timeout is the statement's."""
    with pytest.raises(StepTimedOutError):
        sql(run="SELECT pg_sleep(30)", timeout="300ms").run(lab)


def test_the_ledgers_table_takes_a_write_twice(lab: Lab) -> None:
    """A write that was applied twice must show, so nothing in the table may forbid it."""
    Ledger(service="db").prepare(lab)
    lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 1, 5), (1, 1, 5)")
    assert lab.sql("db", "SELECT * FROM drillmaster.ledger") == [(1, 1, 5), (1, 1, 5)]
