"""What the ledger asks of a client: one module for each software."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reports.facts.ledger import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


WRITERS, SEQUENCES, PAYLOADS = 2**16, 2**64, 2**63
"""What a row of the ledger's files has room for: see reports/facts/ledger.py."""


class AttemptFailedError(Exception):
    """An attempt did not succeed. `definite`: the server answered, and its answer was no."""

    def __init__(self, says: str, *, sqlstate: str = "", definite: bool = False) -> None:
        super().__init__(says)
        self.says = says
        self.sqlstate = sqlstate
        self.definite = definite


@dataclass(frozen=True)
class Identity:
    """Who answered a connect: writes acknowledged by equal identities belong to one epoch."""

    system_identifier: str
    timeline: int
    server_started: str


def as_row(values: Iterable[bytes | int | None]) -> Row:
    """Return the row of a table's three values; raises AttemptFailedError when they cannot be one of a ledger's."""
    try:
        writer, sequence, payload = map(int, values)  # type: ignore[arg-type] # None is no number: told below
    except (TypeError, ValueError):
        raise AttemptFailedError("the table has not the ledger's columns", definite=True) from None
    return numbered(writer, sequence, payload, "table")


def numbered(writer: int, sequence: int, payload: int, holder: str) -> Row:
    """Return a row whose numbers the ledger's files can hold, as it wrote no others.

    Of a larger payload one is made that fits, and is another than any ledger's. Raises AttemptFailedError for a writer
    or a sequence that no ledger has, told by what holds it.
    """
    if not (0 <= writer < WRITERS and 0 <= sequence < SEQUENCES):
        raise AttemptFailedError(f"the {holder} holds a number that no ledger writes", definite=True)
    fits = -PAYLOADS <= payload < PAYLOADS
    return Row(writer, sequence, payload if fits else other_payload(str(payload).encode()))


def other_payload(content: bytes) -> int:
    """Return a payload that stands for what is none, by its digest."""
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little", signed=True)


class Client(Protocol):
    """One connection at a time, used by one thread; every verb but `close` raises AttemptFailedError.

    Deadlines are moments of the monotonic clock, in nanoseconds; past one, the verb has failed, not definitely.
    """

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Connect, and ask who answers."""
        ...

    def write(self, row: Row, deadline: int) -> int:
        """Write one row in a transaction of its own; return the position in the server's log (0: unknown)."""
        ...

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Read from the table; with `expect_row`, an empty answer is a definite failure."""
        ...

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Hand every row to `keep`, in the order of a sequential scan; return the position in the server's log.

        Fails when the server is silent for `patience_ns`. None: the server has no position of its own.
        """
        ...

    def close(self) -> None:
        """Drop the connection without waiting for anything; idempotent."""
        ...
