"""The disaster `fill-disk`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from orchestrator.core.rules import volume_mistakes
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

POLL_S = 0.05


class FillDisk(Disaster):
    """Fill a service's disk to the last byte with a file of root's, as a forgotten dump or a runaway log would.

    Proves that the service comes through a full disk: it may end, refuse writes or limp along, and comes back with all
    it had acknowledged once there is room again. The volume must be a disk of its own (`size`). Says nothing of a disk
    that fills slowly, nor whether anybody would have been warned before.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "fill-disk: {service: db, volume: data}"
    proves: ClassVar[str] = "The service comes back with all it had acknowledged after its disk ran full."
    not_proven: ClassVar[tuple[str, ...]] = (
        "That a disk filling up is noticed before it is full: it was filled at once.",
        "Quotas and disks that grow by themselves: the disk kept its size.",
    )

    service: str = Field(description="The service whose disk runs full.")
    volume: str = Field(description="The volume to fill, by its name in the service's `volumes`.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until the disk must refuse a write.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that the volume is none of the service's, or no disk of its own."""
        yield from volume_mistakes(drill, self.service, self.volume, disk=True)

    def inject(self, lab: Lab) -> str:
        """Fill the disk, and return so; raises CannotRunError."""
        lab.disk(self.service, self.volume).fill()
        return f"{self.service}: its disk {self.volume} was filled to the last byte"

    def confirm(self, lab: Lab) -> Finding:
        """Held as soon as not one block can be written; violated if that is still possible after `within`.

        It is waited for: a server gives back what it had got of a file that it could not write whole.
        """
        disk = lab.disk(self.service, self.volume)
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while (room := disk.room()).takes_writes and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        runs = lab.is_running(self.service)
        says = (
            f"its disk {self.volume} {'takes' if room.takes_writes else 'refuses'} writes, {room.free} bytes are free; "
            f"its container {'still runs' if runs else 'has ended'}"
        )
        return Finding(
            name="disaster-confirmed",
            state=State.VIOLATED if room.takes_writes else State.HELD,
            says=f"{self.service}: {says}",
            seen={"takes_writes": room.takes_writes, "free_bytes": room.free, "container_runs": runs},
        )
