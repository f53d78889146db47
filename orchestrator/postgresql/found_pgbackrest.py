"""A pgBackRest repository that somebody else fills: what pgBackRest itself tells of it, asked for in the lab."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, Found, from_epoch
from orchestrator.postgresql.admission import let_read, place
from orchestrator.postgresql.copies import CopyOfPostgres

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.core.lab import Lab

CONFIGURATION = "/etc/pgbackrest/pgbackrest.conf"
DATA = "/var/lib/postgresql/data"
CIPHER = "aes-256-cbc"
"""The only one that pgBackRest has."""
UNREADABLE = 99
"""`info` ends well then, too, and says so in its status."""


def configuration(stanza: str, repository: str, data: str, key: str | None) -> str:
    """Return pgBackRest's configuration for a repository that can only be read."""
    lines = [
        "[global]",
        f"repo1-path={repository}",
        *([f"repo1-cipher-type={CIPHER}", f"repo1-cipher-pass={key}"] if key else []),
        "log-level-console=warn",
        "log-level-file=off",
        "process-max=2",
        "archive-async=y",
        "spool-path=/var/spool/pgbackrest",
        f"[{stanza}]",
        f"pg1-path={data}",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Repository(CopyOfPostgres):
    """One stanza of a repository, and the passphrase of an encrypted one."""

    source: str
    stanza: str
    key: str | None = field(repr=False)

    def backups(self, lab: Lab, service: str) -> Found:
        """Return the stanza's backups; raises StepFailedError with pgBackRest's own words."""
        place(lab, service, CONFIGURATION, configuration(self.stanza, self.source, DATA, self.key))
        let_read(lab, service, "/usr/bin/pgbackrest")
        return _found(lab, service, self.stanza)

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"backup": backup.label, "pgbackrest_stanza": self.stanza}


def _found(lab: Lab, service: str, stanza: str) -> Found:
    # Not strict: pgBackRest's own messages stand in there with their line feeds.
    told = json.loads(_run(lab, service, [f"--stanza={stanza}", "--output=json", "info"]), strict=False)[0]
    if told["status"]["code"] == UNREADABLE:
        raise _cannot_read(service, told["repo"][0]["status"]["message"])
    databases = {one["id"]: one for one in told["db"]}
    backups = tuple(_backup(one, databases) for one in told["backup"] if not one.get("error"))
    if not backups:
        return Found(())
    newest = max(one["database"]["id"] for one in told["backup"])
    archives = [one for one in told["archive"] if one["database"]["id"] == newest and one["max"]]
    if not archives:
        return Found(backups)
    end, folder = archives[-1]["max"], f"archive/{stanza}/{archives[-1]['id']}/{archives[-1]['max'][:16]}"
    files: Mapping[str, Any] = json.loads(_run(lab, service, ["--output=json", "repo-ls", folder]))
    last = max((one.get("time", 0) for name, one in files.items() if name.startswith(end)), default=None)
    return Found(backups, end, None if last is None else from_epoch(last))


def _backup(told: Mapping[str, Any], databases: Mapping[int, Mapping[str, Any]]) -> Backup:
    database = databases[told["database"]["id"]]
    return Backup(
        label=told["label"],
        major=str(database["version"]),
        server=str(database["system-id"]),
        started=from_epoch(told["timestamp"]["start"]),
        stopped=from_epoch(told["timestamp"]["stop"]),
        facts={
            "type": told["type"],
            "lsn": told.get("lsn", {}),  # an old pgBackRest does not tell it
            "wal": told["archive"],
            "database_bytes": told["info"]["size"],
        },
    )


def _run(lab: Lab, service: str, arguments: Sequence[str]) -> str:
    done = lab.execute(service, ["pgbackrest", *arguments], user="postgres")
    if done.exit_code != 0:
        raise _cannot_read(service, done.output)
    return done.output


def _cannot_read(service: str, says: str) -> StepFailedError:
    return StepFailedError(
        f"{service}: pgbackrest cannot read the repository: {' '.join(says.split())}",
        hint="is it of this version, whole, and the key its own?",
    )
