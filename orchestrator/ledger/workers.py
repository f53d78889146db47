"""The threads: writers and a reader, each with a connection of its own, each attempt with its outcome."""

from __future__ import annotations

import logging
import threading
from collections import deque
from time import monotonic_ns
from typing import TYPE_CHECKING, Protocol

from orchestrator.ledger.clients import AttemptFailedError
from reports.facts.ledger import NO_EPOCH, Action, Answer, Attempt, Row, payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.ledger.clients import Client, Identity
    from orchestrator.ledger.pace import Pace

log = logging.getLogger(__name__)


class Where(Protocol):
    """Where the service is; asked and moved by any thread."""

    def look_up(self) -> tuple[str, int] | None:
        """Return host and port to connect to, or None while there is nothing to connect to."""
        ...

    def move(self, container: str) -> None:
        """Look another container up from now on."""
        ...


class Desk:
    """What the workers of one ledger share: where they leave outcomes, and when they stop."""

    def __init__(
        self,
        where: Where,
        epoch: Callable[[Identity], int],
        failed: Callable[[], None],
        deadline_ns: int,
    ) -> None:
        self.where = where
        self.epoch = epoch
        self.failed = failed
        """Called once whenever a worker begins to fail, so that the outage is told at once."""
        self.deadline_ns = deadline_ns
        self.stop = threading.Event()
        self.written = False
        """Whether any write was acknowledged: from then on the table cannot be empty."""
        self._outcomes: deque[Attempt] = deque()

    def endpoint(self) -> tuple[str, int]:
        """Return where to connect to; raises AttemptFailedError while that is nowhere."""
        endpoint = self.where.look_up()
        if endpoint is None:
            raise AttemptFailedError("no endpoint: the container does not run or has no address")
        return endpoint

    def put(self, attempt: Attempt) -> None:
        """Leave an outcome; by any thread."""
        self._outcomes.append(attempt)

    def take(self) -> list[Attempt]:
        """Return the outcomes left since the last call, in the order they were left; by one thread."""
        return [self._outcomes.popleft() for _ in range(len(self._outcomes))]


class Worker(threading.Thread):
    """Connects, acts at its pace, and drops a connection on which anything failed: who answers is asked anew."""

    def __init__(self, number: int, client: Client, desk: Desk, paces: tuple[Pace, Pace]) -> None:
        super().__init__(name=f"worker {number}", daemon=True)
        self.number = number
        self.client = client
        self.desk = desk
        self._pace, self._retry_pace = paces
        self._epoch = NO_EPOCH
        self._failing = ""

    def run(self) -> None:
        """Work until the desk says stop; the first act on a new connection does not wait."""
        while not self.desk.stop.wait(self._pause_s()):
            if self._epoch != NO_EPOCH or self.attempt(Action.CONNECT, self._connect):
                self.act()
        self.client.close()

    def act(self) -> None:
        """Attempt what this worker is for."""
        raise NotImplementedError

    def attempt(self, action: Action, do: Callable[[int], int], sequence: int = 0) -> bool:
        """Do it (given its deadline, it returns a position), leave the outcome, and return whether it succeeded."""
        attempted = monotonic_ns()
        position, answer, sqlstate, says = 0, Answer.ACKNOWLEDGED, "", ""
        try:
            position = do(attempted + self.desk.deadline_ns)
        except AttemptFailedError as failure:
            sqlstate, says = failure.sqlstate, failure.says
            answer = Answer.REFUSED if failure.definite else Answer.IN_DOUBT
            if action is Action.CONNECT:
                answer = Answer.UNSENT
        times = (attempted, monotonic_ns())
        who = (self.number, self._epoch)
        self.desk.put(Attempt(sequence, *times, position, *who, action, answer, sqlstate.encode()))
        self._note(f"{action.name.lower()} {answer.name.lower()}: {says} {sqlstate}".strip() if says else "")
        return answer is Answer.ACKNOWLEDGED

    def _pause_s(self) -> float:
        pace = self._retry_pace if self._epoch == NO_EPOCH else self._pace
        return pace.wait_s(monotonic_ns())

    def _connect(self, deadline: int) -> int:
        self._epoch = self.desk.epoch(self.client.connect(self.desk.endpoint(), deadline))
        return 0

    def _note(self, failing: str) -> None:
        if failing:
            self.client.close()
            self._epoch = NO_EPOCH
            if not self._failing:
                self.desk.failed()
        if failing != self._failing:
            log.info("%s: %s", self.name, failing or "succeeds")
        self._failing = failing


class Writer(Worker):
    """Writes rows numbered densely from 1; a number is never sent twice."""

    def __init__(self, number: int, client: Client, desk: Desk, paces: tuple[Pace, Pace], nonce: str) -> None:
        super().__init__(number, client, desk, paces)
        self._nonce = nonce
        self._sequence = 0

    def act(self) -> None:
        """Write the next row."""
        self._sequence += 1
        row = Row(self.number, self._sequence, payload(self._nonce, self.number, self._sequence))
        if self.attempt(Action.WRITE, lambda deadline: self.client.write(row, deadline), self._sequence):
            self.desk.written = True


class Reader(Worker):
    """Reads from the table, as an application would; a table that was written to must not be empty."""

    def act(self) -> None:
        """Read once."""
        self.attempt(Action.READ, self._read)

    def _read(self, deadline: int) -> int:
        self.client.read(deadline, expect_row=self.desk.written)
        return 0
