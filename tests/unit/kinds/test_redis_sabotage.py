"""Sabotage of Redis: which drills each suits, and how it must be caught. What it does: tests/real/test_redis.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.files import DRILLS
from orchestrator.kinds.sabotage.alter_keys import AlterKeys
from orchestrator.kinds.sabotage.flip_rdb_byte import FlipRdbByte
from orchestrator.kinds.sabotage.stall_replica import StallReplica
from orchestrator.kinds.sabotage.stop_appending import StopAppending
from orchestrator.kinds.sabotage.swap_rdb import SwapRdb

if TYPE_CHECKING:
    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Sabotage

KINDS: tuple[type[Sabotage], ...] = (AlterKeys, FlipRdbByte, StallReplica, StopAppending, SwapRdb)
CONTENT = [("alter-keys: delete", "redis-content"), ("alter-keys: value", "redis-content")]
CONTENT += [("alter-keys: expiry", "redis-content")]


def drill(name: str) -> Drill:
    """Return a shipped drill."""
    return loader.load(DRILLS / f"{name}.yaml").drill


@pytest.mark.parametrize(
    ("name", "suited"),
    [
        (
            "redis-volume-loss",
            [*CONTENT, *[("flip-rdb-byte: cache", "recovery-step")] * 2, ("swap-rdb: cache", "recovery-step")],
        ),
        ("redis-kill", [*CONTENT, ("stop-appending: cache", "rpo")]),
        ("redis-fail-over-asynchronous", [("stall-replica: replica", "rpo")]),
        ("postgres-volume-loss", []),
    ],
)
def test_each_suits_the_drills_that_can_catch_it(name: str, suited: list[tuple[str, str]]) -> None:
    """A fault in a backup suits a drill that restores one, a missing tail one that starts from the files it is in."""
    yielded = [(one.title, expect.by[0]) for kind in KINDS for one, expect in kind.suited(drill(name))]
    assert yielded == suited


def test_files_end_a_little_earlier_than_the_rpo_allows() -> None:
    """Otherwise the loss would be within what was promised."""
    assert [one.ago for one, _ in StopAppending.suited(drill("redis-power-loss"))] == [4.0]


def test_keys_that_nothing_compares_are_not_altered() -> None:
    """It is a mistake in the drill, told before the run."""
    says = "no redis-content compares db, so what is done to it need not matter"
    assert [*AlterKeys(service="db", how="value").mistakes(drill("postgres-crash"))] == [("service", says)]


def test_a_replica_that_may_lack_more_than_time_passes_is_not_stalled() -> None:
    """The loss would be within what was promised."""
    shipped = drill("redis-fail-over-asynchronous")
    patient = shipped.model_copy(update={"objectives": shipped.objectives.model_copy(update={"rpo": 60.0})})
    assert [*StallReplica.suited(patient)] == []
