"""The check `references`: how two answers are compared. Its queries: tests/real/test_own_checks.py."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import FakeSoftware

from orchestrator.kinds.checks.references import References, values
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.core.software_port import Access


class TwoColumns(FakeSoftware):
    """Answers every query with two columns."""

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:  # noqa: ARG002
        """Return one row of them."""
        return [(1, 2)]


CHECK = References(service="cache", query="SMEMBERS accounts", to="db", to_query="SELECT id FROM account")


@pytest.mark.parametrize(
    ("wanted", "there", "state", "says"),
    [
        ({"1", "2"}, {"1", "2", "3"}, State.HELD, "all of the 2 values it refers to are in db"),
        ({"1", "4"}, {"1", "2", "3"}, State.VIOLATED, "1 of the 2 values it refers to are not in db"),
        (set(), {"1"}, State.VIOLATED, "it refers to 0 values; 1 at least were expected"),
        ({"1"}, set(), State.VIOLATED, "1 of the 1 values it refers to are not in db"),
    ],
)
def test_all_that_is_referred_to_must_be_there(wanted: set[str], there: set[str], state: State, says: str) -> None:
    """And something must refer: an empty cache points at nothing that is missing. No value is in the finding."""
    seen = {"referred_to": len(wanted), "missing": len(wanted - there), "there": len(there)}
    assert CHECK._compared(wanted, there) == Finding(name="references", state=state, says=f"cache: {says}", seen=seen)


def test_null_refers_to_nothing() -> None:
    """As in SQL: a job without an order misses none."""
    assert values([(1,), (None,), (b"2",), ("3",)]) == {"1", "2", "3"}


def test_a_query_of_two_columns_is_no_fault_of_the_data(lab: Lab) -> None:
    """It is one of the drill, so nothing is known."""
    lab.ports = replace(lab.ports, software={"postgres": TwoColumns()})
    check = References(service="db", query="SELECT 1, 2", to="db", to_query="SELECT 1")
    says = "db: the query returns more than one column, so nothing is compared: SELECT 1, 2"
    assert check.look(lab) == [Finding(name="references", state=State.UNKNOWN, says=says)]


def test_nothing_need_refer_where_the_drill_says_so() -> None:
    """`at_least: 0`: an empty queue is as good as a full one."""
    check = CHECK.model_copy(update={"at_least": 0})
    assert check._compared(set(), set()).state == State.HELD


def test_both_services_must_be_in_the_lab() -> None:
    """The loader asks for them."""
    assert CHECK.services() == ("cache", "db")


def test_a_service_that_is_not_there_gives_no_answer(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    check = References(service="db", query="SELECT 1", to="db", to_query="SELECT 1")
    says = "a query failed: db: its container is not running"
    assert check.look(lab) == [Finding(name="references", state=State.VIOLATED, says=says)]
