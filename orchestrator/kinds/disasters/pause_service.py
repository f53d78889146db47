"""The disaster `pause-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class PauseService(Disaster):
    """Freeze all processes of a service, as a hung machine or a stalled hypervisor would.

    Its connections stay open and nothing answers: only a client's own deadline tells. Proves that such a silence is
    noticed, and that the service comes back after a reset: `start` and `replace` kill what is frozen, they do not thaw
    it. Says nothing of what a thawed server would still do to its data or its clients.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "pause-service: db"
    proves: ClassVar[str] = "The service comes back after it hangs: its connections open, and no answer."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A hung service that goes on by itself: it was reset, so nobody saw what it would do beside its successor.",
    )

    service: str = Field(description="The service to freeze.")

    def inject(self, lab: Lab) -> str:
        """Freeze it, and return so; raises CannotRunError."""
        lab.pause(self.service)
        return f"{self.service} was frozen"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the container is frozen."""
        state = lab.state(self.service)
        frozen = bool(state and state.paused)
        return Finding(
            name="disaster-confirmed",
            state=State.HELD if frozen else State.VIOLATED,
            says=f"{self.service}: its processes are {'' if frozen else 'not '}frozen",
            seen={"frozen": frozen},
        )
