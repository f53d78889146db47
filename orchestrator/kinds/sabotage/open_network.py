"""The sabotage `open-network`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

ROUTES = ["cat", "/proc/net/route"]
NOWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound


class OpenNetwork(Sabotage):
    """Attach a service to a second network, one with a way out.

    What a forgotten bridge or a shared network does. Confirmed by the container's default route, which leads over it.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "open-network: db"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service that gets a way out.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every service whose isolation is looked at."""
        for service in [service for check in drill.checks if check.kind == "no-egress" for service in check.services()]:
            yield cls(service=service), Expect.failed_by("no-egress")

    def spoil(self, lab: Lab) -> Finding:
        """Attach, and look at the routes; the network carries the run's labels and goes with the lab."""
        docker, network = lab.ports.docker, f"{lab.network}-open"
        docker.create_network(network, lab.labels, internal=False)
        docker.connect(network, lab.container(self.service))
        gateway = docker.network_gateway(network) or NOWHERE
        routes = [line.split()[1:3] for line in lab.execute(self.service, ROUTES).output.splitlines()[1:]]
        out = ["00000000", socket.inet_aton(gateway)[::-1].hex().upper()] in routes
        return self.confirmation(
            f"{self.service} has {'a' if out else 'no'} default route over {gateway}",
            matters=out,
            seen={"gateway": gateway, "default_route": out},
        )
