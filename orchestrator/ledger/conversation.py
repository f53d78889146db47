"""The ledger's main thread: commands in, status and replies out, outcomes to the files.

In, one JSON object a line: {"do": "stop" | "read-back" | "close"} or {"do": "move", "to": a container}, each answered
by a reply of that name.
Out, one JSON object a line: {"status": LedgerStatus, "failures": [[when attempted, when known], ...] since the last
status}, {"reply": name, "result": what came of it}. A status comes every TICK_S, and at once when a worker begins to
fail.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue
from time import monotonic_ns
from typing import IO, TYPE_CHECKING

from orchestrator.ledger.clients import AttemptFailedError
from orchestrator.ledger.files import ReadBack
from reports.facts.ledger import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.ledger.clients import Client
    from orchestrator.ledger.files import LedgerFiles
    from orchestrator.ledger.statistics import Statistics
    from orchestrator.ledger.workers import Desk, Worker

TICK_S = 0.05
CONNECT_PATIENCE_NS = 5_000_000_000
ROWS_PATIENCE_NS = 15_000_000_000
"""Longest silence of the server while the table is read back."""


@dataclass(frozen=True)
class Command:
    """What is to be done."""

    do: str
    to: str = ""
    """The container that a move leads to."""


Inbox = SimpleQueue[Command]
LOOK = Command("look")
"""Put into the inbox when an outcome should not wait for the next tick."""


class Conversation:
    """Serves one ledger until it is closed."""

    def __init__(self, files: LedgerFiles, desk: Desk, workers: Sequence[Worker], statistics: Statistics) -> None:
        self._files = files
        self._desk = desk
        self._workers = workers
        self._statistics = statistics
        self._read_back = ReadBack()

    def serve(self, inbox: Inbox, out: IO[str], spare: Client) -> None:
        """Start the workers and serve until `close`; `spare` reads the table back."""
        for worker in self._workers:
            worker.start()
        command = LOOK
        while command.do != "close":
            command = self._next(inbox)
            if command == LOOK:
                self._tell(out, self._look())
                continue
            if command.do == "move":
                self._desk.where.move(command.to)
            else:
                self._stop()
                self._tell(out, self._look())
            self._tell(out, {"reply": command.do, "result": self._obey(command.do, spare)})

    def _next(self, inbox: Inbox) -> Command:
        try:
            return inbox.get(timeout=TICK_S)
        except Empty:
            return LOOK

    def _obey(self, command: str, spare: Client) -> str | None:
        if command == "read-back":
            self._read_back = self._read(spare)
            return self._read_back.error
        return self._files.close(self._read_back) if command == "close" else None

    def _stop(self) -> None:
        self._desk.stop.set()
        for worker in self._workers:
            worker.join()

    def _look(self) -> dict[str, object]:
        if not self._desk.stop.is_set() and not all(worker.is_alive() for worker in self._workers):
            raise RuntimeError("a worker died: its traceback is above")
        attempts = self._desk.take()
        now = monotonic_ns()
        self._files.append(attempts)
        self._statistics.add(now, attempts)
        failures = [
            (attempt.attempted, attempt.answered) for attempt in attempts if attempt.answer != Answer.ACKNOWLEDGED
        ]
        return {"status": asdict(self._statistics.status(now)), "failures": failures}

    def _read(self, client: Client) -> ReadBack:
        try:
            client.connect(self._desk.endpoint(), monotonic_ns() + CONNECT_PATIENCE_NS)
            with self._files.present() as present:
                position = client.read_all(present.keep, ROWS_PATIENCE_NS)
        except AttemptFailedError as failure:
            return ReadBack(error=f"{failure.says} {failure.sqlstate}".strip())
        finally:
            client.close()
        return ReadBack(rows=present.rows, error=None, position=position)

    def _tell(self, out: IO[str], message: dict[str, object]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()
