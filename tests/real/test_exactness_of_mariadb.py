"""MariaDB's measures against independent observers: the wire, the surviving binlog, and a stopwatch."""

from __future__ import annotations

import sys
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from tests.real.oracle import binlog
from tests.real.test_exactness import SAME_OUTAGE_S, STOPWATCH_EACH_S, Oracle, check, compare, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.real.test_exactness import Comparison

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
TEMPLATES = {"volume-loss": VOLUME_LOSS, "kill": KILL, "lazy-kill": LAZY_KILL}


def by_binlog(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the surviving binlog commits a write."""
    committed = binlog.committed(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in committed


MARIADB = Oracle("db", "oracle.mariadb_proxy", "oracle.mariadb_stopwatch", by_binlog)


def runs(number: int, folder: Path) -> list[Comparison]:
    """Run so many disasters, one kind after the other."""
    rows = []
    for index, (kind, template) in zip(range(number), cycle(TEMPLATES.items()), strict=False):
        (folder / str(index)).mkdir()
        rows.append(compare(kind, MARIADB, template, folder / str(index)))
    return rows


def test_every_write_to_mariadb_is_classed_as_the_oracle_does(tmp_path: Path) -> None:
    """One disaster: classes equal the oracle's; the stopwatch saw the same outage."""
    check(runs(1, tmp_path), SAME_OUTAGE_S)


@pytest.mark.acceptance
def test_thirty_disasters_of_mariadb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Thirty runs: not one write classed otherwise than by the oracle, and every class occurs."""
    rows = runs(30, tmp_path)
    with capsys.disabled():
        sys.stdout.write("\n" + table(rows) + "\n")
    check(rows, STOPWATCH_EACH_S)
    assert {name for row in rows for name in row.counts} == {"kept", "lost", "in doubt"}
