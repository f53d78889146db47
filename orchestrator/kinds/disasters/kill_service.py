"""The disaster `kill-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.kind import Disaster
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

POLL_S = 0.02


class KillService(Disaster):
    """Kill a service's processes with a signal, as a crash or the out-of-memory killer would.

    Proves that the software recovers from a crash of its processes with what it had handed to the operating system. It
    is not power loss: the machine's page cache survives, so what was written but never flushed is still there.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "kill-service: db"
    proves: ClassVar[str] = "The service comes back after its processes crash."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Power loss: the processes were killed, the machine's page cache survived, and unflushed writes with it.",
    )

    service: str = Field(description="The service to kill.")
    signal: Literal["KILL", "QUIT", "INT", "TERM"] = Field(default="KILL", description="The signal to send.")
    within: Duration = Field(default=10.0, gt=0, description="Longest time until the container must have ended.")

    def inject(self, lab: Lab) -> str:
        """Send the signal and return so; raises StepFailedError."""
        lab.kill(self.service, self.signal)
        return f"{self.service} was sent SIG{self.signal}"

    def confirm(self, lab: Lab) -> Finding:
        """Held as soon as the container no longer runs; violated if it still runs after `within`."""
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while (runs := lab.is_running(self.service)) and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        return Finding(
            name="disaster-confirmed",
            state=State.VIOLATED if runs else State.HELD,
            says=f"{self.service}: its container {'still runs' if runs else 'has ended'}",
            seen={"container_runs": runs},
        )
