"""What is read beside what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import FakeSoftware, World

from orchestrator.core import readings
from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import StepTimedOutError
from orchestrator.core.lab_objects import RUN
from reports.facts.events import ArchiverRead, LoadRead, SettingsRead

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab
    from orchestrator.core.software_port import Access, Archiver


class Mute(FakeSoftware):
    """A service that takes connections and answers nothing."""

    def settings(self, access: Access) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Raise that it takes too long."""
        raise StepTimedOutError("no answer")

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Raise that it takes too long."""
        raise StepTimedOutError("no answer")


class Unarchived(FakeSoftware):
    """A service that archives nothing."""

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None."""
        return None


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab with one running service."""
    lab = world.lab(tmp_path)
    lab.provision()
    return lab


def test_every_service_tells_its_configuration_and_its_archiving(lab: Lab) -> None:
    """As it is at the moment."""
    read = SettingsRead(service="db", when="after-recovery", settings={"speed": "slow"})
    assert list(readings.configuration(lab, "after-recovery")) == [read]
    archived = ArchiverRead(service="db", archived=1, failed=0, waiting=0, last_archived="one", last_archived_age_s=1.0)
    assert list(readings.archiving(lab)) == [archived]


@pytest.mark.parametrize("gone", [True, False])
def test_a_service_that_does_not_answer_tells_nothing(world: World, tmp_path: Path, *, gone: bool) -> None:
    """And ends no drill."""
    world.software = FakeSoftware() if gone else Mute()
    lab = world.lab(tmp_path)
    lab.provision()
    if gone:
        lab.kill("db")
    assert list(readings.configuration(lab, "before-disaster")) == []
    assert list(readings.archiving(lab)) == []


def test_a_service_that_does_not_archive_has_no_archiver(world: World, tmp_path: Path) -> None:
    """Nothing failed and nothing waits: there is nothing to tell."""
    world.software = Unarchived()
    lab = world.lab(tmp_path)
    lab.provision()
    assert list(readings.archiving(lab)) == []


def test_other_labs_and_other_containers_are_counted(world: World, lab: Lab) -> None:
    """Only those that run; this run's own are neither."""
    for name, labels in {"stranger": {}, "idler": {}, "r2-db": {RUN: "r2"}, "r2-side": {RUN: "r2"}}.items():
        spec = ContainerSpec(name=name, image="any:1", network=lab.network, alias=name, labels=labels)
        world.docker.create_container(spec, {})
        world.docker.containers[name].running = name != "idler"
    assert readings.load(lab, "before-disaster") == LoadRead(
        when="before-disaster",
        load_1m=0.0,
        cpu_ticks=1000,
        steal_ticks=0,
        stalled_us={},
        other_labs=1,
        other_containers=1,
    )
