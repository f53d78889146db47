"""Disks over the fake of Docker: it keeps their promises, so that what is tested with it may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from disk_promises import DiskPromises
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core.disks import IMAGE, Room
from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from pathlib import Path


class TestFakeDisks(DiskPromises):
    """The suite against the fake."""

    @pytest.fixture
    def docker(self) -> FakeDocker:
        """Return an engine in memory."""
        return FakeDocker()


@pytest.fixture
def world() -> World:
    """Return the fakes behind a lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


def test_the_keepers_image_is_built_where_it_is_not_here(world: World, tmp_path: Path) -> None:
    """A drill with disks runs without `make setup` too."""
    world.lab(tmp_path, size="64MiB").provision()
    assert world.docker.image_id(IMAGE) == f"sha256:{IMAGE}"


def test_a_machine_that_cannot_make_disks_is_told_before_anything_is_destroyed(world: World, tmp_path: Path) -> None:
    """With what the tools said, and what they need."""
    said = "mount: /mounted/disk: failed to setup loop device: No such file or directory\n"
    world.docker.programs["sh"] = lambda *_: Completed(32, said)
    with pytest.raises(CannotRunError) as caught:
        world.lab(tmp_path, size="64MiB").provision()
    assert caught.value.message == f"make disk drillmaster-r1-db-data: {said.strip()}"
    assert caught.value.hint == "it takes loop devices, ext4 and that much free space"


def test_a_service_is_not_started_on_a_disk_that_is_gone(world: World, tmp_path: Path) -> None:
    """What would be mounted then could be another's."""
    lab = world.lab(tmp_path, size="64MiB")
    lab.provision()
    lab.kill("db")
    world.docker.kill("drillmaster-r1.disks", "KILL")
    for start in (lambda: lab.start("db", 5), lambda: lab.replace("db")):
        with pytest.raises(CannotRunError) as caught:
            start()
        assert caught.value.message == (
            "drillmaster-r1-db-data: its disk is gone, for drillmaster-r1.disks does not run any more"
        )


def test_a_lost_disk_is_made_anew(world: World, tmp_path: Path) -> None:
    """As large as declared, and with room again."""
    lab = world.lab(tmp_path, size="64MiB")
    lab.provision()
    lab.disk("db", "data").fill()
    lab.destroy_volume("db", "data")
    with pytest.raises(CannotRunError):
        lab.disk("db", "data").room()
    lab.replace("db")
    assert lab.disk("db", "data").room() == Room(64 * 2**20, takes_writes=True)
