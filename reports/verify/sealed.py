"""A run's seal: signed by a key that counts, about exactly the files that lie there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from reports import seal
from reports.facts.journal import NAME as JOURNAL
from reports.previous import RECORD
from reports.seal import AnyStatement
from reports.verify.files import digest, is_plain, listing
from reports.verify.register import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.verify.outcome import Fault, Remark
    from reports.verify.place import Place

NEEDED = (JOURNAL, RECORD, "drill.yaml")
"""What a seal about a run is about at least."""


@dataclass(frozen=True)
class Unsealed(Generic[AnyStatement]):
    """A statement out of its envelope, the digest of its bytes, and the ids of the keys that signed it."""

    statement: AnyStatement
    sha256: str
    signers: tuple[str, ...]


def unsealed(place: Place, name: str, kind: type[AnyStatement]) -> Unsealed[AnyStatement] | Fault:
    """Return the statement in an envelope of the run's folder, or why there is none to be read."""
    if not is_plain(place.folder / name):
        return place.missing("file-missing", "is not there", name)
    try:
        envelope = seal.envelope((place.folder / name).read_bytes())
        statement = seal.stated(envelope, kind)
        signers = seal.signed_by(envelope, place.trust.known)
    except seal.BadSealError as error:
        return place.tampered("seal-unreadable", str(error), name)
    wrong = {signature.keyid for signature in envelope.signatures} & place.trust.known.keys() - set(signers)
    if wrong:
        says = f"the signature of key {min(wrong)[:SHORT]} is over something else"
        return place.tampered("signature-wrong", says, name)
    return Unsealed(statement, hashlib.sha256(envelope.content).hexdigest(), signers)


def signed(place: Place, name: str, found: Unsealed[AnyStatement]) -> Iterator[Remark]:
    """Yield whether a key that counts signed a statement."""
    if not found.signers:
        yield place.untrusted("foreign-key", "is signed by no key that is pinned or in the register", name)
    elif not set(found.signers) & place.trust.trusted and place.trust.pinned:
        says = f"is signed by key {found.signers[0][:SHORT]}, which no pinned key vouches for"
        yield place.untrusted("foreign-key", says, name)
    elif place.trust.pinned:
        yield place.checked(f"{name} is signed by a key that is pinned, or tied to a pinned one")


def files(place: Place, statement: seal.RecordStatement) -> Iterator[Remark]:
    """Yield whether the files that lie there are those of the seal: none changed, none missing, none more."""
    here = listing(place.folder, place.where)
    faults = [*here.faults, *_sound(place, statement), *_compared(place, statement, here.files)]
    yield from faults
    if not faults:
        yield place.checked("every file is as it was sealed, none is missing, none was put beside them")


def _sound(place: Place, statement: seal.RecordStatement) -> Iterator[Fault]:
    """Yield what is wrong with the seal's list of files."""
    names = [subject.name for subject in statement.subject]
    if len(set(names)) < len(names):
        yield place.tampered("seal-ambiguous", "names a file twice", seal.SEAL)
    for name in sorted(set(NEEDED) - set(names)):
        yield place.tampered("seal-partial", f"is not about {name}", seal.SEAL)


def _compared(place: Place, statement: seal.RecordStatement, here: dict[str, Path]) -> Iterator[Fault]:
    sealed = {subject.name: subject.digest.sha256 for subject in statement.subject}
    for name, sha256 in sealed.items():
        if name not in here:
            yield place.missing("file-missing", "was sealed, and is not there", name)
        elif digest(here[name]) != sha256:
            yield place.tampered("file-changed", "is not as it was sealed", name)
    for name in sorted(here.keys() - sealed.keys() - seal.NOT_SEALED):
        yield place.tampered("file-unlisted", "lies there, and was not sealed", name)
    if seal.LOCK in here and here[seal.LOCK].stat().st_size:
        yield place.tampered("file-unlisted", "holds something, and was not sealed", seal.LOCK)
