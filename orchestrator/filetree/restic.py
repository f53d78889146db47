"""The restic repository of a file service as the shipped playbooks keep it: what sabotage of it must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

RESTORE = "restore-with-restic.yml"
ESCROW = "escrow"
"""The service that keeps the keys, as the playbooks call it."""
FOLDER = "/var/lib/restic"
TREE, RESTORED = "/files", "/srv/files"
"""The tree as snapshots call it, and where it lies."""
IN_FILE = " ... in file "


def restored(drill: Drill) -> Iterator[str]:
    """Yield the services whose files the drill restores from a repository, with a key from an escrow."""
    services = drill.lab.services
    if ESCROW in services and RESTORE in {name for step in drill.recover for name in step.playbooks()}:
        yield from (
            name
            for name, service in services.items()
            if service.type == "files" and name != ESCROW and service.spare_for is None
        )


@dataclass(frozen=True)
class Repository:
    """The repository that a service is backed up in. Methods raise StepFailedError when the container cannot tell."""

    lab: Lab
    service: str

    def packs(self) -> list[tuple[str, int]]:
        """Return the packs as paths with their bytes, the largest first."""
        found = shell.output(
            self.lab, self.service, ["find", f"{FOLDER}/data", "-type", "f", "-printf", "%s %p\\n"]
        ).splitlines()
        sizes = [line.split(" ", 1) for line in found]
        return sorted(((path, int(size)) for size, path in sizes), key=lambda pack: -pack[1])

    def files_in(self, pack: str) -> list[str]:
        """Return the files, where they lie when restored, of which the pack holds a part."""
        found = shell.output(
            self.lab, self.service, ["restic", "find", "--no-lock", "--pack", pack.rpartition("/")[2]]
        ).splitlines()
        names = {line.removeprefix(IN_FILE) for line in found if line.startswith(IN_FILE)}
        return sorted(name.replace(TREE, RESTORED, 1) for name in names)

    def opens_with(self, key: str) -> bool:
        """Return whether a key opens the repository."""
        argv = ["restic", "cat", "--no-lock", "--password-file=/dev/stdin", "config"]
        return self.lab.execute(self.service, argv, stdin=key.encode()).exit_code == 0

    def newest_age_s(self) -> float:
        """Return how long ago the newest snapshot was finished, in seconds by the container's clock."""
        ages = 'date +%s.%N; find "$1/snapshots" -type f -printf "%T@\\n" | sort -n | tail -n 1'
        now, newest = shell.output(self.lab, self.service, ["sh", "-c", ages, "ages", FOLDER]).split()
        return float(now) - float(newest)
