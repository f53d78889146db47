"""The ledger's threads and its conversation, on a client that answers as it is told to."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from test_ledger_files import settings

from orchestrator.ledger.clients import AttemptFailedError, Identity
from orchestrator.ledger.conversation import Command, Conversation, Inbox
from orchestrator.ledger.files import LedgerFiles
from orchestrator.ledger.pace import Pace
from orchestrator.ledger.statistics import Statistics
from orchestrator.ledger.workers import Desk, Reader, Worker, Writer
from reports.facts.ledger import NO_EPOCH, Action, Answer, Attempt, Row, payload, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

REFUSED = AttemptFailedError("no", sqlstate="25006", definite=True)
LOST = AttemptFailedError("lost")
SERVER = Identity("1", 1, "now")
PACES = (Pace(0), Pace(0))
STOP, READ_BACK, CLOSE = Command("stop"), Command("read-back"), Command("close")


class ScriptedClient:
    """A Client on one table in memory: each verb takes the next line of the script, an error to raise or None.

    Like the real one it needs a connection, which `close` drops. When the script ends, so does the work.
    """

    def __init__(self, script: Iterable[AttemptFailedError | None], ended: Callable[[], None]) -> None:
        self._script = iter(script)
        self._ended = ended
        self.connected = False
        self.table: list[Row] = []
        self.expected: list[bool] = []

    def _next(self) -> None:
        try:
            error = next(self._script)
        except StopIteration:
            self._ended()
            raise LOST from None
        if error:
            raise error

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Take a line; on None, be connected."""
        assert endpoint == ("here", 1)
        assert deadline > 0
        self._next()
        self.connected = True
        return SERVER

    def write(self, row: Row, deadline: int) -> int:
        """Take a line; on None, keep the row."""
        assert self.connected
        assert deadline > 0
        self._next()
        self.table.append(row)
        return 100 + len(self.table)

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Take a line and note what was expected."""
        assert self.connected
        assert deadline > 0
        self.expected.append(expect_row)
        self._next()

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Take a line; on None, hand out the rows."""
        assert self.connected
        assert patience_ns > 0
        self._next()
        for row in self.table:
            keep(row)
        return 7

    def close(self) -> None:
        """Be connected no more."""
        self.connected = False


@dataclass
class Somewhere:
    """Where a service is said to be by a function; another one is told of moves."""

    look_up: Callable[[], tuple[str, int] | None]
    move: Callable[[str], None] = lambda _: None


def desk(where: Callable[[], tuple[str, int] | None] = lambda: ("here", 1)) -> tuple[Desk, list[str]]:
    """Return a desk, and the list that grows whenever a worker begins to fail."""
    alarms: list[str] = []
    return Desk(Somewhere(where), lambda _: 0, lambda: alarms.append("failing"), 10**9), alarms


def ends(outcomes: list[Attempt]) -> list[tuple[str, int, str]]:
    """Return action, sequence and answer of each; the last is the script's end."""
    return [(Action(one.action).name, one.sequence, Answer(one.answer).name) for one in outcomes[:-1]]


def work(worker: Worker) -> None:
    """Run a worker until its script ends."""
    worker.start()
    worker.join(10)
    assert not worker.is_alive()


def test_a_sequence_number_is_never_sent_twice() -> None:
    """After a refusal, and after a doubt, the next write has the next number on a new connection."""
    shared, alarms = desk()
    client = ScriptedClient([None, None, REFUSED, None, None, LOST, None, None], shared.stop.set)
    work(Writer(0, client, shared, PACES, "n"))
    outcomes = shared.take()
    assert ends(outcomes) == [
        ("CONNECT", 0, "ACKNOWLEDGED"),
        ("WRITE", 1, "ACKNOWLEDGED"),
        ("WRITE", 2, "REFUSED"),
        ("CONNECT", 0, "ACKNOWLEDGED"),
        ("WRITE", 3, "ACKNOWLEDGED"),
        ("WRITE", 4, "IN_DOUBT"),
        ("CONNECT", 0, "ACKNOWLEDGED"),
        ("WRITE", 5, "ACKNOWLEDGED"),
    ]
    assert client.table == [Row(0, number, payload("n", 0, number)) for number in (1, 3, 5)]
    assert [one.position for one in outcomes[:-1]] == [0, 101, 0, 0, 102, 0, 0, 103]
    assert (outcomes[2].sqlstate, outcomes[2].epoch) == (b"25006", 0)
    assert alarms == ["failing"] * 3
    assert not client.connected


