"""Sabotage of PostgreSQL's tables: what is refused when the drill is read. The faults: tests/real/test_sabotage.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.alter_rows import AlterRows
from orchestrator.kinds.sabotage.corrupt_page import CorruptPage
from orchestrator.kinds.sabotage.lose_object import LoseObject
from orchestrator.kinds.sabotage.lose_table_file import LoseTableFile
from orchestrator.kinds.sabotage.stale_index import StaleIndex

if TYPE_CHECKING:
    from orchestrator.core.kind import Sabotage
    from orchestrator.core.lab import Lab

WHOLE = (
    AlterRows(service="db"),
    CorruptPage(service="db"),
    LoseObject(service="db", what="index"),
    LoseTableFile(service="db"),
    StaleIndex(service="db"),
)
CHOSEN = (
    AlterRows(service="db", table="public.orders"),
    CorruptPage(service="db", table="public.orders"),
    LoseTableFile(service="db", table="public.orders"),
    StaleIndex(service="db", index="public.orders_pkey"),
)


@pytest.mark.parametrize("sabotage", WHOLE)
def test_what_nothing_compares_cannot_be_chosen_from(lab: Lab, sabotage: Sabotage) -> None:
    """It is told before anything is built, not once everything is lost and recovered."""
    says = "no postgres-content of db compares it, so what is done to it need not matter"
    drill = lab.loaded.drill
    assert list(sabotage.mistakes(drill)) == [("service", says)]
    assert list(sabotage.mistakes(drill.model_copy(update={"checks": [PostgresContent(service="db")]}))) == []


@pytest.mark.parametrize("sabotage", CHOSEN)
def test_what_the_drill_names_is_harmed_whoever_looks_at_it(lab: Lab, sabotage: Sabotage) -> None:
    """A check of one's own may be the one to notice."""
    assert list(sabotage.mistakes(lab.loaded.drill)) == []
