"""MariaDB's measures against independent observers: the wire, the surviving binlog, and a stopwatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exactness import Disasters, Oracle, one_of_each, thirty

from tests.real.oracle import binlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.alone

COMMON = """
objectives: {{rto: 2m, rpo: 5m}}
lab: {{endpoints: {{app: {{service: db, via: "127.0.0.1:{port}"}}}}}}
checks: [mariadb-content: {{service: db, exclude: [app.changes]}}]
"""
VOLUME_LOSS = (
    "extends: {drills}/mariadb-volume-loss.yaml\nsteady: {{for: 2s, jitter: 3s}}\n"
    "workload: [ledger: {{service: db, writers: 8, rate: 500/s}}]" + COMMON
)
KILL = "extends: {drills}/mariadb-crash.yaml\nsteady: {{for: 1s, jitter: 2s}}" + COMMON
# One writer: of several, any could be the one whose commit the engine's log just holds.
LAZY_KILL = (
    KILL.replace(
        "lab: {{", "lab: {{services: {{db: {{settings: {{innodb_flush_log_at_trx_commit: 0, sync_binlog: 0}}}}}}, "
    )
    + "workload: [ledger: {{service: db, writers: 1, rate: 100/s}}]\n"
)


def by_binlog(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the surviving binlog commits a write."""
    committed = binlog.committed(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in committed


MARIADB = Oracle("mariadb_proxy", "mariadb", ("db",), by_binlog)
OF_MARIADB: Disasters = {
    "volume-loss": (MARIADB, VOLUME_LOSS),
    "kill": (MARIADB, KILL),
    "lazy-kill": (MARIADB, LAZY_KILL),
}


@pytest.mark.acceptance
def test_every_write_to_mariadb_is_classed_as_the_oracle_does(tmp_path: Path) -> None:
    """One disaster: classes equal the oracle's; the stopwatch saw the same outage."""
    one_of_each({"volume-loss": OF_MARIADB["volume-loss"]}, tmp_path)


@pytest.mark.acceptance
def test_thirty_disasters_of_mariadb(tmp_path: Path) -> None:
    """Thirty runs: not one write classed otherwise than by the oracle, and every class occurs."""
    thirty(OF_MARIADB, tmp_path)
