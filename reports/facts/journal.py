"""The journal's form: one JSON line an entry, each carrying the hash of the line before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from reports.facts.events import AnyFact, Entry, Instant

if TYPE_CHECKING:
    from pathlib import Path

NAME = "journal.jsonl"
FIRST_PREV = "0" * 64


class BrokenJournalError(Exception):
    """The journal is not one unbroken chain of known facts."""


@dataclass(frozen=True)
class Chain:
    """Where a journal stands: what the next line needs to know."""

    seq: int = 0
    head: str = FIRST_PREV

    def line(self, fact: AnyFact, at: Instant) -> tuple[bytes, Chain]:
        """Return the next line (newline included) and the chain after it."""
        entry = Entry(seq=self.seq + 1, at=at, prev=self.head, fact=fact)
        raw = entry.model_dump_json().encode()
        return raw + b"\n", Chain(entry.seq, hashlib.sha256(raw).hexdigest())


def read(path: Path) -> tuple[list[Entry], Chain]:
    """Return all entries and the chain after them.

    A torn last line (no newline: the writer died in mid-write) is left out, for it was never acknowledged.
    Raises BrokenJournalError with the line's number for anything else that is not an unbroken chain.
    """
    lines = path.read_bytes().split(b"\n")[:-1]
    entries: list[Entry] = []
    chain = Chain()
    for number, raw in enumerate(lines, start=1):
        try:
            entry = Entry.model_validate_json(raw)
        except ValidationError as error:
            raise BrokenJournalError(f"{path}:{number}: not a known fact: {error.errors()[0]['msg']}") from error
        if (entry.seq, entry.prev) != (chain.seq + 1, chain.head):
            raise BrokenJournalError(f"{path}:{number}: does not continue the line before it")
        entries.append(entry)
        chain = Chain(entry.seq, hashlib.sha256(raw).hexdigest())
    return entries, chain
