"""Disks on real loop devices: what they promise, and what a service on one sees of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from disk_promises import SIZE, DiskPromises
from docker_promises import GOES_ON, IMAGE
from harm import loop_devices, working_place

from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import CannotRunError
from orchestrator.core.lab_objects import remove_run

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.disks import Disk

ON_A_DISK = "lab: {services: {db: {volumes: {data: {path: /var/lib/postgresql/data, size: 256MiB}}}}}"
FULL = "No space left on device"


@pytest.fixture(scope="module")
def docker() -> DockerEngine:
    """Return the engine of this machine."""
    return DockerEngine()


def service_on(disk: Disk) -> str:
    """Start a container with the disk's volume at /data; return its name."""
    name = f"drillmaster-{disk.run}-db"
    spec = ContainerSpec(name, IMAGE, "none", "", disk.labels, volumes={disk.volume: "/data"}, command=GOES_ON)
    disk.docker.create_container(spec, {})
    disk.docker.start(name)
    return name


def shell(disk: Disk, container: str, script: str) -> str:
    """Return what a script printed in a container."""
    return disk.docker.execute(container, ["sh", "-c", script]).output


class TestDisks(DiskPromises):
    """The suite against a real engine, and what only the kernel tells."""

    def test_a_service_finds_an_empty_directory_of_the_disks_size(self, disk: Disk) -> None:
        """Nothing of the file system's own lies there: software that makes its own directory wants it empty."""
        container = service_on(disk)
        assert shell(disk, container, "ls -A /data") == ""
        assert int(shell(disk, container, "stat -f -c %a /data")) * 4096 == disk.room().free

    def test_a_full_disk_refuses_a_service_and_gives_room_again(self, disk: Disk) -> None:
        """Whoever the service is: root has no reserve. What it frees it can use."""
        container = service_on(disk)
        shell(disk, container, "head -c 1000000 /dev/zero > /data/reserve")
        disk.fill()
        assert FULL in shell(disk, container, "head -c 8192 /dev/zero > /data/more")
        shell(disk, container, "rm /data/reserve /data/more")
        assert shell(disk, container, "head -c 500000 /dev/zero > /data/more && echo taken") == "taken\n"

    def test_a_power_cut_keeps_what_was_flushed_and_only_that(self, disk: Disk) -> None:
        """A kill keeps both; the container comes back on what is left."""
        container = service_on(disk)
        shell(disk, container, "echo 1 > /data/first")
        disk.flush()
        shell(disk, container, "echo 2 > /data/second; sync /data/second; echo 3 > /data/third")
        for cut, left in ((lambda: None, "1\n2\n3\n"), (disk.cut_power, "1\n2\n")):
            disk.docker.kill(container, "KILL")
            cut()
            disk.docker.start(container)
            assert shell(disk, container, "cat /data/first /data/second /data/third 2> /dev/null") == left

    def test_the_device_goes_with_the_containers_whoever_removes_them(self, disk: Disk) -> None:
        """Also when the keeper was killed first, and while the service still ran."""
        container = service_on(disk)
        assert len(loop_devices(disk.volume)) == 1
        disk.docker.kill(f"drillmaster-{disk.run}.disks", "KILL")
        assert len(loop_devices(disk.volume)) == 1
        assert shell(disk, container, "echo still > /data/there && cat /data/there") == "still\n"
        assert remove_run(disk.docker, disk.run).removed == {"containers": 2, "volumes": 2, "networks": 0}
        assert loop_devices(disk.volume) == []

    def test_disks_made_at_once_have_devices_of_their_own(self, disk: Disk) -> None:
        """Runs race for free loop devices; what is written to one disk is on no other."""
        others = [replace(disk, volume=f"{disk.volume}-{number}") for number in range(8)]
        with ThreadPoolExecutor(len(others)) as pool:
            list(pool.map(lambda other: other.make(SIZE // 4), others))
        assert len({device for other in others for device in loop_devices(other.volume)}) == len(others)
        others[0].fill()
        assert [other.room().takes_writes for other in others] == [False, *[True] * 7]

    def test_a_disk_larger_than_the_machine_cannot_be_made(self, disk: Disk) -> None:
        """It is said at once, and nothing of it is left."""
        disk.docker.remove_volume(disk.volume)
        disk.remove()
        with pytest.raises(CannotRunError) as caught:
            disk.make(2**50)
        assert caught.value.message.startswith(f"make disk {disk.volume}: fallocate: ")
        assert caught.value.hint == "it takes loop devices, ext4 and that much free space"
        assert loop_devices(disk.volume) == []


def test_the_disks_of_a_killed_run_are_swept(tmp_path: Path) -> None:
    """The kernel has no device left of them either."""
    with working_place(tmp_path) as place:
        run = place.run("on-a-disk", ON_A_DISK)
        run.wait_for("protect")
        assert len(loop_devices(run.folder.name)) == 1
        run.process.kill()
        run.exit_code()
        swept = place.drillmaster("sweep").stdout.splitlines()
        assert f"{run.folder.name}: removed 2 containers, 3 volumes, 1 network; closed as ABORTED" in swept
        assert run.left() == []
