"""The check `mariadb-check` (orchestrator.kinds.checks.mariadb_check) without a server.

What it finds: drills/sabotaged/mariadb-index-rotten.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.mariadb_check import MariadbCheck
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


def test_a_server_that_is_gone_is_not_sound(lab: Lab) -> None:
    """What cannot be asked is violated, for the recovery was to bring it back."""
    lab.kill("db")
    says = "db: its container is not running"
    assert MariadbCheck(service="db").look(lab) == [Finding(name="mariadb-check", state=State.VIOLATED, says=says)]
