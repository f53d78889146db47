"""The disaster `power-loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from orchestrator.core.rules import volume_mistakes
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab


class PowerLoss(Disaster):
    """Cut a service's power: its processes end, and what they wrote to a disk and never flushed is gone.

    First the container is killed, so that nothing is acknowledged any more; then the disk's file system is ended in one
    instant, keeping only what had reached the disk, and mounted again as the next boot would, replaying its journal.
    The volume must be a disk of its own (`size`). Proves that what the service acknowledges has been flushed. Says
    nothing of disks that lie about flushing.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "power-loss: {service: db, volume: data}"
    proves: ClassVar[str] = "The service comes back after a power cut with what it had flushed to its disk."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Disks that tear a sector, or lose what they had taken before they were told to flush it.",
        "File systems other than ext4, and the service's other volumes: what was written there is kept.",
        "How a machine that falls silent is noticed: here its clients saw their connections end.",
    )

    service: str = Field(description="The service that loses power.")
    volume: str = Field(description="The volume that loses what was not flushed, by its name in `volumes`.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that the volume is none of the service's, or no disk of its own."""
        yield from volume_mistakes(drill, self.service, self.volume, disk=True)

    def inject(self, lab: Lab) -> str:
        """Kill the container, cut the disk's power, and return so; raises CannotRunError."""
        # In this order no write is acknowledged after the instant at which the disk keeps what it has.
        lab.kill(self.service)
        lab.disk(self.service, self.volume).cut_power()
        return f"{self.service} was killed, and its disk {self.volume} lost what was not flushed"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the journal was replayed, a file written unflushed just before is gone, and nothing runs.

        A kill alone would have kept that file.
        """
        after = lab.disk(self.service, self.volume).aftermath()
        runs = lab.is_running(self.service)
        says = (
            f"the journal of its disk {self.volume} was {'replayed' if after.journal_replayed else 'not replayed'}, "
            f"what was written unflushed just before is {'still there' if after.unflushed_kept else 'gone'}, "
            f"its container {'still runs' if runs else 'does not run'}"
        )
        happened = after.journal_replayed and not after.unflushed_kept and not runs
        return Finding(
            name="disaster-confirmed",
            state=State.HELD if happened else State.VIOLATED,
            says=f"{self.service}: {says}",
            seen={
                "journal_replayed": after.journal_replayed,
                "unflushed_kept": after.unflushed_kept,
                "container_runs": runs,
            },
        )
