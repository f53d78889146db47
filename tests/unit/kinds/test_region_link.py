"""The check `region-link`: what it measured is compared with what the drill states. The measurement: tests/real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.declared_lab import Region
from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Need
from orchestrator.kinds.checks.region_link import RegionLink
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

CHECK = RegionLink(service="db", to="standby")


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab with `db` and its standby in two regions, all ready."""
    lab = world.lab(tmp_path)
    declared, db = lab.loaded.drill.lab, lab.loaded.drill.lab.services["db"]
    declared.regions.update(east=Region(bandwidth="100Mbit/s"), west=Region(bandwidth="1Gbit/s"))
    declared.services["db"] = db.model_copy(update={"region": "east"})
    declared.services["standby"] = db.model_copy(update={"region": "west", "spare_for": "db", "volumes": {}})
    lab.provision()
    return lab


def sending(world: World, received: int) -> None:
    """Let python3 inside take 5000 for a port and count so many bytes in a second."""

    def python3(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        asked = json.loads(stdin)
        assert asked in ({}, {"to": "standby", "port": 5000, "seconds": 1.0})
        return Completed(0, json.dumps({"bytes": received, "seconds": 1.0}) if asked else "5000\n")

    world.docker.programs["python3"] = python3


@pytest.mark.parametrize(
    ("received", "state", "told"),
    [
        (11_900_000, State.HELD, "95200kbit/s"),
        (2_000_000, State.HELD, "16Mbit/s"),
        (15_000_000, State.VIOLATED, "120Mbit/s"),
    ],
)
def test_a_link_must_not_take_more_than_is_stated(
    world: World, lab: Lab, received: int, state: State, told: str
) -> None:
    """A little for bursts; one that takes less is told, and only makes the drill harder. It may be gone by then."""
    sending(world, received)
    CHECK.remember(lab)
    lab.destroy_region("east")
    says = f"db sent {told} to standby over a link of 100Mbit/s"
    seen = {"bytes": received, "bit_s": received * 8, "stated_bit_s": 100_000_000}
    assert CHECK.look(lab) == [Finding(name="region-link", state=state, says=says, seen=seen)]


def test_the_real_links_bandwidth_may_be_stated(world: World, lab: Lab) -> None:
    """A lab whose link is wider than that makes the drill too easy."""
    sending(world, 11_900_000)
    check = CHECK.model_copy(update={"at_most": 50_000_000})
    check.remember(lab)
    [finding] = check.look(lab)
    assert (finding.state, finding.says) == (State.VIOLATED, "db sent 95200kbit/s to standby over a link of 50Mbit/s")


def test_a_link_that_nothing_comes_through_ends_the_drill(world: World, lab: Lab) -> None:
    """Before anything is destroyed."""
    sending(world, 0)
    with pytest.raises(StepFailedError, match="db: nothing that it sent came to standby"):
        CHECK.remember(lab)


def test_two_services_of_one_region_have_no_link(lab: Lab) -> None:
    """That is a mistake in the drill, and both need python3."""
    says = "db sends nothing over a link: it is in no other region than db"
    assert [*RegionLink(service="db", to="db").mistakes(lab.loaded.drill)] == [("service", says)]
    assert [*CHECK.mistakes(lab.loaded.drill)] == []
    assert CHECK.needs() == (Need("db", "python3"), Need("standby", "python3"))
