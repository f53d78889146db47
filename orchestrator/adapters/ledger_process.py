"""The ledger in a process of its own: RunningLedger over pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from orchestrator.core import artifacts
from orchestrator.core.errors import StepFailedError
from orchestrator.core.ledger_port import LedgerStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.core.ledger_port import LedgerSettings

LOG = "ledger.log"
START_S = 20.0
STOP_S = 10.0
"""Beyond the attempts' own deadline."""
MOVE_S = 10.0
READ_BACK_S = 600.0
CLOSE_S = 60.0


class LedgerProcesses:
    """Makes ledgers run, each as `python -m orchestrator.ledger`."""

    def start(self, settings: LedgerSettings) -> LedgerProcess:
        """Start the process; returns once it takes commands. Writing begins at once.

        Raises StepFailedError when it does not start; whatever is raised, no process is left.
        """
        ledger = LedgerProcess(settings)
        try:
            ledger.next_status(START_S)
        except BaseException:
            ledger.kill()
            raise
        return ledger


class LedgerProcess:
    """A RunningLedger; every verb but `kill` raises StepFailedError when the process is gone or does not answer."""

    def __init__(self, settings: LedgerSettings) -> None:
        self._service = settings.service
        self._deadline_s = settings.deadline_s
        self._hint = f"its own account is in {settings.folder / LOG}"
        self._status: LedgerStatus | None = None
        self._returned = 0
        self._failures: list[tuple[int, int]] = []
        self._replies: dict[str, str | None] = {}
        self._ended = False
        self._news = threading.Condition()
        with artifacts.writing(settings.folder):
            settings.folder.mkdir(parents=True, exist_ok=True)
            self._process = _spawn(settings.folder / LOG)
        self._stdin = cast("IO[bytes]", self._process.stdin)
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        # The password goes through the pipe only: never on the command line, in the environment or on disk.
        self._send(asdict(settings) | {"folder": str(settings.folder.resolve())})

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def status(self) -> LedgerStatus:
        """Return the newest status."""
        with self._news:
            if self._ended or self._status is None:
                raise self._gone()
            self._returned = self._status.at
            return self._status

    def next_status(self, timeout_s: float) -> LedgerStatus:
        """Wait for a status newer than the last one returned."""
        self._wait(lambda: self._status is not None and self._status.at > self._returned, timeout_s, "say how it is")
        return self.status()

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:
        """Return when the first failure that became known after that moment was observed, or None.

        Only of attempts begun at `begun` or later.
        """
        with self._news:
            if self._ended:
                raise self._gone()
            known = (at for attempted, at in self._failures if at > monotonic_ns and attempted >= begun)
            return min(known, default=None)

    def move(self, container: str) -> None:
        """Connect to another container from now on; what is connected stays so until it fails."""
        self._command("move", MOVE_S, to=container)

    def stop(self) -> None:
        """Let no writer or reader begin anything more; returns when every attempt has its outcome."""
        self._command("stop", self._deadline_s + STOP_S)

    def read_back(self) -> str | None:
        """Read the whole table by sequential scan into the folder; return the server's error, if it had one."""
        return self._command("read-back", READ_BACK_S)

    def close(self) -> str:
        """Write the counts, end the process, and return the SHA-256 of closed.json."""
        digest = self._command("close", CLOSE_S)
        self.kill()
        return str(digest)

    def kill(self) -> None:
        """End the process at once; idempotent."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        self._stdin.close()
        self._stdout.close()

    def _command(self, do: str, timeout_s: float, **more: str) -> str | None:
        self._send({"do": do, **more})
        self._wait(lambda: do in self._replies, timeout_s, do)
        return self._replies.pop(do)

    def _send(self, message: dict[str, Any]) -> None:
        if self._ended:
            raise self._gone()
        try:
            os.write(self._stdin.fileno(), json.dumps(message).encode() + b"\n")
        except BrokenPipeError as error:
            raise self._gone() from error

    def _wait(self, until: Callable[[], bool], timeout_s: float, what: str) -> None:
        with self._news:
            self._news.wait_for(lambda: until() or self._ended, timeout_s)
            if until():
                return
            if self._ended:
                raise self._gone()
        raise StepFailedError(f"{self._service}: the ledger did not {what} within {timeout_s:g} s", hint=self._hint)

    def _gone(self) -> StepFailedError:
        return StepFailedError(f"{self._service}: the ledger's process is gone", hint=self._hint)

    def _listen(self) -> None:
        for line in self._stdout:
            message = json.loads(line)
            with self._news:
                if "reply" in message:
                    self._replies[message["reply"]] = message["result"]
                else:
                    self._status = LedgerStatus(**message["status"])
                    self._failures += message["failures"]
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def _spawn(log: Path) -> subprocess.Popen[bytes]:
    # libpq reads PG* variables: a ledger must not depend on who starts it. A session of its own: Ctrl-C at the
    # terminal is for the engine, which needs the ledger's account to the end. The working directory is where the
    # modules are looked for first: the user's may hold folders named as our packages are.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with log.open("ab") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", "orchestrator.ledger"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment,
            start_new_session=True,
        )
