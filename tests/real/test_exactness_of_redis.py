"""Redis's measures against independent observers: the wire, the surviving files, and a stopwatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exactness import Disasters, Oracle, one_of_each, thirty

from tests.real.oracle import redis_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

pytestmark = pytest.mark.alone

LOSS = """
extends: {drills}/redis-volume-loss.yaml
objectives: {{rto: 2m, rpo: 5m}}
steady: {{for: 1s, jitter: 2s}}
workload: [ledger: {{service: cache, writers: 4, rate: 500/s}}]
lab: {{endpoints: {{app: {{service: cache, via: "127.0.0.1:{port}"}}}}}}
checks: [redis-content: cache]
"""
KILL = LOSS.replace("redis-volume-loss", "redis-kill")
POWER_LOSS = LOSS.replace("redis-volume-loss", "redis-power-loss")


def by_snapshot(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the newest backup's snapshot holds a write."""
    saved = redis_files.saved(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in saved


def by_append_only_files(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the append-only files hold a write."""
    appended = redis_files.appended(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in appended


SAVED = Oracle("redis_proxy", "redis", ("cache",), by_snapshot)
APPENDED = Oracle("redis_proxy", "redis", ("cache",), by_append_only_files)
OF_REDIS: Disasters = {
    "volume-loss": (SAVED, LOSS),
    "kill": (APPENDED, KILL),
    "power-loss": (APPENDED, POWER_LOSS),
}


@pytest.mark.acceptance
def test_every_write_to_redis_is_classed_as_the_oracle_does(tmp_path: Path) -> None:
    """One disaster: classes equal the oracle's; the stopwatch saw the same outage."""
    one_of_each({"power-loss": OF_REDIS["power-loss"]}, tmp_path)


@pytest.mark.acceptance
def test_thirty_disasters_of_redis(tmp_path: Path) -> None:
    """Thirty runs: not one write classed otherwise than by the oracle, and every class occurs."""
    thirty(OF_REDIS, tmp_path)
