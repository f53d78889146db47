"""Damage through SQL, on a real server: confirmed by what changed, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.disasters.damage_sql import DamageSql
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

GONE = "SELECT to_regclass('orders') IS NULL"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file: damage leaves its server standing."""
    with postgres_lab(tmp_path_factory.mktemp("damage")) as lab:
        yield lab


@pytest.fixture
def lab(standing: Lab) -> Lab:
    """Return the lab with a whole table `orders`."""
    standing.sql("db", "DROP TABLE IF EXISTS orders; CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
    return standing


def test_damage_is_confirmed_by_what_changed(lab: Lab) -> None:
    """False before, true after, and the server stays up."""
    disaster = damage("DROP TABLE orders")
    disaster.inject(lab)
    assert disaster.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: what confirms the damage was false before it and is true after it",
        seen={"before": False, "after": True},
    )
    assert lab.is_running("db")


def test_damage_that_missed_is_not_confirmed(lab: Lab) -> None:
    """The statement succeeded and hit nothing."""
    disaster = damage("DROP TABLE IF EXISTS oders")
    disaster.inject(lab)
    assert disaster.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.VIOLATED,
        says="db: what confirms the damage is not true after it",
        seen={"before": False, "after": False},
    )


def test_damage_that_was_there_before_is_not_confirmed(lab: Lab) -> None:
    """A query that was true before the disaster shows nothing of it."""
    lab.sql("db", "DROP TABLE orders")
    disaster = damage("DROP TABLE IF EXISTS orders")
    disaster.inject(lab)
    assert disaster.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.VIOLATED,
        says="db: what confirms the damage was true before it, so nothing shows that it was done",
        seen={"before": True, "after": True},
    )


def test_damage_is_not_done_when_it_cannot_be_confirmed(lab: Lab) -> None:
    """A confirming query that answers no boolean is told before anything is destroyed."""
    with pytest.raises(StepFailedError) as caught:
        damage("DROP TABLE orders", "SELECT count(*) FROM orders").inject(lab)
    assert caught.value.message == "the confirming query returned no single boolean: SELECT count(*) FROM orders"
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_a_count_is_no_confirmation(lab: Lab) -> None:
    """Not even where it is 1, which is true to some."""
    with pytest.raises(StepFailedError) as caught:
        damage("DROP TABLE orders", "SELECT 1").inject(lab)
    assert caught.value.message == "the confirming query returned no single boolean: SELECT 1"


def test_damage_that_hides_its_own_confirmation_is_unknown(lab: Lab) -> None:
    """A query that fails afterwards tells neither way."""
    disaster = damage("DROP TABLE orders", "SELECT count(*) = 0 FROM orders")
    disaster.inject(lab)
    finding = disaster.confirm(lab)
    assert finding.state == State.UNKNOWN
    assert finding.says == 'db: cannot tell: relation "orders" does not exist (SQLSTATE 42P01)'


def test_damage_the_server_refuses_fails(lab: Lab) -> None:
    """With the server's own message."""
    with pytest.raises(StepFailedError) as caught:
        damage("DROP TABLE oders").inject(lab)
    assert caught.value.message == 'table "oders" does not exist (SQLSTATE 42P01)'


def damage(statement: str, question: str = GONE) -> DamageSql:
    """Return damage to `db`."""
    return DamageSql.model_validate({"service": "db", "run": statement, "confirm": question})
