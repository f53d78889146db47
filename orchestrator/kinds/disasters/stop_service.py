"""The disaster `stop-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

KILLED = 128 + 9
"""How a container ended that did not heed the polite request."""


class StopService(Disaster):
    """Stop a service politely, as somebody's mistaken shutdown or a node drained too early would.

    Proves that an orderly shutdown is noticed and undone. Says nothing of a crash: the server had the time to write
    what it had, to archive it, and to say goodbye to its clients. A service that has to be killed after `grace` was not
    stopped politely: not confirmed.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stop-service: db"
    proves: ClassVar[str] = "The service comes back after an orderly shutdown that nobody meant."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A crash: the service was stopped politely and wrote all it had before it ended.",
    )

    service: str = Field(description="The service to stop.")
    grace: Duration = Field(default=60.0, gt=0, description="Longest time to end by itself; then it is killed.")

    def inject(self, lab: Lab) -> str:
        """Ask it to end, and return so; raises CannotRunError."""
        lab.stop(self.service, self.grace)
        return f"{self.service} was asked to end"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the container has ended by itself; violated if it runs, is gone, or had to be killed."""
        state = lab.state(self.service)
        exit_code = state.exit_code if state else None
        says = "its container has not ended" if exit_code is None else f"it ended with exit code {exit_code}"
        if exit_code == KILLED:
            says = f"it had to be killed after {self.grace:g} s"
        return Finding(
            name="disaster-confirmed",
            state=State.VIOLATED if exit_code in (None, KILLED) else State.HELD,
            says=f"{self.service}: {says}",
            seen={"exit_code": exit_code},
        )
