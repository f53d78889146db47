"""What all copies of PostgreSQL have in common, whatever the format of the backup that they are made from."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import as_root, from_epoch
from orchestrator.postgresql import recovered_point
from orchestrator.postgresql.admission import admit

if TYPE_CHECKING:
    from datetime import datetime

    from orchestrator.core.found import Backup, Found, Replay
    from orchestrator.core.lab import Lab
    from reports.facts.existing import Method

_SEGMENT = re.compile(r"([0-9A-F]{24})(\.gz)?")
# Of an archive in one folder, or in a folder for each log.
_ARCHIVED = 'find "$1" -maxdepth 2 -type f -printf "%f\\t%T@\\n"'


class CopyOfPostgres(ABC):
    """A copy of a PostgreSQL, which lets in its observer and nobody else."""

    software: ClassVar[str] = "PostgreSQL"
    dated_by: ClassVar[Method] = "backup-stop"
    newer_will_do: ClassVar[bool] = False
    """Whether it can be recovered with a newer major version as well."""

    @abstractmethod
    def backups(self, lab: Lab, service: str) -> Found:
        """Return what is there; raises StepFailedError."""

    def find(self, lab: Lab, service: str) -> Found:
        """Return what is there, and let the observer in once the service runs; raises StepFailedError."""
        admit(lab, service)
        return self.backups(lab, service)

    def require_fitting(self, lab: Lab, service: str, backup: Backup) -> None:
        """Raise StepFailedError for a backup of a major version that the lab's server cannot be."""
        here = as_root(lab, service, ["postgres", "--version"]).split()[2].partition(".")[0]
        fits = float(backup.major or 0) <= float(here) if self.newer_will_do else backup.major == here
        if not fits:
            raise StepFailedError(
                f"backup {backup.label} is of PostgreSQL {backup.major}, and the lab has PostgreSQL {here}",
                hint=f"set lab.services.{service}.image to one with PostgreSQL {backup.major}",
            )

    def replay(self, lab: Lab, service: str) -> Replay:
        """Return how far the recovered server came; raises StepFailedError with the server's message."""
        return recovered_point.replay(lab, service)


def archived(lab: Lab, service: str, archive: str) -> tuple[str, datetime]:
    """Return the last segment of a WAL archive and when it was written; raises StepFailedError when there is none."""
    files = (line.split("\t") for line in as_root(lab, service, ["sh", "-c", _ARCHIVED, "look", archive]).splitlines())
    segments = {match[1]: float(at) for name, at in files if (match := _SEGMENT.fullmatch(name))}
    if not segments:
        raise StepFailedError("the WAL archive holds no segment", hint="name the folder that archive_command fills")
    end = max(segments)
    return end, from_epoch(segments[end])
