"""The sabotage `truncate-backup`: where it can matter. What it does: tests/real/test_sabotage_of_base_backups.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.truncate_backup import TruncateBackup

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

TRUNCATE = TruncateBackup(service="db", relation="public.orders")


def test_it_needs_a_check_that_compares_the_table(lab: Lab) -> None:
    """Else nothing need be wrong with what is restored."""
    drill = lab.loaded.drill
    says = "no postgres-content of db compares it, so what is done to it need not matter"
    assert list(TRUNCATE.mistakes(drill)) == [("relation", says)]
    compared = drill.model_copy(update={"checks": [PostgresContent(service="db")]})
    assert list(TRUNCATE.mistakes(compared)) == []
