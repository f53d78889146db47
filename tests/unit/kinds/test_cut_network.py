"""The disaster `cut-network`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.cut_network import CutNetwork
from orchestrator.kinds.steps.start import Start
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

CUT = CutNetwork(service="db")


def test_the_service_runs_out_of_reach(lab: Lab) -> None:
    """It has no address any more, and goes on."""
    assert CUT.inject(lab) == "db was cut off the network"
    assert CUT.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: its container runs off the lab's network",
        seen={"container_runs": True, "attached": False},
    )
    assert lab.address("db") is None


def test_a_service_in_reach_was_not_cut_off(lab: Lab) -> None:
    """Nothing was tested."""
    assert CUT.confirm(lab).says == "db: its container runs on the lab's network"


def test_a_service_that_has_ended_was_hit_by_something_else(lab: Lab) -> None:
    """It is out of reach for another reason."""
    CUT.inject(lab)
    lab.kill("db")
    finding = CUT.confirm(lab)
    assert (finding.state, finding.says) == (State.VIOLATED, "db: its container does not run off the lab's network")


def test_start_joins_it_to_the_network_again(lab: Lab, world: World) -> None:
    """The same process goes on: it never ended."""
    before = world.docker.containers[lab.container("db")].started_at
    CUT.inject(lab)
    Start(service="db").run(lab)
    assert lab.address("db") is not None
    assert world.docker.containers[lab.container("db")].started_at == before
