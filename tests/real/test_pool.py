"""PgBouncer in front of a PostgreSQL: to its clients the server itself, also after that was recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import NotReadyError
from orchestrator.software.pgbouncer import Pgbouncer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.lab import Lab

OVER = """
lab:
  services:
    pool: {type: pgbouncer, image: "drillmaster/pgbouncer:1", uses: [db], settings: {max_client_conn: 50}}
"""
POOL = Pgbouncer()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab of a server and its pool."""
    with postgres_lab(tmp_path, OVER) as lab:
        yield lab


def test_a_pool_is_as_ready_as_the_server_behind_it(lab: Lab) -> None:
    """It tells its own version and settings, and the server's data; sessions leave nothing behind for the next."""
    access = lab.access("pool")
    POOL.prepare_ledger(access)
    lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 1, 1)")
    POOL.probe(access, history=True)
    assert POOL.version(access).startswith("1.")
    assert POOL.settings(access)["max_client_conn"] == "50"
    assert POOL.bounding_settings(access)["pool_mode"] == "session"
    assert POOL.execute(access, "SET statement_timeout = 7; SHOW statement_timeout") == [("7ms",)]
    assert POOL.execute(access, "SHOW statement_timeout") == [("0",)]
    lab.kill("db")
    with pytest.raises(NotReadyError):
        POOL.probe(access, history=True)
    lab.start("db", 20)
    lab.wait_ready("pool", 30, history=True)