def test_no_write_is_attempted_without_a_connection() -> None:
    """A connect that fails is the whole attempt, known as unsent and belonging to no epoch."""
    shared, alarms = desk()
    work(Writer(0, ScriptedClient([LOST, REFUSED], shared.stop.set), shared, PACES, "n"))
    outcomes = shared.take()
    assert ends(outcomes) == [("CONNECT", 0, "UNSENT")] * 2
    assert {one.epoch for one in outcomes} == {NO_EPOCH}
    assert alarms == ["failing"]


def test_nothing_is_sent_while_there_is_no_endpoint() -> None:
    """The client is not even asked to connect: an address that has vanished would answer late and wrongly."""
    answers: Iterator[tuple[str, int] | None] = iter([None, None, ("here", 1)])
    shared, _ = desk(lambda: next(answers))
    work(Writer(0, ScriptedClient([], shared.stop.set), shared, PACES, "n"))
    assert ends(shared.take()) == [("CONNECT", 0, "UNSENT")] * 2


@pytest.mark.parametrize("written", [False, True])
def test_the_reader_expects_a_row_once_one_was_acknowledged(written: bool) -> None:  # noqa: FBT001 - a case
    """Before the first write an empty table is right; afterwards it is a loss."""
    shared, _ = desk()
    shared.written = written
    client = ScriptedClient([None, None], shared.stop.set)
    work(Reader(2, client, shared, PACES))
    assert client.expected[0] is written
    assert ends(shared.take())[1] == ("READ", 0, "ACKNOWLEDGED")


def serve(
    commands: list[Command], workers: list[Worker], shared: Desk, folder: Path, spare: ScriptedClient
) -> list[object]:
    """Let a conversation run to its end; return the replies."""
    inbox: Inbox = Inbox()
    for command in commands:
        inbox.put(command)
    out = io.StringIO()
    with LedgerFiles(settings(folder)) as files:
        Conversation(files, shared, workers, Statistics(10**9)).serve(inbox, out, spare)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all({"status", "failures"} == set(line) for line in lines if "reply" not in line)
    return [(line["reply"], line["result"]) for line in lines if "reply" in line]


def test_each_command_is_answered_and_the_account_is_whole(tmp_path: Path) -> None:
    """Stop, read back, close: the folder then holds every attempt and every row."""
    shared, _ = desk()
    paced = (Pace(10**6), Pace(0))
    client = ScriptedClient([None] * 10_000, shared.stop.set)
    spare = ScriptedClient([None, None], shared.stop.set)
    spare.table = client.table
    replies = serve([STOP, READ_BACK, CLOSE], [Writer(0, client, shared, paced, "n")], shared, tmp_path, spare)
    ledger = read(tmp_path)
    digest = json.loads(json.dumps(replies))[2][1]
    assert replies == [("stop", None), ("read-back", None), ("close", digest)]
    assert list(ledger.rows()) == client.table
    assert (ledger.closed.read_back_position, ledger.closed.attempts) == (7, len(client.table) + 1)


def test_a_table_that_cannot_be_read_is_an_answer_too(tmp_path: Path) -> None:
    """The server's error is the reply, and stands in the account."""
    shared, _ = desk()
    spare = ScriptedClient([None, AttemptFailedError("invalid page", sqlstate="XX001", definite=True)], lambda: None)
    replies = serve([READ_BACK, CLOSE], [], shared, tmp_path, spare)
    assert replies[0] == ("read-back", "invalid page XX001")
    assert read(tmp_path).closed.read_back_error == "invalid page XX001"


def test_a_move_stops_nobody(tmp_path: Path) -> None:
    """The endpoint is told, the move answered, and the writers go on."""
    shared, _ = desk()
    moves: list[tuple[str, bool]] = []
    shared.where = Somewhere(lambda: None, lambda container: moves.append((container, shared.stop.is_set())))
    replies = serve([Command("move", "standby"), CLOSE], [], shared, tmp_path, ScriptedClient([], lambda: None))
    assert replies[0] == ("move", None)
    assert moves == [("standby", False)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_dies_ends_the_ledger(tmp_path: Path) -> None:
    """A ledger with a silent worker would measure nothing and look healthy."""
    shared, _ = desk()
    client = ScriptedClient([None], shared.stop.set)
    with pytest.raises(RuntimeError, match="a worker died"):
        serve([], [Worker(0, client, shared, PACES)], shared, tmp_path, client)
