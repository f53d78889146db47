"""The signing key on disk: its private half for its owner alone, its public half for whoever verifies."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from orchestrator.adapters.journal_file import write_whole
from orchestrator.core import artifacts
from orchestrator.core.errors import CannotRunError
from reports import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PRIVATE, PUBLIC, NEXT, RETIRED = "signing-key.pem", "signing-key.pub", "signing-key.next", "retired"
PASSPHRASE = "DRILLMASTER_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
FOR_OTHERS = 0o077
ENCRYPTED = b"BEGIN ENCRYPTED PRIVATE KEY"


def keys_directory(environment: Mapping[str, str]) -> Path:
    """Return where keys are kept: DRILLMASTER_KEYS, else `drillmaster` in XDG_CONFIG_HOME, else in ~/.config.

    Raises CannotRunError for a user without a home where nothing is named.
    """
    if named := environment.get("DRILLMASTER_KEYS"):
        return Path(named).absolute()
    try:
        return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config").absolute() / "drillmaster"
    except RuntimeError as error:
        raise CannotRunError(
            "this user has no home directory, where keys are kept", hint="name another with DRILLMASTER_KEYS"
        ) from error


@dataclass(frozen=True)
class SigningKey:
    """A key with both halves: a `reports.keys.Signer`."""

    private: Ed25519PrivateKey

    @property
    def keyid(self) -> str:
        """Return its id."""
        return keys.key_id(self.private.public_key())

    @property
    def public_pem(self) -> str:
        """Return its public half (PEM, SubjectPublicKeyInfo)."""
        return keys.public_pem(self.private.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`."""
        return self.private.sign(data)


class KeyFiles:
    """The keys in one directory; `ask` asks for the passphrase where the environment has none, None: nobody is there.

    Raises CannotRunError for whatever is wrong with a key, and for a directory that cannot be written.
    """

    def __init__(self, directory: Path, ask: Callable[[], str | None]) -> None:
        self.directory = directory
        self._ask = ask
        self._known: str | None = None

    @property
    def private(self) -> Path:
        """Return the file of the private half."""
        return self.directory / PRIVATE

    @property
    def public(self) -> Path:
        """Return the file of the public half."""
        return self.directory / PUBLIC

    def retired(self) -> list[Path]:
        """Return the public halves of keys that were in force before, by id."""
        return sorted((self.directory / RETIRED).glob("*.pub"))

    def open(self) -> SigningKey | None:
        """Return the key, None when there is none; asks for the passphrase where it needs one.

        A link that leads nowhere is a key that is not at hand, and no word that none is wanted.
        """
        try:
            self.private.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(self.private, error) from error
        return self._read(self.private)

    def shown(self) -> tuple[str, str, list[str]]:
        """Return id and public half (PEM) of the key, and the ids of those before it; no passphrase is needed."""
        try:
            pem = self.public.read_text()
            return keys.key_id(keys.public_key(pem)), pem, [file.stem for file in self.retired()]
        except FileNotFoundError as error:
            raise CannotRunError(f"{self.public}: there is no key", hint="`drillmaster keys init` makes one") from error
        except OSError as error:
            raise _unreadable(self.public, error) from error
        except (UnicodeDecodeError, keys.BadKeyError) as error:
            raise CannotRunError(f"{self.public}: {error}", hint="`drillmaster keys rotate` writes it anew") from error

    def init(self, *, passphrase: bool) -> bool:
        """Make a key unless there is one; return whether it was made.

        It is encrypted when the environment has a passphrase, or with `passphrase`: then one is asked for.
        """
        with self._held():
            if self.private.exists():
                return False
            key = SigningKey(Ed25519PrivateKey.generate())
            secret = self._passphrase() if passphrase else os.environ.get(PASSPHRASE)
            packed = _packed(key, secret)
            self._keep(self.public, key.public_pem.encode(), 0o644)
            self._keep(self.private, packed, 0o600)
        return True

    @contextmanager
    def rotation(self) -> Iterator[tuple[SigningKey, SigningKey]]:
        """Yield the key and its successor, to be put in force inside; only then is the old private half deleted.

        What was cut short is taken up again with the same successor, for registers may know it already.
        """
        with self._held():
            old = self.open()
            if old is None:
                raise CannotRunError(f"{self.private}: there is no key", hint="`drillmaster keys init` makes one")
            successor = self.directory / NEXT
            if not successor.exists():
                # Protected as the old one is: opening that asked for the passphrase, if it has one.
                self._keep(successor, _packed(SigningKey(Ed25519PrivateKey.generate()), self._known), 0o600)
            yield old, self._read(successor)
            self._keep(self.directory / RETIRED / f"{old.keyid}.pub", old.public_pem.encode(), 0o644)
            self._keep(self.public, self._read(successor).public_pem.encode(), 0o644)
            with self._writing(self.private):
                successor.replace(self.private)
                artifacts.sync(self.directory)

    def _read(self, path: Path) -> SigningKey:
        try:
            with path.open("rb") as file:
                mode, raw = os.fstat(file.fileno()).st_mode, file.read()
        except OSError as error:
            raise _unreadable(path, error) from error
        if mode & FOR_OTHERS:
            raise CannotRunError(
                f"{path}: others may read it (mode {mode & 0o777:04o}): whatever it signed could be theirs",
                hint=f"chmod 600 {path}; if they may have: drillmaster keys rotate",
            )
        encrypted = ENCRYPTED in raw
        try:
            key = load_pem_private_key(raw, self._passphrase().encode() if encrypted else None)
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            says, hint = ("no private key in PEM form", "`drillmaster keys init` makes one where there is none")
            if encrypted:
                says, hint = (
                    "the passphrase does not open it",
                    f"{PASSPHRASE} or what is typed must be that of the key",
                )
            raise CannotRunError(f"{path}: {says}", hint=hint) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CannotRunError(
                f"{path}: no Ed25519 key", hint="`drillmaster keys init` makes one where there is none"
            )
        return SigningKey(key)

    def _passphrase(self) -> str:
        self._known = self._known or os.environ.get(PASSPHRASE) or self._ask()
        if self._known:
            return self._known
        raise CannotRunError(
            f"{self.private}: needs a passphrase, and none is known",
            hint=f"set {PASSPHRASE}, or give it at a terminal",
        )

    def _keep(self, path: Path, content: bytes, mode: int) -> None:
        """Write a file whole or not at all, never readable by more than it should be."""
        with self._writing(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, content, mode)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the directory alone, made where there is none."""
        with self._writing(self.directory), ExitStack() as stack:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.directory, os.O_RDONLY)
            stack.callback(os.close, file)
            fcntl.flock(file, fcntl.LOCK_EX)
            held = stack.pop_all()
        with held:
            yield

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotRunError(
                f"{path}: cannot be written: {error.strerror}",
                hint="name a directory you can write with DRILLMASTER_KEYS",
            ) from error


def _unreadable(path: Path, error: OSError) -> CannotRunError:
    hint = "the key must be readable by whoever runs drills"
    return CannotRunError(f"{path}: cannot be read: {error.strerror}", hint=hint)


def _packed(key: SigningKey, passphrase: str | None) -> bytes:
    try:
        protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    except ValueError as error:
        raise CannotRunError(
            "no key can be protected by this passphrase", hint="take fewer than 1024 bytes, in UTF-8"
        ) from error
