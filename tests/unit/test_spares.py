"""Spare services, and volumes that two services share: what a drill may say of them, and what the lab makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drill_kinds import CATALOGUE, DRILL
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import loader
from orchestrator.core.declared_lab import Build, Volume
from orchestrator.core.errors import BadDrillError
from orchestrator.core.lab_objects import ansible_inventory
from orchestrator.core.procedures import Part, run_playbook
from reports.facts.events import ServiceReady

if TYPE_CHECKING:
    from orchestrator.core.declared_lab import LabDeclaration, Service
    from orchestrator.core.lab import Lab

BUILT = DRILL.replace("image: postgres:15", "image: postgres:15\n      build: images/db")
SIDE = """\
    side:
      spare_for: db
      volumes: {data: /data, repo: {from: db, path: /repo, read_only: true}}
workload:
"""


def written(folder: Path, side: str) -> Path:
    """Return the file of a drill with one service more."""
    (folder / "images" / "db").mkdir(parents=True)
    (folder / "images" / "db" / "Dockerfile").touch()
    file = folder / "drill.yaml"
    file.write_text(BUILT.replace("workload:\n", side, 1))
    return file


def side(folder: Path, more: str = "", *overrides: str) -> Service:
    """Return the spare of a drill."""
    file = written(folder, SIDE.replace("spare_for: db\n", f"spare_for: db\n{more}"))
    return loader.load(file, overrides, CATALOGUE).drill.lab.services["side"]


def test_a_spare_is_like_what_it_stands_by_for(tmp_path: Path) -> None:
    """In type, image and build; all else it says itself."""
    spare = side(tmp_path)
    assert (spare.type, spare.image, spare.build) == ("postgres", "postgres:15", Build(context="images/db"))
    assert (spare.memory, spare.settings) == (None, {})


def test_one_override_changes_the_image_of_both(tmp_path: Path) -> None:
    """Without the build, which was for the other image."""
    spare = side(tmp_path, "", "lab.services.db.image=postgres:17")
    assert (spare.image, spare.build) == ("postgres:17", None)


def test_an_image_of_its_own_has_no_build_but_its_own(tmp_path: Path) -> None:
    """The other service's build is of the other image."""
    spare = side(tmp_path, "      image: tools:1\n")
    assert (spare.type, spare.image, spare.build) == ("postgres", "tools:1", None)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("{spare_for: dv}", "15: lab.services.side.spare_for: no service named 'dv'; known: db, side"),
        ("{spare_for: side}", "15: lab.services.side.spare_for: side is itself a spare"),
        (
            "{spare_for: db, volumes: {repo: {from: dv, path: /repo}}}",
            "15: lab.services.side.volumes.repo.from: no service named 'dv'; known: db, side",
        ),
        (
            "{spare_for: db, volumes: {repos: {from: db, path: /repo}}}",
            "15: lab.services.side.volumes.repos.from: db has no volume 'repos' of its own",
        ),
        (
            "{spare_for: db, volumes: {repo: {from: side, path: /repo}}}",
            "15: lab.services.side.volumes.repo.from: side has no volume 'repo' of its own",
        ),
        (
            "{spare_for: db, volumes: {repo: {from: db, path: /repo, size: 64MiB}}}",
            "15: lab.services.side.volumes.repo: has no size of its own: it is a volume of db",
        ),
    ],
)
def test_what_is_not_there_cannot_be_shared_or_stood_by_for(tmp_path: Path, declared: str, says: str) -> None:
    """Every mistake has its line."""
    with pytest.raises(BadDrillError) as caught:
        loader.load(written(tmp_path, f"    side: {declared}\nworkload:\n"), (), CATALOGUE)
    assert says in caught.value.message.replace(f"{tmp_path}/drill.yaml:", "").splitlines()


@pytest.fixture
def world() -> World:
    """Return the fakes behind a lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab with a spare that reads its service's data, declared before that service; not yet provisioned."""
    lab = world.lab(tmp_path)
    db = lab.service("db")
    volumes = {"data": Volume.model_validate({"from": "db", "path": "/other", "read_only": True})}
    spare = db.model_copy(update={"spare_for": "db", "volumes": {**volumes, "own": Volume(path="/own")}})
    declared: LabDeclaration = lab.loaded.drill.lab.model_copy(update={"services": {"side": spare, "db": db}})
    drill = lab.loaded.drill.model_copy(update={"lab": declared})
    lab.loaded = lab.loaded.model_copy(update={"drill": drill})
    return lab


def test_a_spare_waits_idle_in_a_group_of_its_own(world: World, lab: Lab) -> None:
    """Procedures for the running services pass it by."""
    lab.provision()
    assert [world.docker.is_idle(lab.container(name)) for name in ("side", "db")] == [True, False]
    assert [fact.service for fact in world.journal.facts if isinstance(fact, ServiceReady)] == ["db"]
    inventory = ansible_inventory(lab.run, lab.loaded.drill.lab.services)
    assert {name: host["groups"] for name, host in inventory.items()} == {"side": ["spare"], "db": ["postgres"]}


def test_a_spare_that_a_playbook_is_limited_to_is_one_of_its_type(world: World, lab: Lab) -> None:
    """So that it can be restored, or backed up, by the playbook of what it stands in for; and no other host changes."""
    lab.provision()
    run_playbook(lab, Path("any.yml"), {}, timeout_s=1, part=Part(service="side"))
    [job] = world.playbooks.jobs
    assert {name: host["groups"] for name, host in job.inventory.items()} == {"side": ["postgres"], "db": ["postgres"]}
    assert job.limit == "side"


def test_a_shared_volume_is_its_owners(world: World, lab: Lab) -> None:
    """Made once, whoever comes first, and seen by both; the spare can only read it."""
    lab.provision()
    assert sorted(world.docker.volumes) == ["drillmaster-r1-db-data", "drillmaster-r1-side-own"]
    side, db = (world.docker.containers[lab.container(name)].spec for name in ("side", "db"))
    assert side.volumes == {"drillmaster-r1-db-data": "/other", "drillmaster-r1-side-own": "/own"}
    assert (side.read_only, db.read_only) == ({"drillmaster-r1-db-data"}, frozenset())


def test_a_lost_spare_takes_its_own_volumes_with_it_only(lab: Lab) -> None:
    """What it shares is its owner's."""
    lab.provision()
    lab.destroy("side")
    assert [lab.volume_exists("side", name) for name in ("own", "data")] == [False, True]
