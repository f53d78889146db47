"""The sabotage `undershoot-target`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.procedures import playbook_facts
from orchestrator.kinds.sabotage.undershoot_target import UndershootTarget
from reports.facts.events import Finding, State, TargetSet

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.fixture
def written(lab: Lab, world: World) -> Lab:
    """Return the lab after 10 s of writes, with a recovery target of a second ago; the RPO is 1 s."""
    lab.ledger = lab.loaded.drill.workload[0].start(lab)
    world.clock.sleep(10)
    now = world.clock.monotonic_ns()
    lab.target = TargetSet(
        mode="time", server_time="2026-01-01T00:01:00.250000+00:00", monotonic_ns=now - 10**9, bound_ns=1_000
    )
    return lab


def test_playbooks_get_an_earlier_target_with_writes_after_it(written: Lab) -> None:
    """More of them than may be lost."""
    assert UndershootTarget(by="3s").spoil(written) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="playbooks are told to recover to 2026-01-01T00:00:57.250000+00:00, 3 s before the target",
        seen={"target": "2026-01-01T00:01:00.250000+00:00", "told": "2026-01-01T00:00:57.250000+00:00"},
    )
    assert playbook_facts(written)["drill_recovery_target"] == {
        "type": "time",
        "time": "2026-01-01T00:00:57.250000+00:00",
    }


@pytest.mark.parametrize("by", ["900ms", "20s"])
def test_less_than_may_be_lost_or_more_than_was_written_does_not_matter(written: Lab, by: str) -> None:
    """Nothing wrong could be found, or for another reason."""
    assert UndershootTarget(by=by).spoil(written).state == State.VIOLATED


def test_the_latest_state_cannot_be_undershot(lab: Lab) -> None:
    """It is no moment."""
    lab.ledger = lab.loaded.drill.workload[0].start(lab)
    assert UndershootTarget(by="1s").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.VIOLATED,
        says="there is no recovery target in time to undershoot",
        seen={"mode": "latest"},
    )
