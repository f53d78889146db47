"""The sabotage `overshoot-target` and `undershoot-target`: playbooks are told another target than the recorded one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.procedures import playbook_facts
from orchestrator.kinds.sabotage.overshoot_target import OvershootTarget
from orchestrator.kinds.sabotage.undershoot_target import UndershootTarget
from reports.facts.events import Finding, State, TargetSet

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.kind import Sabotage
    from orchestrator.core.lab import Lab

RECORDED = "2026-01-01T00:01:00.250000+00:00"


@pytest.fixture
def writing(lab: Lab, world: World) -> Lab:
    """Return the lab after 10 s of writes that go on; the RPO is 1 s."""
    lab.ledgers["db"] = lab.loaded.drill.workload[0].start(lab)
    world.clock.sleep(10)
    return lab


def aim(lab: Lab, seconds_ago: int, recorded: str = RECORDED) -> int:
    """Set a recovery target; return the present moment."""
    now = lab.clock.monotonic_ns()
    lab.target = TargetSet(mode="time", server_time=recorded, monotonic_ns=now - seconds_ago * 10**9, bound_ns=1_000)
    return now


@pytest.mark.parametrize(
    ("sabotage", "told", "says"),
    [
        (OvershootTarget(by="500ms"), "2026-01-01T00:01:00.750000+00:00", "0.5 s after the target"),
        (UndershootTarget(by="3s"), "2026-01-01T00:00:57.250000+00:00", "3 s before the target"),
    ],
    ids=["later", "earlier"],
)
def test_playbooks_get_another_target(writing: Lab, sabotage: Sabotage, told: str, says: str) -> None:
    """It is confirmed by the ledger's writes around it."""
    aim(writing, seconds_ago=1)
    assert sabotage.spoil(writing) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says=f"playbooks are told to recover to {told}, {says}",
        seen={"target": RECORDED, "told": told},
    )
    assert playbook_facts(writing)["drill_recovery_target"] == {"type": "time", "time": told}


@pytest.mark.parametrize(
    ("sabotage", "told"),
    [
        (OvershootTarget(by="500ms"), "2026-01-01T00:01:01.000000+00:00"),
        (UndershootTarget(by="2500ms"), "2026-01-01T00:00:57.000000+00:00"),
    ],
    ids=["later", "earlier"],
)
def test_a_server_of_whole_seconds_is_told_a_whole_second(
    writing: Lab, world: World, sabotage: Sabotage, told: str
) -> None:
    """Between two it would refuse the target, and not miss it."""
    world.software.target_step_us = 1_000_000
    aim(writing, seconds_ago=1, recorded="2026-01-01T00:01:00.000000+00:00")
    finding = sabotage.spoil(writing)
    assert (finding.state, finding.seen["told"]) == (State.HELD, told)


def test_one_service_can_be_left_behind(writing: Lab) -> None:
    """Its own playbooks get the earlier target; it matters by how far apart services may be."""
    aim(writing, seconds_ago=1)
    promised = writing.loaded.drill.objectives.model_copy(update={"common_point": 0.5, "rpo": 60.0})
    drill = writing.loaded.drill.model_copy(update={"objectives": promised})
    writing.loaded = writing.loaded.model_copy(update={"drill": drill})
    assert UndershootTarget(by="3s", service="db").spoil(writing).state == State.HELD
    told = {service: playbook_facts(writing, service)["drill_recovery_target"] for service in ("db", "cache", "")}
    recorded = {"type": "time", "time": RECORDED}
    assert told == {"db": {"type": "time", "time": "2026-01-01T00:00:57.250000+00:00"}, "cache": recorded, "": recorded}


def test_a_later_target_is_told_once_a_write_lies_behind_it(writing: Lab) -> None:
    """Earlier, recovery would not find its target and stop for that reason."""
    began = aim(writing, seconds_ago=0)
    OvershootTarget(by="500ms").spoil(writing)
    assert writing.clock.monotonic_ns() - began > 5e8


@pytest.mark.parametrize("by", ["900ms", "20s"])
def test_less_than_may_be_lost_or_more_than_was_written_does_not_matter(writing: Lab, by: str) -> None:
    """Nothing wrong could be found, or for another reason."""
    aim(writing, seconds_ago=1)
    assert UndershootTarget(by=by).spoil(writing).state == State.VIOLATED


@pytest.mark.parametrize(
    ("sabotage", "verb"), [(OvershootTarget(by="1s"), "overshoot"), (UndershootTarget(by="1s"), "undershoot")]
)
def test_the_latest_state_is_no_target_to_miss(writing: Lab, sabotage: Sabotage, verb: str) -> None:
    """It is no moment, and stays what playbooks are told."""
    assert sabotage.spoil(writing) == Finding(
        name="sabotage-confirmed",
        state=State.VIOLATED,
        says=f"there is no recovery target in time to {verb}",
        seen={"mode": "latest"},
    )
    assert writing.target == TargetSet(mode="latest")
