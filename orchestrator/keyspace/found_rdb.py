"""RDB files that somebody else's Redis wrote: one file, or a folder of several."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, Found, Replay, as_root, first_bytes
from orchestrator.keyspace.rdb_header import read_header

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.existing import Method


@dataclass(frozen=True)
class RdbFiles:
    """The RDB files of a source, each of them a backup. `label`: what a source that is a file is called."""

    software: ClassVar[str] = "Redis"
    dated_by: ClassVar[Method] = "snapshot-start"

    source: str
    label: str

    def find(self, lab: Lab, service: str) -> Found:
        """Return what is there; raises StepFailedError when it cannot be looked at."""
        read = ((path, read_header(first)) for path, first in first_bytes(lab, service, self.source))
        backups = [
            Backup(
                label=self.label if path == self.source else posixpath.basename(path),
                major=header.major,
                started=header.started,
                facts={"type": "rdb", "path": path},
            )
            for path, header in read
            if header
        ]
        return Found(tuple(sorted(backups, key=lambda one: str(one.started or ""))))

    def require_fitting(self, lab: Lab, service: str, backup: Backup) -> None:
        """Raise StepFailedError for a file of a newer Redis than the lab's: it could not load it."""
        told = as_root(lab, service, ["redis-server", "--version"])
        here = told.partition(" v=")[2].partition(" ")[0]
        if _numbers(backup.major) > _numbers(here)[:2]:
            raise StepFailedError(
                f"backup {backup.label} is of Redis {backup.major}, and the lab has Redis {here}",
                hint=f"set lab.services.{service}.image to one with Redis {backup.major}, or a newer one",
            )

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"backup": backup.facts["path"]}

    def replay(self, lab: Lab, service: str) -> Replay:  # noqa: ARG002 - the format's signature
        """Return that there was none: an RDB file is of one moment."""
        return Replay()


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".") if number.isdigit()]
