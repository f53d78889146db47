"""What whoever verifies brings along, because evidence cannot vouch for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.x509 import load_pem_x509_certificates

from reports import keys
from reports.register import heads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.x509 import Certificate

    from reports.register.heads import Head

_KEY_HINT = "it is the file signing-key.pub of whoever ran the drills: `drillmaster keys show` tells where it lies"


class CannotVerifyError(Exception):
    """What was asked cannot be answered: `message` says what and where, `hint` what to try."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Asked:
    """Pinned keys by their ids, a head published elsewhere, authorities whose time stamps count."""

    pinned: Mapping[str, Ed25519PublicKey] = field(default_factory=dict)
    head: Head | None = None
    require_anchor: bool = False
    authorities: tuple[Certificate, ...] = ()
    quick: bool = False
    """Verdicts and reports are not derived again, which takes most of the time."""


def pinned_keys(files: Sequence[Path]) -> dict[str, Ed25519PublicKey]:
    """Return the public keys in files by their ids; raises CannotVerifyError."""
    found = {}
    for file in files:
        try:
            key = keys.public_key(_read(file, _KEY_HINT))
        except keys.BadKeyError as error:
            raise CannotVerifyError(f"{file}: {error}", hint=_KEY_HINT) from error
        found[keys.key_id(key)] = key
    return found


def head(line: str) -> Head:
    """Return the head in a line; raises CannotVerifyError."""
    try:
        return heads.parse(line)
    except heads.BadHeadError as error:
        raise CannotVerifyError(f"--head: {error}", hint="`drillmaster head` prints one: quote it whole") from error


def certificates(file: Path) -> tuple[Certificate, ...]:
    """Return the certificates in a PEM file; raises CannotVerifyError."""
    hint = "it holds the certificates of the time-stamp authority and of who issued its own, in PEM form"
    try:
        return tuple(load_pem_x509_certificates(_read(file, hint)))
    except ValueError as error:
        raise CannotVerifyError(f"{file}: no certificates in PEM form", hint=hint) from error


def _read(file: Path, hint: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotVerifyError(f"{file}: {error.strerror}", hint=hint) from error
