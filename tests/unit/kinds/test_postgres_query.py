"""The check `postgres-query`. Its comparisons: tests/real/test_checks.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_query import PostgresQuery
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

CHECK = PostgresQuery(service="db", query="SELECT true")


def test_a_server_that_is_not_there_gives_no_answer(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt; and as a `detect:` check, what notices it."""
    lab.kill("db")
    says = "db: the query failed: db: its container is not running: SELECT true"
    assert CHECK.look(lab) == [Finding(name="postgres-query", state=State.VIOLATED, says=says)]
