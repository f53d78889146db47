"""Disks of limited size: ext4 file systems on loop devices, mounted by a container of the run, their keeper.

The kernel takes a loop device back when the last mount of its disk is gone. So a disk is undone by removing the run's
containers, whoever removes them; and while its keeper runs, the device that its Docker volume names is no other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import CannotRunError
from orchestrator.core.files import DRILLS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.docker_port import Docker

IMAGE, CONTEXT = "drillmaster/disk-keeper:1", DRILLS / "images" / "disk-keeper"
SCRIPT = "/disk-keeper"
"""Where `disk_keeper.sh` lies inside; its head tells what it does."""
LET_GO_S = 30.0
"""How long a killed service's own mount may take to go."""


@dataclass(frozen=True)
class Room:
    """What a disk has left."""

    free: int
    """Bytes."""
    takes_writes: bool
    """Whether one more block could be written."""


@dataclass(frozen=True)
class Aftermath:
    """What a power cut did to a disk, as seen when it was mounted again."""

    journal_replayed: bool
    """Whether the file system was found as no orderly end leaves it. False: its power was never cut."""
    unflushed_kept: bool
    """Whether what was written just before, and never flushed, is there."""


@dataclass(frozen=True)
class Disk:
    """One disk, and the Docker volume that is on it. All methods raise CannotRunError when it is no longer kept."""

    volume: str
    run: str
    labels: Mapping[str, str]
    docker: Docker

    def make(self, size: int) -> None:
        """Make it, of `size` bytes and empty; raises CannotRunError where this machine or its engine cannot."""
        self._start_keeper()
        try:
            device = self._do("make", str(size))
        except CannotRunError as error:
            raise CannotRunError(error.message, hint="it takes loop devices, ext4 and that much free space") from error
        self.docker.create_volume(self.volume, self.labels, device)

    def require(self) -> None:
        """Return if it is kept: else its device may be somebody else's by now, and must not be mounted."""
        seen = self.docker.state(self._keeper)
        if seen is None or not seen.running:
            raise CannotRunError(f"{self.volume}: its disk is gone, for {self._keeper} does not run any more")

    def remove(self) -> None:
        """Remove the file system and all that was on it; its Docker volume must be gone."""
        self._do("remove")

    def flush(self) -> None:
        """Flush to it what was written so far."""
        self._do("flush")

    def fill(self) -> None:
        """Fill it to the last byte, with a file that is not the service's own."""
        self._do("fill")

    def room(self) -> Room:
        """Return what is left of it now."""
        free, written = self._do("room").split()
        return Room(int(free), takes_writes=written == "yes")

    def cut_power(self) -> None:
        """Drop all that was not flushed to it, and mount it as the next boot would; its service must have ended."""
        self._do("cut", within_s=LET_GO_S)

    def aftermath(self) -> Aftermath:
        """Return what the last power cut did to it."""
        journal, unflushed = self._do("aftermath").split()
        return Aftermath(journal == "replayed", unflushed == "kept")

    @property
    def _keeper(self) -> str:
        # The dot keeps it apart from every service's container and volume.
        return f"drillmaster-{self.run}.disks"

    def _start_keeper(self) -> None:
        if self.docker.state(self._keeper):
            return
        if self.docker.image_id(IMAGE) is None:
            self.docker.build(CONTEXT, IMAGE, {})
        self.docker.create_volume(self._keeper, self.labels)
        spec = ContainerSpec(
            name=self._keeper,
            image=IMAGE,
            network="none",
            alias="",
            labels=self.labels,
            volumes={self._keeper: "/disks"},
            command=("sleep", "infinity"),
            may_mount=True,
        )
        self.docker.create_container(spec, {SCRIPT: Path(__file__).with_name("disk_keeper.sh").read_bytes()})
        self.docker.start(self._keeper)

    def _do(self, action: str, *arguments: str, within_s: float = 60.0) -> str:
        done = self.docker.execute(self._keeper, ["sh", SCRIPT, action, self.volume, *arguments], timeout_s=within_s)
        if done.exit_code != 0:
            raise CannotRunError(f"{action} disk {self.volume}: {done.output.strip()}")
        return done.output.strip()
