"""The register's form: one JSON line an entry, each carrying the hash of the line before and its signatures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from reports import keys
from reports.register.entries import Entry
from reports.seal import pae

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reports.register.entries import AnyBody

NAME = "register.jsonl"
FIRST_PREV = "0" * 64
PAYLOAD_TYPE = "application/vnd.drillmaster.register-entry+json"


class BrokenRegisterError(Exception):
    """The register is not one unbroken chain of known entries: `message` says where and what, `hint` what to try."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Position:
    """A place in a register: its id, an entry's number and that entry's hash."""

    register_id: str
    seq: int = 0
    head: str = FIRST_PREV


@dataclass(frozen=True)
class Register:
    """A register as its file holds it. `hashes` are those of the entries' lines, `position` is the last one's."""

    path: Path
    entries: tuple[Entry, ...]
    hashes: tuple[str, ...]
    position: Position
    torn: bytes
    """What stands after the last newline: of an entry that was never acknowledged."""


def line(position: Position, body: AnyBody, at: str, signers: Sequence[keys.Signer]) -> tuple[bytes, Position]:
    """Return the line after a position (newline included) and the position it makes; `at` is UTC."""
    entry = Entry(seq=position.seq + 1, at=at, register_id=position.register_id, prev=position.head, body=body)
    bare = pae(PAYLOAD_TYPE, entry.model_dump_json(exclude={"signed"}).encode())
    raw = entry.model_copy(update={"signed": keys.signatures(bare, signers)}).model_dump_json().encode()
    return raw + b"\n", Position(entry.register_id, entry.seq, digest(raw))


def signed_by(entry: Entry, known: Mapping[str, Ed25519PublicKey]) -> tuple[str, ...]:
    """Return the ids of those of the `known` keys that have signed an entry that was read.

    A signature is over DSSE's encoding of the line without `signed`. Only fields that were in the line count, so
    that a field which a later version adds changes no old entry.
    """
    bare = entry.model_dump_json(exclude={"signed"}, exclude_unset=True).encode()
    return keys.signed_by(pae(PAYLOAD_TYPE, bare), entry.signed, known)


def digest(raw: bytes) -> str:
    """Return the hash of a line, which the next one carries; `raw` has no newline."""
    return hashlib.sha256(raw).hexdigest()


def parse(raw: bytes, where: str) -> Entry:
    """Return the entry of one line; raises BrokenRegisterError, also for a line that drillmaster would write otherwise.

    One entry has one spelling: a key that stands twice, or in another place, is refused with it.
    """
    try:
        entry = Entry.model_validate_json(raw)
    except ValidationError as error:
        raise BrokenRegisterError(
            f"{where}: not a known entry: {error.errors()[0]['msg']}",
            hint="it was changed, or written by a newer version of drillmaster",
        ) from error
    if entry.model_dump_json(exclude_unset=True).encode() != raw:
        raise BrokenRegisterError(f"{where}: spelled otherwise than drillmaster writes", hint="it was changed")
    return entry


def read(path: Path) -> Register:
    """Return the whole register; raises BrokenRegisterError with the line's number for what is no unbroken chain.

    Whether the entries agree with each other is for `state`, whether their signatures hold for `signed_by`.
    """
    try:
        *lines, torn = path.read_bytes().split(b"\n")
    except OSError as error:
        hint = "a register stands in an evidence directory; the first run makes it"
        raise BrokenRegisterError(f"{path}: cannot be read: {error.strerror}", hint=hint) from error
    entries, hashes, head = [], [], FIRST_PREV
    for number, raw in enumerate(lines, start=1):
        entry = parse(raw, f"{path}:{number}")
        if (entry.seq, entry.prev) != (number, head):
            raise BrokenRegisterError(
                f"{path}:{number}: does not continue the line before it",
                hint="a line was changed, removed, put in or moved, here or just before",
            )
        head = digest(raw)
        entries.append(entry)
        hashes.append(head)
    position = Position(entries[0].register_id if entries else "", len(entries), head)
    return Register(path, tuple(entries), tuple(hashes), position, torn)
