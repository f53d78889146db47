"""What every test of tampering does: copy sound evidence, attack it, and say which faults verifying then tells of."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sealed_evidence import SealedEvidence

from reports.verify.asked import Asked
from reports.verify.evidence import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reports.verify.outcome import Outcome

SOUND, TAMPERED, INCOMPLETE, UNTRUSTED, ANCHOR = 0, 1, 3, 4, 5


@dataclass(frozen=True)
class Attack:
    """What is done to sound evidence, the exit code it must lead to, and the names of all faults that tell of it."""

    name: str
    do: Callable[[SealedEvidence], object]
    exit_code: int
    faults: frozenset[str]

    def __str__(self) -> str:
        return self.name


def attack(exit_code: int, *faults: str) -> Callable[[Callable[[SealedEvidence], object]], Attack]:
    """Make an attack of a function, named as the function."""

    def made(do: Callable[[SealedEvidence], object]) -> Attack:
        return Attack(do.__name__.strip("_").replace("_", "-"), do, exit_code, frozenset(faults))

    return made


def attacks_of(module: dict[str, Any]) -> list[Attack]:
    """Return the attacks of a module, in the order in which they stand there."""
    return [value for value in module.values() if isinstance(value, Attack)]


def copy_of(sound: SealedEvidence, directory: Path) -> SealedEvidence:
    """Return a copy that can be attacked."""
    shutil.copytree(sound.directory, directory)
    return SealedEvidence(directory, sound.key)


def pinned(evidence: SealedEvidence) -> dict[str, Ed25519PublicKey]:
    """Return the key as a stranger pins it."""
    return {evidence.key.keyid: evidence.key.private.public_key()}


def verified(evidence: SealedEvidence, path: Path | None = None, **asked: Any) -> Outcome:
    """Return what verifying tells of evidence, its key pinned unless told otherwise."""
    return verify(path or evidence.directory, Asked(**{"pinned": pinned(evidence), **asked}))


def names(outcome: Outcome) -> frozenset[str]:
    """Return the names of the faults."""
    return frozenset(fault.name for fault in outcome.faults)


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace a text that stands in a file at least once."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def edit_json(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON document as it is written by us."""
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def twice(path: Path) -> None:
    """Let the first name in a JSON document stand there twice, with the same value: every reader sees the same."""
    head, _, rest = path.read_text(encoding="utf-8").partition(",")
    name = head.lstrip().removeprefix("{")
    path.write_text(f"{head},{name},{rest}", encoding="utf-8")
