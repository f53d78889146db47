"""The disaster `lose-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class LoseService(Disaster):
    """Lose a service with all it has: its container is killed in mid-work, and every one of its volumes is gone.

    As when a machine burns down. Proves that all it takes to make the service anew lies elsewhere: a backup on one of
    its own volumes is gone with it. Says nothing of the services beside it, which stay.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "lose-service: db"
    proves: ClassVar[str] = "The service comes back after all of it is lost, its own volumes and backups included."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Loss of the whole site: the services beside it and their disks survived.",
    )

    service: str = Field(description="The service to lose.")

    def inject(self, lab: Lab) -> str:
        """Kill the container, delete all its volumes, and return so; raises CannotRunError."""
        lab.destroy(self.service)
        return f"{self.service} was killed and all its volumes deleted"

    def confirm(self, lab: Lab) -> Finding:
        """Held if there is neither a container nor any of its volumes."""
        exists = lab.state(self.service) is not None
        volumes = [name for name in lab.own_volumes(self.service) if lab.volume_exists(self.service, name)]
        container = "still exists" if exists else "is gone"
        return Finding(
            name="disaster-confirmed",
            state=State.VIOLATED if exists or volumes else State.HELD,
            says=f"{self.service}: its container {container}, volumes left: {', '.join(volumes) or 'none'}",
            seen={"container_exists": exists, "volumes": volumes},
        )
