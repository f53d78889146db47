"""The disaster `kill-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.kill_service import KillService
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


def test_the_container_has_ended_and_its_volume_is_kept(lab: Lab) -> None:
    """A crash takes the processes and nothing else."""
    assert KillService(service="db").inject(lab) == "db was sent SIGKILL"
    assert KillService(service="db").confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: its container has ended",
        seen={"container_runs": False},
    )
    assert lab.volume_exists("db", "data")


def test_a_survivor_was_not_killed(lab: Lab, world: World) -> None:
    """A container that still runs after the time it was given means that nothing was tested."""
    began = world.clock.monotonic_ns()
    assert KillService(service="db", within="3s").confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.VIOLATED,
        says="db: its container still runs",
        seen={"container_runs": True},
    )
    assert 3e9 <= world.clock.monotonic_ns() - began < 3.1e9
