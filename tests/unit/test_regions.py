"""Regions of a lab: what a drill may say of them, who is in which, and how one is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from drill_kinds import CATALOGUE, DRILL
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import loader
from orchestrator.core.declared_lab import Region, Volume
from orchestrator.core.errors import BadDrillError
from orchestrator.core.units import bandwidth_source, bits_per_second
from orchestrator.criteria import spared_services
from orchestrator.kinds.disasters.lose_region import LoseRegion
from orchestrator.kinds.steps.start import Start
from reports.facts.events import State

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

PARTED = DRILL.replace("lab:\n", "lab:\n  regions: {east: 100Mbit/s, west: {bandwidth: 1Gbit/s}}\n")


@pytest.fixture
def world() -> World:
    """Return a world with the one image."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab with `db` and `cache` in the east, and a spare of `db` in the west; not yet provisioned."""
    lab = world.lab(tmp_path)
    declared, db = lab.loaded.drill.lab, lab.loaded.drill.lab.services["db"]
    own = {"volumes": {"data": Volume(path="/data")}}
    shared = {"volumes": {**own["volumes"], "more": Volume.model_validate({"from": "db", "path": "/more"})}}
    two = {"volumes": {**db.volumes, "more": Volume(path="/more")}}
    declared.services["db"] = db.model_copy(update={"region": "east", **two})
    declared.services["cache"] = db.model_copy(update={"region": "east", **shared})
    declared.services["standby"] = db.model_copy(update={"region": "west", "spare_for": "db", **own})
    declared.regions.update(east=Region(bandwidth="100Mbit/s"), west=Region(bandwidth="10Mbit/s"))
    return lab


def inside(world: World, lab: Lab) -> dict[str, str]:
    """Return the region of each service that runs."""
    states = {name: lab.state(name) for name in lab.loaded.drill.lab.services}
    return {name: world.links.inside[state.process] for name, state in states.items() if state and state.process}


@pytest.mark.parametrize(
    ("text", "bits"), [("100Mbit/s", 100_000_000), ("1.5Gbit/s", 1_500_000_000), ("64kbit/s", 64_000)]
)
def test_a_bandwidth_reads_as_it_is_written(text: str, bits: int) -> None:
    """And what is written of it reads as the same."""
    assert bits_per_second(text) == bits
    assert bits_per_second(bandwidth_source(bits)) == bits


def test_what_is_no_bandwidth_is_refused() -> None:
    """Bytes are not guessed to be bits."""
    with pytest.raises(ValueError, match=r"'100MB/s' is not a bandwidth; write a number and a unit, such as 100Mbit/s"):
        bits_per_second("100MB/s")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("image: postgres:15", "image: postgres:15\n      region: eats"),
            "no region named 'eats', did you mean 'east'?",
        ),
        (("east: 100Mbit/s", "east: 1kbit/s"), "7: lab.regions.east: must be at least 100kbit/s, not 1kbit/s"),
        (
            ("east: 100Mbit/s", "east: fast"),
            "7: lab.regions.east: 'fast' is not a bandwidth; write a number and a unit, such as 100Mbit/s or 1Gbit/s",
        ),
        (
            (
                "workload:",
                "    far: {type: postgres, image: any, region: west, volumes: {data: {from: db, path: /d}}}\nworkload:",
            ),
            "lab.services.far.volumes.data.from: db is in another region, and a volume is in one",
        ),
    ],
)
def test_a_mistake_in_regions_is_told(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    """Where it stands, with the nearest right name."""
    file = tmp_path / "drill.yaml"
    file.write_text(PARTED.replace(*change))
    with pytest.raises(BadDrillError) as refused:
        loader.load(file, catalogue=CATALOGUE)
    assert says in str(refused.value)


def test_every_service_is_in_its_region_from_its_start(world: World, lab: Lab) -> None:
    """A spare too; made anew, or joined again after it was cut off, it is there again."""
    lab.provision()
    assert list(world.links.regions) == [(lab.network, "east"), (lab.network, "west")]
    assert inside(world, lab) == {"db": "east", "cache": "east", "standby": "west"}
    lab.replace("db")
    lab.cut_off("cache")
    lab.launch("cache")
    assert inside(world, lab) == {"db": "east", "cache": "east", "standby": "west"}


def test_a_service_of_no_region_stays_outside(world: World, lab: Lab) -> None:
    """On the lab's own network, from where it reaches all of them."""
    services = lab.loaded.drill.lab.services
    services["cache"] = services["cache"].model_copy(update={"region": None})
    lab.provision()
    state = lab.state("cache")
    assert state is not None
    assert state.process not in world.links.inside


def test_a_removed_lab_has_no_regions_left(world: World, lab: Lab) -> None:
    """They are no objects of Docker's."""
    lab.provision()
    lab.remove()
    assert world.links.removed == [lab.run]


def test_a_lost_region_is_cut_off_and_gone_with_all_its_volumes(lab: Lab) -> None:
    """One that two of its services share among them; what is in another region stays."""
    lab.provision()
    disaster = LoseRegion(region="east")
    before = disaster.confirm(lab)
    assert (before.state, before.says) == (
        State.VIOLATED,
        (
            "east: its link still joins it to the others, containers left: db, cache, "
            "volumes left: db/data, db/more, cache/data"
        ),
    )
    assert disaster.inject(lab) == "east was cut off, and lost with db, cache and all their volumes"
    after = disaster.confirm(lab)
    assert (after.state, after.says) == (
        State.HELD,
        "east: its link is cut, containers left: none, volumes left: none",
    )
    assert lab.is_running("standby")
    assert lab.volume_exists("standby", "data")


def test_a_lost_region_hits_all_that_is_in_it(lab: Lab) -> None:
    """So none of them counts as spared; a region with nothing in it is a mistake."""
    drill = lab.loaded.drill.model_copy(update={"disaster": [LoseRegion(region="east")], "recover": []})
    assert drill.disaster[0].hits(drill) == ("db", "cache")
    assert spared_services(drill) == ()
    assert drill.lost_for_good == {"db", "cache"}
    back = drill.model_copy(update={"recover": [Start(service="db")]})
    assert back.lost_for_good == {"cache"}
    assert [*LoseRegion(region="south").mistakes(drill)] == [("region", "no service is in a region named 'south'")]
