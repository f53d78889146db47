"""Base backups as the shipped playbooks keep them: what sabotage of them must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import shell
from orchestrator.postgresql import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab

FOLDER = "/var/lib/postgresql/backups"
_IDENTIFIER = "Database system identifier:"


@dataclass(frozen=True)
class BaseBackups:
    """The backups in `base` below a folder. Every method raises StepFailedError when the container cannot tell."""

    lab: Lab
    service: str
    folder: str

    def newest(self) -> str:
        """Return the folder of the newest backup."""
        return shell.newest_backup(self.lab, self.service, f"{self.folder}/base", user="postgres")

    def system_identifier(self, backup: str) -> str:
        """Return of which server a backup is."""
        lines = self.run(["pg_controldata", backup]).splitlines()
        return next(line.removeprefix(_IDENTIFIER).strip() for line in lines if line.startswith(_IDENTIFIER))

    def run(self, argv: Sequence[str]) -> str:
        """Run a command as the backups' owner and return its output."""
        return inside.run(self.lab, self.service, argv)
