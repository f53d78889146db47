"""Backups and the copied binlog of MariaDB as the shipped playbooks keep them: what sabotage of them must find."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import shell
from orchestrator.mariadb import root

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

_SOUND = "cd $0 && sha256sum --check --status SHA256SUMS && echo yes || echo no"
_COPIERS = "find /proc -maxdepth 2 -name exe -lname '*/mariadb-binlog' 2> /dev/null | cut --delimiter=/ --fields=3"
WHILE_S = 0.5
"""How long the server writes into the one file of its binlog that is spoilt."""


@dataclass(frozen=True)
class Backups:
    """The backups and the copied binlog below a folder. StepFailedError is raised when the container cannot tell."""

    lab: Lab
    service: str
    folder: str

    def newest(self) -> str:
        """Return the folder of the newest backup."""
        return shell.newest_backup(self.lab, self.service, f"{self.folder}/full")

    def is_sound(self, backup: str) -> bool:
        """Return whether all files of a backup are as its checksums say."""
        return self._run(_SOUND, backup).strip() == "yes"

    def size(self, file: str) -> int:
        """Return a file's size; 0 when it is not there."""
        return int(self._run("stat --format=%s $0 2> /dev/null || echo 0", file))

    def truncate(self, file: str, size: int) -> None:
        """Cut a file."""
        self._run(f"truncate --size={size} $0", file)

    def remove(self, file: str) -> None:
        """Remove a file."""
        self._run("rm $0", file)

    def flip(self, file: str) -> bool:
        """Flip one bit in the middle of a file, and return whether the byte that is read again is another."""
        at = self.size(file) // 2
        before = self.lab.read_file(self.service, file, at, 1)
        self.lab.overwrite(self.service, file, at, bytes([before[0] ^ 1]))
        return self.lab.read_file(self.service, file, at, 1) != before

    def whole_binlog(self) -> tuple[str, str]:
        """Let the server begin a file of its binlog and, a moment later, another; return the copies of both.

        The first was begun after the backup and has all that was committed in that moment.
        """
        whole = self._begin_binlog()
        self.lab.clock.sleep(WHILE_S)
        following = self._begin_binlog()
        self.lab.clock.sleep(WHILE_S)
        return whole, following

    def behind(self) -> int:
        """Return how many bytes of the server's newest file of the binlog its copy lacks."""
        [(name, position, *_)] = root.ask(self.lab, self.service, "SHOW MASTER STATUS")
        return int(str(position)) - self.size(self._copy(name))

    def stop_copying(self) -> int:
        """End the processes that copy the binlog, and return how many still run."""
        self._run(f"kill $({_COPIERS})")
        self.lab.clock.sleep(WHILE_S)
        return len(self._run(_COPIERS).split())

    def _begin_binlog(self) -> str:
        [(name, *_)] = root.ask(self.lab, self.service, "FLUSH BINARY LOGS; SHOW MASTER STATUS")
        return self._copy(name)

    def _copy(self, name: object) -> str:
        return f"{self.folder}/binlogs/{name}"

    def _run(self, command: str, *arguments: str) -> str:
        return shell.output(self.lab, self.service, ["sh", "-c", command, *arguments])
