"""Shell commands of a drill's own, inside a service's container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

LAST_LINES = 3


def run(lab: Lab, service: str, command: str, *, user: str = "", timeout_s: float = 60.0) -> None:
    """Run a command as `sh -c` reads it.

    Raises StepFailedError with the last lines that were printed when its exit code is not 0, and StepTimedOutError.
    """
    done = lab.execute(service, ("sh", "-c", command), user=user, timeout_s=timeout_s)
    if done.exit_code:
        printed = lab.redact(done.output.encode()).decode().strip().splitlines()
        last_words = " | ".join(printed[-LAST_LINES:]) or "it printed nothing"
        raise StepFailedError(f"{service}: exit code {done.exit_code}: {last_words}")


def succeeds(lab: Lab, service: str, command: str, *, user: str = "") -> bool:
    """Return whether a command, as `sh -c` reads it, ends with exit code 0; raises StepTimedOutError."""
    return lab.execute(service, ("sh", "-c", command), user=user).exit_code == 0
