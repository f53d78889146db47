"""Backups of Redis as the shipped playbooks keep them: what sabotage of them must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import shell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab

FOLDER = "/var/lib/redis-backups"
SNAPSHOT = "dump.rdb"
_SUM = "cd $1 && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS"
_SOUND = "cd $1 && sha256sum --check --quiet SHA256SUMS > /dev/null 2>&1 && echo yes || echo no"


@dataclass(frozen=True)
class Backups:
    """The backups below a folder. Every method raises StepFailedError when the container cannot tell."""

    lab: Lab
    service: str
    folder: str

    def newest(self) -> str:
        """Return the folder of the newest backup."""
        return shell.newest_backup(self.lab, self.service, self.folder, user="redis")

    def make_digests_fit(self, backup: str) -> None:
        """Write the digests of a backup's files anew."""
        self.run(["sh", "-c", _SUM, "sum", backup])

    def digests_fit(self, backup: str) -> bool:
        """Return whether all files of a backup are as their digests say."""
        return self.run(["sh", "-c", _SOUND, "sound", backup]).strip() == "yes"

    def run(self, argv: Sequence[str]) -> str:
        """Run a command as the backups' owner and return its output."""
        return shell.output(self.lab, self.service, argv, user="redis")
