"""A pgBackRest repository as it lies in a service's container: what sabotage of backups and archives must find."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab

FOLDER = "/var/lib/pgbackrest"
"""Where the shipped images keep it."""
POLL_S = 0.2
_SEGMENT = re.compile(r"/([0-9A-F]{24})-[0-9a-f]{40}(\.\w+)?$")


@dataclass(frozen=True)
class Gap:
    """A segment between a backup and the end of the archive: without it, what follows is out of reach."""

    backup_stop: str
    """The last segment that the backup itself needs."""
    segment: str
    file: str


@dataclass(frozen=True)
class Repository:
    """The repository of one stanza. Every method raises StepFailedError when the container cannot tell."""

    lab: Lab
    service: str
    stanza: str
    folder: str

    def newest_backup(self) -> dict[str, Any]:
        """Return what pgBackRest says of its newest backup: `label`, `archive` (start, stop) and more."""
        stanzas = json.loads(self.run(["pgbackrest", f"--stanza={self.stanza}", "--output=json", "info"]))
        backups = [backup for stanza in stanzas for backup in stanza["backup"]]
        if not backups:
            raise StepFailedError(f"{self.service}: stanza {self.stanza} has no backup")
        return dict(backups[-1])

    def backed_up_file(self, label: str, path: str) -> str | None:
        """Return the file that holds `path` (relative to the data directory) in a backup, whatever its compression."""
        stored = f"{self.folder}/backup/{self.stanza}/{label}/pg_data/{path}"
        files = self._files(f"{self.folder}/backup/{self.stanza}/{label}")
        return next((file for file in files if re.fullmatch(re.escape(stored) + r"(\.(gz|lz4|zst|bz2))?", file)), None)

    def segments(self) -> dict[str, str]:
        """Return the archived WAL segments, by name in order, with their files."""
        files = self._files(f"{self.folder}/archive/{self.stanza}")
        return dict(sorted((match[1], file) for file in files if (match := _SEGMENT.search(file))))

    def segment_in_between(self, age_s: float, within_s: float) -> Gap | None:
        """Return the first segment after the newest backup, once it is `age_s` old and a later one is there.

        None when there is none within `within_s`.
        """
        stop = self.newest_backup()["archive"]["stop"]
        deadline = self.lab.clock.monotonic_ns() + int(within_s * 1e9)
        while self.lab.clock.monotonic_ns() < deadline:
            old = self._files(f"{self.folder}/archive/{self.stanza}", "-not", "-newermt", f"-{age_s:g} seconds")
            after = self.after(stop)
            if len(after) > 1 and next(iter(after.values())) in old:
                return Gap(stop, *next(iter(after.items())))
            self.lab.clock.sleep(POLL_S)
        return None

    def after(self, segment: str) -> dict[str, str]:
        """Return the archived segments after this one, by name in order, with their files."""
        return {name: file for name, file in self.segments().items() if name > segment}

    def run(self, argv: Sequence[str]) -> str:
        """Run a command as the repository's owner and return its output."""
        return inside.run(self.lab, self.service, argv)

    def _files(self, folder: str, *which: str) -> list[str]:
        return inside.files(self.lab, self.service, folder, *which)
