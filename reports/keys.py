"""Ed25519 keys as evidence knows them: named by their public half, checked without trusting what they come with."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from reports import strict
from reports.register.entries import Signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class BadKeyError(Exception):
    """What was given is no public key of ours."""


class Signer(Protocol):
    """Holds the private half of a key."""

    @property
    def keyid(self) -> str:
        """Return the key's id."""
        ...

    @property
    def public_pem(self) -> str:
        """Return its public half (PEM, SubjectPublicKeyInfo)."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the Ed25519 signature over `data`, 64 bytes."""
        ...


def public_key(pem: str | bytes) -> Ed25519PublicKey:
    """Return the key of a PEM file; raises BadKeyError for anything but an Ed25519 public key."""
    raw = pem.encode() if isinstance(pem, str) else pem
    try:
        key = load_pem_public_key(raw)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKeyError("no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKeyError("not an Ed25519 key")
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """Return a key's public half as PEM (SubjectPublicKeyInfo)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """Return a key's id: the SHA-256 of its public half (DER, SubjectPublicKeyInfo), in hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def signatures(data: bytes, signers: Sequence[Signer]) -> tuple[Signature, ...]:
    """Return each signer's signature over `data`."""
    return tuple(Signature(keyid=one.keyid, sig=base64.b64encode(one.sign(data)).decode()) for one in signers)


def signed_by(data: bytes, given: Sequence[Signature], keys: Mapping[str, Ed25519PublicKey]) -> tuple[str, ...]:
    """Return the ids of those of `keys` that have signed `data`, each once, in order; other signatures do not count.

    A signature counts under the id of the key that checks it: ids inside evidence only choose among `keys`.
    """
    return tuple(dict.fromkeys(one.keyid for one in given if one.keyid in keys and _holds(one, keys[one.keyid], data)))


def _holds(signature: Signature, key: Ed25519PublicKey, data: bytes) -> bool:
    try:
        key.verify(strict.unbase64(signature.sig), data)
    except (ValueError, InvalidSignature):
        return False
    return True
