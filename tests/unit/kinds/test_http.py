"""The check `http`: how an answer is judged. How it is asked for: tests/real/test_own_checks.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.kinds.checks.http import Http
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


@pytest.mark.parametrize(
    ("settings", "status", "state", "says"),
    [
        ({}, 200, State.HELD, "answered 200, as expected"),
        ({}, 301, State.VIOLATED, "answered 301, not 200"),
        ({"status": 503}, 503, State.HELD, "answered 503, as expected"),
        ({"body": "^all"}, 200, State.HELD, "answered 200, as expected"),
        ({"body": "none"}, 200, State.VIOLATED, "its body does not match 'none'"),
    ],
)
def test_status_and_body_are_compared(settings: dict[str, object], status: int, state: State, says: str) -> None:
    """What the body held stays out of the evidence, its size does not."""
    check = Http.model_validate({"service": "db", "path": "/health", **settings})
    assert check._judged(status, b"all \xff") == Finding(
        name="http", state=state, says=f"db: {says}: port 80, /health", seen={"status": status, "bytes": 5}
    )


def test_a_service_that_is_not_there_answers_nothing(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    says = "db: its container is not running: port 80, /"
    assert Http(service="db").look(lab) == [Finding(name="http", state=State.VIOLATED, says=says)]
