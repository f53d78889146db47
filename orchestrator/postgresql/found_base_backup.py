"""Base backups that somebody else took, as pg_basebackup makes them, and a folder of archived WAL beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.core.found import Backup, Found, as_root, from_epoch
from orchestrator.postgresql.admission import let_read
from orchestrator.postgresql.copies import CopyOfPostgres, archived

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

# Prints of each backup: its folder, major version, server, and the seconds at which it began and the last of its
# files was written to, by its manifest: who copies a backup gives its files other times, but not its manifest another
# content. The files of one in tar format are looked at where it has been unpacked.
_LOOK = r"""
set -eu
for path in "$1" "$1"/*; do
    [ -d "$path" ] || continue
    at=$path
    if tar=$(ls "$path"/base.tar* 2> /dev/null); then
        at=$(mktemp --directory)
        tar --extract --file="$tar" --directory="$at" PG_VERSION backup_label global/pg_control 2> /dev/null ||
            tar --extract --file="$tar" --directory="$at" ./PG_VERSION ./backup_label ./global/pg_control
    fi
    [ -f "$at/PG_VERSION" ] && [ -f "$at/backup_label" ] || continue
    began=$(date --date="$(sed -n 's/^START TIME: //p' "$at/backup_label")" +%s)
    server=$(LC_ALL=C pg_controldata "$at" | sed -n 's/^Database system identifier: *//p')
    ended=$(sed -n 's/.*"Last-Modified": "\([^"]*\)".*/\1/p' "$path/backup_manifest" 2> /dev/null | sort | tail -n 1)
    [ -z "$ended" ] || ended=$(date --date="$ended" +%s)
    printf '%s\t%s\t%s\t%s\t%s\n' "$path" "$(cat "$at/PG_VERSION")" "$server" "$began" "$ended"
done
"""


@dataclass(frozen=True)
class BaseBackups(CopyOfPostgres):
    """The base backup in a folder, or those in the folders of it; and where the WAL archive is, if there is one."""

    source: str
    archive: str | None

    def backups(self, lab: Lab, service: str) -> Found:
        """Return what is there; raises StepFailedError when it cannot be looked at."""
        let_read(lab, service, "/bin/cp", "/bin/gzip")
        lines = as_root(lab, service, ["sh", "-c", _LOOK, "look", self.source]).splitlines()
        backups = [_backup(*line.split("\t")) for line in lines]
        in_order = tuple(sorted(backups, key=lambda one: one.started is not None and one.started.timestamp()))
        if self.archive is None:
            return Found(in_order)
        return Found(in_order, *archived(lab, service, self.archive))

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"backup": backup.facts["folder"], "wal_archive": self.archive or ""}


def _backup(folder: str, major: str, server: str, began: str, ended: str) -> Backup:
    return Backup(
        label=folder.rstrip("/").rpartition("/")[2],
        major=major,
        server=server,
        started=from_epoch(float(began)),
        stopped=from_epoch(float(ended)) if ended else None,
        facts={"type": "base-backup", "folder": folder},
    )
