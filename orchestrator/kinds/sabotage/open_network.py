"""The sabotage `open-network`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

ROUTES = ["cat", "/proc/net/route"]
EVERYWHERE = "00000000"


class OpenNetwork(Sabotage):
    """Attach a service to a second network, one with a way out.

    What a forgotten bridge or a shared network does. Confirmed by a default route inside the container.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "open-network: db"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service that gets a way out.")

    def spoil(self, lab: Lab) -> Finding:
        """Attach, and look at the routes; the network carries the run's labels and goes with the lab."""
        network = f"{lab.network}-open"
        lab.ports.docker.create_network(network, lab.labels, internal=False)
        lab.ports.docker.connect(network, lab.container(self.service))
        routes = [line.split() for line in lab.execute(self.service, ROUTES).output.splitlines()[1:]]
        out = any(route[1] == EVERYWHERE for route in routes)
        return self.confirmation(
            f"{self.service} has {'a' if out else 'no'} default route", matters=out, seen={"default_route": out}
        )
