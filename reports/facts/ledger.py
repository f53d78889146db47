"""The ledger's files: every attempt with its outcome, the epochs it met, and the rows read back at the end.

attempts.bin   MAGIC, then one RECORD an attempt, in the order outcomes became known
epochs.jsonl   one JSON object a line: index, system_identifier, timeline, server_started
present.bin    MAGIC, then one ROW for every row of the table, in the order of a sequential scan
closed.json    Closed: counts and digests; its presence says that every attempt has its outcome
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from reports.facts.events import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"drillmaster-led1"
ATTEMPTS, EPOCHS, PRESENT, CLOSED = "attempts.bin", "epochs.jsonl", "present.bin", "closed.json"
RECORD = struct.Struct("<QqqQHHBB5s")
ROW = struct.Struct("<HQq")
NO_EPOCH = 0xFFFF


class Action(IntEnum):
    """What was attempted."""

    CONNECT = 1
    WRITE = 2
    READ = 3


class Answer(IntEnum):
    """What became of an attempt."""

    ACKNOWLEDGED = 1
    """A definite yes."""
    REFUSED = 2
    """A definite error from the server: the write must be absent."""
    IN_DOUBT = 3
    """Sent, and no answer within the deadline or before the connection broke."""
    UNSENT = 4
    """Nothing was sent: there was no endpoint, or no connection could be made."""


class Attempt(NamedTuple):
    """One attempt. Times are the observer's monotonic nanoseconds; `position` is the WAL position (0: unknown)."""

    sequence: int
    attempted: int
    answered: int
    position: int
    writer: int
    epoch: int
    action: int
    answer: int
    sqlstate: bytes

    def pack(self) -> bytes:
        """Return the attempt as a RECORD."""
        return RECORD.pack(*self)


class Row(NamedTuple):
    """One row of the ledger's table as read back."""

    writer: int
    sequence: int
    payload: int


class Epoch(Fact):
    """Who answered: two connections belong to one epoch when all three are equal."""

    index: int
    system_identifier: str
    timeline: int
    server_started: str


class Closed(Fact):
    """The ledger's own account of itself, written last."""

    service: str
    nonce: str = Field(description="Seeds every payload; not a secret.")
    writers: int = Field(description="Writers are numbered 0 to writers - 1; the reader is `writers`.")
    rate_per_s: float
    deadline_ns: int
    attempts: int
    counts: dict[str, int] = Field(description="'action/answer' in lower case to how many attempts ended so.")
    rows: int | None = Field(description="Rows read back; None when the table could not be read.")
    read_back_error: str | None = None
    read_back_position: int | None = Field(default=None, description="WAL position when the table was read.")
    attempts_sha256: str
    epochs_sha256: str
    present_sha256: str | None


def payload(nonce: str, writer: int, sequence: int) -> int:
    """Return the signed 64-bit payload that this write must carry: nobody has to remember it."""
    text = f"{nonce}/{writer}/{sequence}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little", signed=True)


class BrokenLedgerError(Exception):
    """A ledger file is missing, torn or not what its digest says."""


@dataclass(frozen=True)
class Ledger:
    """A closed ledger, its digests checked on reading."""

    closed: Closed
    epochs: tuple[Epoch, ...]
    folder: Path

    def attempts(self) -> Iterator[Attempt]:
        """Yield every attempt in file order."""
        raw = (self.folder / ATTEMPTS).read_bytes()
        return map(Attempt._make, RECORD.iter_unpack(raw[len(MAGIC) :]))

    def rows(self) -> Iterator[Row]:
        """Yield every row read back; nothing when the table could not be read."""
        if self.closed.rows is None:
            return iter(())
        raw = (self.folder / PRESENT).read_bytes()
        return map(Row._make, ROW.iter_unpack(raw[len(MAGIC) :]))


def read(folder: Path) -> Ledger:
    """Return the closed ledger in `folder`; raises BrokenLedgerError when it is not whole."""
    try:
        closed = Closed.model_validate_json((folder / CLOSED).read_bytes())
        expected = {ATTEMPTS: closed.attempts_sha256, EPOCHS: closed.epochs_sha256, PRESENT: closed.present_sha256}
        for name, digest in expected.items():
            if digest is not None and hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
                raise BrokenLedgerError(f"{folder / name}: content differs from its digest in {CLOSED}")
        epochs = tuple(Epoch.model_validate_json(line) for line in (folder / EPOCHS).read_text().splitlines())
    except (OSError, ValueError) as error:
        raise BrokenLedgerError(f"{folder}: {error}") from error
    return Ledger(closed, epochs, folder)
