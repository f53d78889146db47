"""What a recovered copy of production needs in a lab: an entrance for the observer, and readers of a foreign backup.

All of it is put into the lab's own container, beside the recovered data: of the data nothing is changed, its roles'
passwords neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.found import as_root
from orchestrator.software.postgres import PASSWORD_FILE

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

FOLDER = "/etc/drillmaster"
SETTINGS = {
    "archive_mode": "off",
    "config_file": f"{FOLDER}/postgresql.conf",
    "hba_file": f"{FOLDER}/pg_hba.conf",
}
"""The settings that a recovered copy must be started with: it archives nothing, and lets in whom the lab lets in."""

# Every role may come in with the password that the lab made up for the observer, whatever password it has itself.
_ADMIT = f"""
set -eu
mkdir --parents {FOLDER}
: > {FOLDER}/postgresql.conf
printf '%s\\n' 'local all all trust' 'host all all all pam pamservice=drillmaster' > {FOLDER}/pg_hba.conf
printf '%s\\n' '#!/bin/sh' '[ "$(tr -d "\\000")" = "$(cat {PASSWORD_FILE})" ]' > {FOLDER}/observer
chmod 0755 {FOLDER}/observer
printf '%s\\n' 'auth required pam_exec.so quiet expose_authtok {FOLDER}/observer' 'account required pam_permit.so' \
    > /etc/pam.d/drillmaster
"""

# The kernel's struct vfs_cap_data, version 2: CAP_DAC_OVERRIDE, permitted and effective.
_MAY_READ = """
import os, struct, sys
for program in sys.argv[1:]:
    os.setxattr(program, "security.capability", struct.pack("<5I", 0x02000001, 1 << 1, 0, 0, 0))
"""


def admit(lab: Lab, service: str) -> None:
    """Let the observer in with the lab's own password once the service runs; raises StepFailedError."""
    as_root(lab, service, ["sh", "-c", _ADMIT])


def let_read(lab: Lab, service: str, *programs: str) -> None:
    """Let programs read files of any owner: those of a foreign backup belong to users of another machine.

    They could write them too, were the backup not mounted read-only. Raises StepFailedError.
    """
    as_root(lab, service, ["python3", "-c", _MAY_READ, *programs])


def place(lab: Lab, service: str, path: str, content: str) -> None:
    """Put a file into the container that only root and the server's user read; raises StepFailedError."""
    as_root(lab, service, ["install", "--mode=0640", "--group=postgres", "/dev/stdin", path], content.encode())
