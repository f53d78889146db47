"""The check `postgres-writable`. Its SQL: tests/real/test_checks.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_writable import PostgresWritable
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


def test_a_server_that_is_not_there_is_not_writable(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    assert PostgresWritable(service="db").look(lab) == [
        Finding(name="postgres-writable", state=State.VIOLATED, says="db: its container is not running")
    ]
