"""Dumps of pg_dump and pg_dumpall that somebody else wrote: one file, one folder of a dump, or a folder of several."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from orchestrator.core.found import Backup, Found, first_bytes
from orchestrator.postgresql.copies import CopyOfPostgres
from orchestrator.postgresql.dump_header import read_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.dump_header import DumpHeader
    from reports.facts.existing import Method

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Dump:
    """One dump, and where it lies in the service's container."""

    path: str
    header: DumpHeader

    @property
    def database(self) -> str:
        """Return the database that it is of; a script that tells of none is named after its file."""
        return self.header.database or posixpath.basename(self.path).partition(".")[0]


@dataclass(frozen=True)
class Dumps(CopyOfPostgres):
    """What one source holds is one backup: the newest dump of each database, and the scripts of roles.

    `zone` is that of the clock they were begun by, which archives do not tell.
    """

    dated_by: ClassVar[Method] = "dump-start"
    newer_will_do: ClassVar[bool] = True

    source: str
    label: str
    zone: ZoneInfo

    def backups(self, lab: Lab, service: str) -> Found:
        """Return the one backup, or none; raises StepFailedError."""
        scripts, newest = [], {}
        for dump in sorted(self._dumps(lab, service), key=lambda one: self._began(one) or _LONG_AGO):
            if dump.header.cluster:
                scripts.append(dump.path)
            else:
                newest[dump.database] = dump
        if not newest:
            return Found(())
        began = [self._began(dump) for dump in newest.values()]
        known = [moment for moment in began if moment]
        backup = Backup(
            label=self.label,
            major=max((dump.header.major for dump in newest.values()), key=_number),
            started=min(known) if len(known) == len(began) else None,
            facts={
                "type": "dump",
                "clusters": scripts,
                "databases": [
                    {"path": dump.path, "archive": dump.header.archive, "database": name}
                    for name, dump in newest.items()
                ],
            },
        )
        return Found((backup,))

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"dumps": {name: backup.facts[name] for name in ("clusters", "databases")}}

    def _began(self, dump: Dump) -> datetime | None:
        at = dump.header.started
        return at.replace(tzinfo=self.zone) if at and at.tzinfo is None else at

    def _dumps(self, lab: Lab, service: str) -> Iterator[Dump]:
        for path, first in first_bytes(lab, service, self.source):
            if header := read_header(first):
                yield Dump(path, header)


def _number(major: str) -> float:
    return float(major or 0)
