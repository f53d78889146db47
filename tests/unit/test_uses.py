"""The tools a drill needs inside its images: looked for before anything is built, and named with who needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import catalogue
from orchestrator.core.errors import CannotRunError
from orchestrator.core.uses import lacking_tools, procedures_of, unreadable
from orchestrator.kinds.checks.no_egress import NoEgress
from orchestrator.kinds.steps.playbook import Playbook

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

catalogue.discovered()  # gives the kinds their names
HERE = {"any:1": "sha256:1"}


def lab_of(world: World, folder: Path) -> Lab:
    """Return a lab whose drill runs a playbook that needs `tee` and `barman`, and a check that needs python3."""
    world.playbooks.tools = ("tee", "barman")
    lab = world.lab(folder)
    changes = {"protect": [Playbook(playbook="back-up.yml")], "checks": [NoEgress(service="db")]}
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update=changes)})
    return lab


def test_a_lab_is_not_built_of_an_image_without_the_tools(tmp_path: Path) -> None:
    """Every tool is named with its image and who needs it; no network, volume or container is made."""
    world = World(FakeDocker(images=dict(HERE)))
    with pytest.raises(CannotRunError) as caught:
        lab_of(world, tmp_path).provision()
    assert caught.value.message == (
        "image any:1 lacks barman, which back-up.yml needs; image any:1 lacks python3, which no-egress needs"
    )
    assert caught.value.hint == "name an image that has all of it, as those that `make setup` builds have"
    assert (world.docker.networks, world.docker.volumes, world.docker.containers) == ({}, {}, {})


def test_an_image_that_had_to_be_pulled_is_looked_into_as_well(tmp_path: Path) -> None:
    """The look comes after the images."""
    world = World(FakeDocker(images={}, registry=dict(HERE)))
    with pytest.raises(CannotRunError, match="image any:1 lacks barman"):
        lab_of(world, tmp_path).provision()


def test_an_image_that_is_not_here_lacks_nothing_yet(tmp_path: Path) -> None:
    """Beforehand nobody can tell."""
    world = World(FakeDocker(images={}))
    assert lacking_tools(world.docker, world.playbooks, lab_of(world, tmp_path).loaded) == []


def test_a_lab_is_built_of_an_image_with_the_tools(tmp_path: Path) -> None:
    """Nothing stands against it."""
    world = World(FakeDocker(images=dict(HERE)))
    world.docker.programs |= dict.fromkeys(("barman", "python3"), world.docker.programs["true"])
    lab = lab_of(world, tmp_path)
    lab.provision()
    assert lab.is_running("db")


def test_an_image_that_is_nowhere_is_named_with_what_to_do(tmp_path: Path) -> None:
    """It is neither here nor can it be pulled or built."""
    with pytest.raises(CannotRunError) as caught:
        World(FakeDocker(images={})).lab(tmp_path).provision()
    assert caught.value.message == "db: image any:1 is neither here nor in a registry that answers"
    assert caught.value.hint == (
        "`make setup` builds drillmaster's own; build or load another under that name, "
        "or name its Dockerfile's folder with `build:`"
    )


def test_the_tasks_and_roles_beside_a_playbook_count_as_the_procedure(tmp_path: Path) -> None:
    """What it imports is digested with it; what else lies there is not."""
    for name in ("back-up.yml", "tasks/verify.yml", "roles/repository/tasks/main.yml", "notes/readme.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    loaded = lab_of(World(FakeDocker(images={})), tmp_path).loaded
    found = [file.relative_to(tmp_path).as_posix() for file in procedures_of(loaded)]
    assert found == ["back-up.yml", "roles/repository/tasks/main.yml", "tasks/verify.yml"]


def test_a_procedure_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Beforehand: without its digest there is no record."""
    (tmp_path / "back-up.yml").touch()
    loaded = lab_of(World(FakeDocker(images={})), tmp_path).loaded
    assert unreadable(loaded) == []
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "verify.yml").symlink_to("/proc/self/mem")
    assert unreadable(loaded) == [f"{tmp_path}/tasks/verify.yml: cannot be read: Input/output error"]
