"""The disaster `cut-network`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class CutNetwork(Disaster):
    """Cut a service off the lab's network, as a pulled cable or a wrong rule would; its processes go on.

    What was on its way is lost without a goodbye, and what the server commits at that moment its client never learns.
    Proves that clients notice and come back once `start` joins the service to the network again, perhaps with another
    address. Says nothing of a network that loses some packets, or that only some of its members reach.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "cut-network: db"
    proves: ClassVar[str] = "The service comes back after it is cut off, also with another address."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A network that fails in part: the service was cut off from everybody, at once and wholly.",
    )

    service: str = Field(description="The service to cut off.")

    def inject(self, lab: Lab) -> str:
        """Cut it off, and return so; raises CannotRunError."""
        lab.cut_off(self.service)
        return f"{self.service} was cut off the network"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the container runs and is not on the lab's network."""
        state = lab.state(self.service)
        runs, attached = bool(state and state.running), bool(state and state.attached)
        says = f"its container {'runs' if runs else 'does not run'} {'on' if attached else 'off'} the lab's network"
        return Finding(
            name="disaster-confirmed",
            state=State.HELD if runs and not attached else State.VIOLATED,
            says=f"{self.service}: {says}",
            seen={"container_runs": runs, "attached": attached},
        )
