"""The check `postgres-query`: how an answer is judged. Its SQL: tests/real/test_own_checks.py."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.kinds.checks.postgres_query import PostgresQuery
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

CHECK = PostgresQuery(service="db", query="SELECT true")


def query(**settings: object) -> PostgresQuery:
    """Return a check with these settings."""
    return PostgresQuery.model_validate({"service": "db", "query": "SELECT 1", **settings})


@pytest.mark.parametrize(
    ("settings", "value", "state", "says"),
    [
        ({}, True, State.HELD, "the expected one"),
        ({}, False, State.VIOLATED, "not the expected one"),
        ({}, 1, State.VIOLATED, "not the expected one"),
        ({"expect": False}, False, State.HELD, "the expected one"),
        ({"expect": 1000}, 1000, State.HELD, "the expected one"),
        ({"expect": "1.50"}, Decimal("1.50"), State.HELD, "the expected one"),
        ({"expect": "1.5"}, Decimal("1.50"), State.VIOLATED, "not the expected one"),
        ({"expect": 1}, None, State.VIOLATED, "not the expected one"),
        ({"at_least": 5}, 5, State.HELD, "at least 5"),
        ({"at_least": 5}, 4, State.VIOLATED, "not at least 5"),
        ({"at_least": 0.1}, Decimal("0.1"), State.VIOLATED, "not at least 0.1"),
        ({"at_least": 0}, float("inf"), State.HELD, "at least 0"),
        ({"at_most": 5}, Decimal("5.0"), State.HELD, "at most 5"),
        ({"at_most": 5}, 6, State.VIOLATED, "not at most 5"),
        ({"at_least": 1, "at_most": 2}, 3, State.VIOLATED, "not at least 1 and at most 2"),
        ({"at_least": 1, "at_most": 2}, 2, State.HELD, "at least 1 and at most 2"),
        ({"at_least": 0}, Decimal("NaN"), State.VIOLATED, "no number"),
        ({"at_least": 0}, None, State.VIOLATED, "no number"),
        ({"at_least": 0}, True, State.VIOLATED, "no number"),
        ({"at_least": 0}, "7", State.VIOLATED, "no number"),
    ],
)
def test_a_value_is_compared_as_asked_for(settings: dict[str, object], value: object, state: State, says: str) -> None:
    """As text with what is expected, as a number with bounds; the value itself stays out of the evidence."""
    assert query(**settings)._valued([(value,)]) == Finding(
        name="postgres-query", state=state, says=f"db: the query's value is {says}: SELECT 1"
    )


@pytest.mark.parametrize("settings", [{"expect": 1, "at_least": 1}, {"at_most": 1, "compare": "before"}])
def test_two_expectations_are_refused(settings: dict[str, object]) -> None:
    """It would not be known which of them counts."""
    with pytest.raises(ValidationError, match="give one of expect, at_least and at_most, or compare"):
        query(**settings)


def test_an_answer_is_waited_for_as_long_as_the_drill_says(lab: Lab, world: World) -> None:
    """A large table takes its time."""
    query(within="10m").look(lab)
    CHECK.look(lab)
    assert world.software.waited == [600.0, 60.0]


def test_a_server_that_is_not_there_gives_no_answer(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt; and as a `detect:` check, what notices it."""
    lab.kill("db")
    says = "db: the query failed: db: its container is not running: SELECT true"
    assert CHECK.look(lab) == [Finding(name="postgres-query", state=State.VIOLATED, says=says)]
