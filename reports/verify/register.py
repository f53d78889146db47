"""The register: one chain, entries that agree with each other, signed by keys that a pinned key vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reports import keys
from reports.register import chain
from reports.register.entries import KeyRotated, Purged
from reports.register.state import state_of
from reports.verify.files import is_plain
from reports.verify.outcome import Checked, Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reports.register.entries import Entry
    from reports.register.state import KeyRow, RunRow, State
    from reports.verify.outcome import Remark

    Keys = Mapping[str, Ed25519PublicKey]

SHORT = 16
"""Letters of a key's id that are told: enough to find it among one's own."""


@dataclass(frozen=True)
class Vouched:
    """A register that could be read, and the pinned keys it is held against."""

    register: chain.Register
    state: State
    pinned: Keys

    @cached_property
    def rows(self) -> dict[str, RunRow]:
        """Return its runs by their ids."""
        return {row.run: row for row in self.state.runs}

    @cached_property
    def known(self) -> dict[str, Ed25519PublicKey]:
        """Return every key there is, pinned or named by the register, by the id that it really has."""
        found = dict(self.pinned)
        for row in self.state.keys:
            try:
                key = keys.public_key(row.public_pem)
            except keys.BadKeyError:
                continue
            found[keys.key_id(key)] = key
        return found

    @cached_property
    def trusted(self) -> frozenset[str]:
        """Return the ids of the pinned keys and of those that rotations, signed by both keys, tie to them."""
        ties = [
            {entry.body.old, entry.body.new}
            for entry in self.register.entries
            if isinstance(entry.body, KeyRotated)
            and {entry.body.old, entry.body.new} == set(chain.signed_by(entry, self.known))
        ]
        found = set(self.pinned)
        for tie in [*ties, *reversed(ties)]:
            if tie & found:
                found |= tie
        return frozenset(found)

    def in_force(self, first: int, last: int) -> tuple[KeyRow, ...]:
        """Return the keys that were in force at some entry of a stretch of the register."""
        return tuple(
            row for row in self.state.keys if row.first_seq <= last and (row.last_seq is None or first <= row.last_seq)
        )


def read(path: Path, pinned: Keys) -> Vouched | Fault:
    """Return the register in a file, or why it is none."""
    if not is_plain(path):
        return Fault(Level.INCOMPLETE, "register-missing", path.name, "there is no register")
    try:
        found = chain.read(path)
    except chain.BrokenRegisterError as error:
        says = error.message.replace(f"{path}:", "line ")
        return Fault(Level.TAMPERED, "register-broken", path.name, f"{says} ({error.hint})")
    if not found.entries:
        return Fault(Level.TAMPERED, "register-empty", path.name, "holds no entry, not even the first")
    return Vouched(found, state_of(found.entries, found.hashes), pinned)


def remarks(vouched: Vouched) -> Iterator[Remark]:
    """Yield what is to be said of the register itself."""
    name, entries = vouched.register.path.name, vouched.register.entries
    yield Checked(f"the register's {len(entries):,} entries are one unbroken chain", name)
    yield from (Fault(Level.TAMPERED, "register-mistake", name, says) for says in vouched.state.mistakes)
    if not vouched.state.mistakes:
        yield Checked("its entries agree with each other: no run twice, none finished twice, no time goes back", name)
    if vouched.register.torn:
        says = f"ends with {len(vouched.register.torn):,} bytes of an entry that was never acknowledged"
        yield Fault(Level.INCOMPLETE, "register-torn", name, says)
    for entry in entries:
        if isinstance(entry.body, Purged) and entry.at[:10] <= entry.body.retained_until:
            says = f"run {entry.body.run} was to be kept until {entry.body.retained_until}"
            yield Fault(Level.TAMPERED, "purged-early", f"{name}: entry {entry.seq}", says)
    yield from _signatures(vouched)


def _signatures(vouched: Vouched) -> Iterator[Remark]:
    name = vouched.register.path.name
    if not vouched.state.keys:
        yield Fault(Level.UNTRUSTED, "unsigned", name, "no key ever signed here")
        return
    first = vouched.state.keys[0].first_seq
    wrong: dict[tuple[Level, str, str], list[int]] = {}
    for entry in vouched.register.entries[first - 1 :]:
        for fault in _signed_wrongly(vouched, entry):
            wrong.setdefault(fault, []).append(entry.seq)
    for (level, kind, says), numbers in wrong.items():
        yield Fault(level, kind, f"{name}: {_numbered(numbers)}", says)
    if not wrong:
        yield Checked("every entry is signed by the key in force, which is pinned or tied to a pinned one", name)
    if first > 2:  # noqa: PLR2004 - the first entry opens the register
        yield Unchecked(
            f"entries 1 to {first - 1} were made before there was a key: only the chain after them vouches for them",
            name,
        )


def _signed_wrongly(vouched: Vouched, entry: Entry) -> Iterator[tuple[Level, str, str]]:
    """Yield what is wrong with an entry's signatures; a rotation is signed by both keys."""
    due = [row.keyid for row in vouched.in_force(entry.seq, entry.seq)]
    claimed = [signature.keyid for signature in entry.signed]
    sound = chain.signed_by(entry, vouched.known)
    for keyid in due:
        if keyid not in claimed:
            others = f"but by {', '.join(one[:SHORT] for one in claimed)}" if claimed else "nor by any other"
            name = "foreign-key" if claimed else "unsigned"
            yield Level.UNTRUSTED, name, f"not signed by key {keyid[:SHORT]}, which was in force, {others}"
        elif keyid not in sound:
            yield Level.TAMPERED, "signature-wrong", f"the signature of key {keyid[:SHORT]} is over something else"
        elif keyid not in vouched.trusted and vouched.pinned:
            yield Level.UNTRUSTED, "foreign-key", f"signed by key {keyid[:SHORT]}, which no pinned key vouches for"
    if len(claimed) > len(due) and set(due) <= set(claimed):
        yield Level.TAMPERED, "signature-unexpected", "carries a signature beside those of the keys in force"


def _numbered(numbers: Sequence[int]) -> str:
    """Return entries' numbers in words, those that follow each other as a stretch."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and stretches[-1][-1] == number - 1:
            stretches[-1][1:] = [number]
        else:
            stretches.append([number])
    told = ", ".join("\N{EN DASH}".join(map(str, stretch)) for stretch in stretches[:5])
    more = f" and {len(stretches) - 5} more" if len(stretches) > 5 else ""  # noqa: PLR2004 - five are told
    return f"{'entry' if len(numbers) == 1 else 'entries'} {told}{more}"
