"""Which sabotage of standbys suits which drill, told by the drills that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core import loader
from orchestrator.kinds.sabotage.block_promotion import BlockPromotion
from orchestrator.kinds.sabotage.skip_fencing import SkipFencing
from orchestrator.kinds.sabotage.stall_standby import StallStandby

DRILLS = Path(__file__).parents[2] / "drills"
STALE = ("stall-standby", "standby", "rpo")
BLOCKED = ("block-promotion", "standby", "recovery-step")
UNFENCED = ("skip-fencing", "db", "no-split-brain")


@pytest.mark.parametrize(
    ("drill", "suited"),
    [
        ("postgres-fail-over-asynchronous", {STALE, BLOCKED}),
        ("postgres-fail-over-synchronous", {BLOCKED}),
        ("postgres-fail-over-half-dead", {STALE, UNFENCED}),
        ("postgres-fail-back", {STALE, BLOCKED}),
        ("postgres-volume-loss", set()),
        ("postgres-side-restore", set()),
    ],
)
def test_a_sabotage_suits_where_its_finding_must_catch_it(drill: str, suited: set[tuple[str, str, str]]) -> None:
    """A standby that every commit waits for is never stale; only a primary that lives needs a fence."""
    declared = loader.load(DRILLS / f"{drill}.yaml").drill
    found = {
        (sabotage.kind, *sabotage.services(), *expect.by)
        for kind in (StallStandby, BlockPromotion, SkipFencing)
        for sabotage, expect in kind.suited(declared)
    }
    assert found == suited
