"""PostgreSQL's and the files' measures against independent observers: see exactness.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exactness import Disasters, Oracle, one_of_each, thirty

from tests.real.oracle import file_tree, wal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.alone

COMMON = """
objectives: {{rto: 2m, rpo: 5m}}
prepare: [command: {{service: db, as: postgres, run: pgbench -i -q -s 1}}]
lab: {{endpoints: {{app: {{service: db, via: "127.0.0.1:{port}"}}}}}}
checks: [postgres-content: db]
"""
VOLUME_LOSS = "extends: {drills}/postgres-volume-loss.yaml\nsteady: {{for: 3s, jitter: 4s}}" + COMMON
KILL = (
    "extends: {drills}/postgres-crash.yaml\nsteady: {{for: 1s, jitter: 2s}}\n"
    "workload: [ledger: {{service: db, writers: 4, rate: 1000/s}}]" + COMMON
)
LAZY_KILL = KILL.replace("lab: {{", "lab: {{services: {{db: {{settings: {{synchronous_commit: false}}}}}}, ")
FILES_LOSS = """
extends: {drills}/files-volume-loss.yaml
objectives: {{rto: 2m, rpo: 5m}}
steady: {{for: 2s, jitter: 5s}}
lab: {{endpoints: {{app: {{service: files, via: "127.0.0.1:{port}"}}}}}}
"""
FILES_KILL = FILES_LOSS + "disaster: [kill-service: files]\nrecover: [start: files]\n"


def by_wal(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a write's transaction was committed before it was acknowledged."""
    committed = wal.committed(container)
    return lambda passed: committed.get(passed["xid"], float("inf")) <= passed["at"]


def by_files(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a write's file is there with the content that was sent."""
    present = file_tree.present(container)
    return lambda passed: present.get((passed["writer"], passed["sequence"])) == passed["body"]


POSTGRES = Oracle("proxy", "postgres", ("db",), by_wal)
FILES = Oracle("http_proxy", "files", ("files",), by_files)
OF_POSTGRES: Disasters = {
    "volume-loss": (POSTGRES, VOLUME_LOSS),
    "kill": (POSTGRES, KILL),
    "lazy-kill": (POSTGRES, LAZY_KILL),
}
OF_FILES: Disasters = {"files-loss": (FILES, FILES_LOSS), "files-kill": (FILES, FILES_KILL)}


def test_every_write_is_classed_as_the_oracle_does(tmp_path: Path) -> None:
    """One disaster each: classes equal the oracle's; the stopwatch saw the same outage."""
    one_of_each({"volume-loss": OF_POSTGRES["volume-loss"], "files-loss": OF_FILES["files-loss"]}, tmp_path)


@pytest.mark.acceptance
@pytest.mark.parametrize("disasters", [OF_POSTGRES, OF_FILES], ids=["postgres", "files"])
def test_thirty_disasters_at_random_instants(disasters: Disasters, tmp_path: Path) -> None:
    """Thirty runs: not one write classed otherwise than by the oracle; every class occurs; median apart <= 50 ms."""
    thirty(disasters, tmp_path)
