"""The sabotage `overshoot-target`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.procedures import playbook_facts
from orchestrator.kinds.sabotage.overshoot_target import OvershootTarget
from reports.facts.events import Finding, State, TargetSet

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


def test_playbooks_get_a_later_target_once_a_write_lies_behind_it(lab: Lab, world: World) -> None:
    """Earlier, recovery would not find its target and stop for that reason."""
    lab.ledger = lab.loaded.drill.workload[0].start(lab)
    now = world.clock.monotonic_ns()
    lab.target = TargetSet(
        mode="time", server_time="2026-01-01T00:00:59.750000+00:00", monotonic_ns=now, bound_ns=1_000
    )
    assert OvershootTarget(by="500ms").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="playbooks are told to recover to 2026-01-01T00:01:00.250000+00:00, 0.5 s after the target",
        seen={"target": "2026-01-01T00:00:59.750000+00:00", "told": "2026-01-01T00:01:00.250000+00:00"},
    )
    assert playbook_facts(lab)["drill_recovery_target"] == {
        "type": "time",
        "time": "2026-01-01T00:01:00.250000+00:00",
    }
    assert world.clock.monotonic_ns() - now > 5e8


def test_the_latest_state_cannot_be_overshot(lab: Lab) -> None:
    """There is nothing behind it."""
    lab.ledger = lab.loaded.drill.workload[0].start(lab)
    assert OvershootTarget(by="1s").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.VIOLATED,
        says="there is no recovery target in time to overshoot",
        seen={"mode": "latest"},
    )
    assert lab.target == TargetSet(mode="latest")
