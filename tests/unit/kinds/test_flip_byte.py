"""The sabotage `flip-byte`: where it can matter. What it does: tests/real/test_sabotage.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.flip_byte import FlipByte

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

FLIP = FlipByte.model_validate({"service": "db", "in": "backup", "relation": "public.orders"})


def test_it_needs_a_check_that_compares_the_table(lab: Lab) -> None:
    """Else the flipped byte need not matter."""
    drill = lab.loaded.drill
    says = "no postgres-content of db compares it, so what is done to it need not matter"
    assert list(FLIP.mistakes(drill)) == [("relation", says)]
    compared = drill.model_copy(update={"checks": [PostgresContent(service="db")]})
    assert list(FLIP.mistakes(compared)) == []
