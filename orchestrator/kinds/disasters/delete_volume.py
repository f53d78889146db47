"""The disaster `delete-volume`."""

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


class DeleteVolume(Disaster):
    """Lose a service's disk: its container is killed in mid-work and one of its volumes is gone for good.

    Proves that what the volume held can be brought back from elsewhere. Does not prove that the loss would be noticed
    while the machine lives on: here the server dies with its disk, a real one may limp along on cached pages.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "delete-volume: {service: db, volume: data}"
    proves: ClassVar[str] = "The service comes back after one of its disks is lost with all that was on it."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Loss of the whole machine or site: the service's other volumes and the engine's machine survived.",
        "A disk that fails slowly: the server died together with its disk.",
    )

    service: str = Field(description="The service that loses its disk.")
    volume: str = Field(description="The volume to delete, by its name in the service's `volumes`.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that the volume is none of the service's."""
        yield from volume_mistakes(drill, self.service, self.volume)

    def inject(self, lab: Lab) -> str:
        """Kill the container, delete the volume, and return so; raises StepFailedError."""
        lab.destroy_volume(self.service, self.volume)
        return f"{self.service} was killed and its volume {self.volume} deleted"

    def confirm(self, lab: Lab) -> Finding:
        """Held if there is neither the volume nor a running container."""
        volume_exists = lab.volume_exists(self.service, self.volume)
        container_runs = lab.is_running(self.service)
        says = (
            f"volume {self.volume} {'still exists' if volume_exists else 'is gone'}, "
            f"its container {'still runs' if container_runs else 'does not run'}"
        )
        return Finding(
            name="disaster-confirmed",
            state=State.VIOLATED if volume_exists or container_runs else State.HELD,
            says=f"{self.service}: {says}",
            seen={"volume_exists": volume_exists, "container_runs": container_runs},
        )
