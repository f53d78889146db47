"""The directory of one server that somebody else's Barman keeps: its base backups, and the WAL archived beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, Found, as_root
from orchestrator.postgresql.admission import place
from orchestrator.postgresql.barman_info import read_info
from orchestrator.postgresql.copies import CopyOfPostgres, archived

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

CONFIGURATION = "/etc/barman.conf"
OWN = "/opt/barman"
"""Where Barman writes what it must, such as locks."""
SERVER = "main"
"""What the copy's configuration calls the server, whatever its own Barman calls it."""
# Prints what each backup.info holds, by the name of the folder that it lies in.
_LOOK = """
import json, pathlib, sys
infos = pathlib.Path(sys.argv[1], "base").glob("*/backup.info")
print(json.dumps({info.parent.name: info.read_text() for info in infos}))
"""


def configuration(directory: str) -> str:
    """Return Barman's configuration for a server's directory that can only be read: its locks lie elsewhere.

    Root restores: the files may belong to anybody. Neither ssh nor a connection is ever used to restore.
    """
    lines = [
        "[barman]",
        "barman_user = root",
        f"barman_home = {OWN}",
        f"barman_lock_directory = {OWN}",
        f"recovery_staging_path = {OWN}",
        "log_level = WARNING",
        f"[{SERVER}]",
        "description = a copy",
        f"backup_directory = {directory}",
        "archiver = on",
        "backup_method = rsync",
        "backup_options = concurrent_backup",
        "ssh_command = false",
        "conninfo = host=nowhere",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class BarmanServer(CopyOfPostgres):
    """One server's directory, the one with `base` and `wals` in it."""

    source: str

    def backups(self, lab: Lab, service: str) -> Found:
        """Return the server's complete backups; raises StepFailedError when they cannot be looked at."""
        place(lab, service, CONFIGURATION, configuration(self.source))
        as_root(lab, service, ["mkdir", "--parents", OWN])
        try:
            infos: dict[str, str] = json.loads(as_root(lab, service, ["python3", "-c", _LOOK, self.source]))
            found = [backup for label, text in sorted(infos.items()) if (backup := read_info(label, text))]
        except (KeyError, ValueError) as error:
            raise StepFailedError(f"a backup.info cannot be read: {error}", hint="is it Barman's, and whole?") from None
        return Found(tuple(found), *archived(lab, service, f"{self.source}/wals")) if found else Found(())

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"backup": backup.label, "barman_server": SERVER}
