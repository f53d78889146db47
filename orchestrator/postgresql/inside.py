"""Commands inside a PostgreSQL service's container, as the user that owns its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab


def run(lab: Lab, service: str, argv: Sequence[str]) -> str:
    """Run a command as `postgres` and return its output; raises StepFailedError when it fails."""
    done = lab.execute(service, argv, user="postgres")
    if done.exit_code != 0:
        raise StepFailedError(f"{service}: {argv[0]} ended with exit code {done.exit_code}: {done.output.strip()}")
    return done.output


def files(lab: Lab, service: str, folder: str, *which: str) -> list[str]:
    """Return the files below a folder, those that `find` finds by `which`; raises StepFailedError when it fails."""
    # What a server at work renames or removes meanwhile is no failure.
    return run(lab, service, ["find", folder, "-ignore_readdir_race", "-type", "f", *which]).splitlines()
