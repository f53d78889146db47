"""What a disk promises: one suite, held against the fake (tests/unit) and real loop devices (tests/real)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.disks import Aftermath, Disk
from orchestrator.core.errors import CannotRunError
from orchestrator.core.lab_objects import RUN, remove_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.docker_port import Docker

SIZE = 64 * 2**20


class DiskPromises:
    """The suite. A subclass gives the fixture `docker`."""

    @pytest.fixture
    def disk(self, docker: Docker) -> Iterator[Disk]:
        """Yield a disk that is made, removed afterwards with all of its run."""
        run = f"dmtest-{secrets.token_hex(4)}"
        disk = Disk(f"drillmaster-{run}-db-data", run, {RUN: run}, docker)
        try:
            disk.make(SIZE)
            yield disk
        finally:
            assert remove_run(docker, run).left == ()

    def test_a_new_disk_has_room(self, disk: Disk) -> None:
        """As much as it was made with, but for what the file system itself takes."""
        room = disk.room()
        assert room.takes_writes
        assert 0.8 * SIZE < room.free <= SIZE

    def test_a_volume_is_on_it(self, disk: Disk, docker: Docker) -> None:
        """Under the name that it was made with, and the run's label."""
        objects = docker.labelled(RUN, disk.run)[disk.run]
        assert disk.volume in objects.volumes

    def test_a_full_disk_takes_nothing(self, disk: Disk) -> None:
        """Not one block."""
        disk.fill()
        room = disk.room()
        assert (room.free, room.takes_writes) == (0, False)

    def test_a_power_cut_takes_what_was_not_flushed(self, disk: Disk) -> None:
        """Before there is nothing to see; it can be cut again."""
        assert disk.aftermath() == Aftermath(journal_replayed=False, unflushed_kept=False)
        for _ in range(2):
            disk.cut_power()
            assert disk.aftermath() == Aftermath(journal_replayed=True, unflushed_kept=False)
        assert disk.room().takes_writes

    def test_a_removed_disk_is_gone_and_can_be_made_anew(self, disk: Disk, docker: Docker) -> None:
        """Nothing can be asked of it; the new one has room, and has seen no power cut."""
        disk.cut_power()
        disk.fill()
        docker.remove_volume(disk.volume)
        for _ in range(2):
            disk.remove()
        with pytest.raises(CannotRunError) as caught:
            disk.room()
        assert caught.value.message == f"room disk {disk.volume}: it is not mounted"
        disk.make(SIZE)
        assert disk.room().takes_writes
        assert not disk.aftermath().journal_replayed

    def test_a_disk_whose_keeper_ended_is_not_to_be_mounted(self, disk: Disk, docker: Docker) -> None:
        """Its device may be somebody else's by now."""
        disk.require()
        keeper = f"drillmaster-{disk.run}.disks"
        docker.kill(keeper, "KILL")
        with pytest.raises(CannotRunError) as caught:
            disk.require()
        assert caught.value.message == f"{disk.volume}: its disk is gone, for {keeper} does not run any more"
