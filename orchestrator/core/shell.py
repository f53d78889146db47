"""Commands of a drill's own, inside a service's container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab

LAST_LINES = 3
# A label is a time in UTC, so the last is the newest; a backup that was broken off has no such name.
_NEWEST = 'ls -d "$1"/*Z | tail -n 1'


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


def output(lab: Lab, service: str, argv: Sequence[str], *, user: str = "", stdin: bytes = b"") -> str:
    """Run a program, without a shell, and return what it printed; raises StepFailedError with it when it fails."""
    done = lab.execute(service, argv, user=user, stdin=stdin)
    if done.exit_code != 0:
        raise StepFailedError(f"{service}: {argv[0]} ended with exit code {done.exit_code}: {done.output.strip()}")
    return done.output


def newest_backup(lab: Lab, service: str, folder: str, *, user: str = "") -> str:
    """Return the newest of the folders that the shipped playbooks keep backups in, below `folder`, one for each.

    Raises StepFailedError when there is none, or the container cannot tell.
    """
    newest = output(lab, service, ["sh", "-c", _NEWEST, "newest", folder], user=user).strip()
    if not newest.startswith(folder):
        raise StepFailedError(f"{service}: no backup in {folder}")
    return newest
