"""The check `postgres-restored`: what it makes of what was read. Its SQL: tests/real/test_existing_backups.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.kinds.checks.postgres_restored import PostgresRestored
from orchestrator.postgresql.counting import Table
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

FULL, EMPTY = Table("orders: public.orders", 8192, 7), Table("orders: public.items", 0, 0)


@pytest.mark.parametrize(
    ("found", "filled", "server", "state", "says"),
    [
        ([FULL, EMPTY], (), "1", State.HELD, "2 tables read to the last row: 7 rows, 8,192 bytes with indexes"),
        ([FULL], ("public.orders",), "1", State.HELD, "1 table read to the last row: 7 rows, 8,192 bytes with indexes"),
        ([EMPTY], (), "1", State.VIOLATED, "1 table, and not one row"),
        ([], (), "1", State.VIOLATED, "0 tables, and not one row"),
        ([FULL, EMPTY], ("public.items",), "1", State.VIOLATED, "no row in public.items, or no such table"),
        ([FULL], ("public.more",), "1", State.VIOLATED, "no row in public.more, or no such table"),
        ([FULL], (), "2", State.VIOLATED, "this is server 2, and the backup is of 1"),
    ],
)
def test_what_was_read_is_judged(  # noqa: PLR0913, PLR0917 - a table of cases
    lab: Lab, found: list[Table], filled: tuple[str, ...], server: str, state: State, says: str
) -> None:
    """Nothing but rows of the right server's tables is content."""
    lab.handed_back["existing"] = {"server": "1"}
    finding = PostgresRestored(service="db", filled=filled)._judged(lab, found, server)
    assert (finding.state, finding.says) == (state, f"db: {says}")


def test_a_server_that_is_not_there_holds_nothing(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    assert PostgresRestored(service="db").look(lab) == [
        Finding(name="postgres-restored", state=State.VIOLATED, says="db: its container is not running")
    ]
