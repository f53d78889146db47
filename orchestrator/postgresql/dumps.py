"""Dumps of pg_dump as the shipped playbooks keep them: what sabotage of them must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import shell
from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql import inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab

FOLDER = "/var/lib/postgresql/dumps"


@dataclass(frozen=True)
class Dumps:
    """The dumps below a folder. Every method raises StepFailedError when the container cannot tell."""

    lab: Lab
    service: str
    folder: str

    def newest(self) -> str:
        """Return the folder of the newest dump."""
        return shell.newest_backup(self.lab, self.service, self.folder, user="postgres")

    def file_of_rows(self, relation: str) -> str:
        """Return the file with the rows that the newest dump of the service's database has of `schema.table`."""
        archive = f"{self.newest()}/databases/{self.lab.service(self.service).database}"
        entry = f" TABLE DATA {relation.replace('.', ' ')} "
        for line in self.run(["pg_restore", "--list", archive]).splitlines():
            if entry in line:
                # The file is named after the entry's number.
                return f"{archive}/{line.partition(';')[0]}.dat.gz"
        raise StepFailedError(f"{self.service}: {archive} has no rows of {relation}")

    def run(self, argv: Sequence[str]) -> str:
        """Run a command as the dumps' owner and return its output."""
        return inside.run(self.lab, self.service, argv)
