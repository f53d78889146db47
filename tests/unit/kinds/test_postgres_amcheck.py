"""The check `postgres-amcheck`: how what it saw is judged. Its SQL: tests/real/test_checks.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_amcheck import PostgresAmcheck
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

CHECK = PostgresAmcheck(service="db")


def test_sound_relations_are_counted() -> None:
    """The number says how much was verified."""
    assert CHECK._judged({"shop: public.a": [], "shop: public.a_pkey": []}) == Finding(
        name="postgres-amcheck",
        state=State.HELD,
        says="db: 2 tables and indexes verified",
        seen={"relations": 2, "problems": []},
    )


def test_damaged_relations_are_named() -> None:
    """Relations are counted once, however many problems each has."""
    assert CHECK._judged({"shop: public.a": ["torn", "stale"], "shop: public.a_pkey": []}) == Finding(
        name="postgres-amcheck",
        state=State.VIOLATED,
        says="db: 1 of 2 relations are damaged: shop: public.a: torn",
        seen={"relations": 2, "problems": ["shop: public.a: torn", "shop: public.a: stale"]},
    )


def test_nothing_verified_is_unknown() -> None:
    """A check that looked at nothing found nothing."""
    assert CHECK._judged({}) == Finding(
        name="postgres-amcheck",
        state=State.UNKNOWN,
        says="db: there was no relation to verify",
        seen={"relations": 0, "problems": []},
    )


def test_a_server_that_is_not_there_is_not_sound(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    assert CHECK.look(lab) == [
        Finding(name="postgres-amcheck", state=State.VIOLATED, says="db: its container is not running")
    ]
