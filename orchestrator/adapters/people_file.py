"""The names of people, kept apart from the evidence: the register holds ids, this file says whose they are.

The file may be deleted at any time, and ids then stand where names stood. They are salted digests of the names, and the
salt goes with the file: from an id alone nobody finds the name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import unicodedata
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from orchestrator.adapters.journal_file import write_whole
from orchestrator.core.errors import CannotRunError, EvidenceError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, LOCK = "people.json", "people.lock"
ID = re.compile(r"p-[0-9a-f]{6,64}")
_SHORTEST = 6


class _People(BaseModel):
    """The file's content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str
    names: dict[str, str]


class PeopleFile:
    """The names in one evidence directory."""

    def __init__(self, evidence: Path) -> None:
        self.path = evidence / NAME

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nobody else add a name, review or change an action meanwhile; raises EvidenceError."""
        path = self.path.with_name(LOCK)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _cannot_write(path, error) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def names(self) -> dict[str, str]:
        """Return names by id; none where the file is gone, or not for this user to read."""
        try:
            return self._read().names
        except PermissionError:
            return {}

    def id_of(self, name: str) -> str:
        """Return the id of a name that is known; empty for any other."""
        return next((person for person, known in self.names().items() if _same(known, name)), "")

    def enrol(self, name: str) -> str:
        """Return the id of a name, which is remembered; raises EvidenceError, RefusedError for what is no text."""
        refuse_no_text(name=name)
        try:
            people = self._read()
        except PermissionError as error:
            raise _cannot_write(self.path, error) from error
        known = next((person for person, one in people.names.items() if _same(one, name)), None)
        if known:
            return known
        digest = hashlib.sha256((people.salt + _plain(name).casefold()).encode()).hexdigest()
        person = next(
            shorter
            for length in range(_SHORTEST, len(digest) + 1)
            if (shorter := f"p-{digest[:length]}") not in people.names
        )
        self._write(people.model_copy(update={"names": {**people.names, person: _plain(name)}}))
        return person

    def _read(self) -> _People:
        try:
            return _People.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _People(salt=secrets.token_hex(16), names={})
        except PermissionError:
            raise
        except (OSError, ValidationError) as error:
            says = error.strerror if isinstance(error, OSError) else error.errors()[0]["msg"]
            raise CannotRunError(
                f"{self.path}: holds no names of people: {says}",
                hint="mend it, or delete it: ids are shown then where names were",
            ) from error

    def _write(self, people: _People) -> None:
        try:
            write_whole(self.path, people.model_dump_json(indent=1).encode() + b"\n", 0o600)
        except OSError as error:
            raise _cannot_write(self.path, error) from error


def refuse_no_text(**given: str) -> None:
    """Raise RefusedError for what a terminal would obey instead of showing it, or what is not UTF-8."""
    for name, value in given.items():
        bad = next((one for one in value if unicodedata.category(one) in {"Cc", "Cs"} and one not in "\t\n\r"), None)
        if bad is not None:
            raise RefusedError(
                f"{name}: {value!a} is no text: it holds {bad!a}",
                hint="leave control characters out, and type it at a terminal that speaks UTF-8",
            )


def _plain(name: str) -> str:
    return " ".join(name.split())


def _same(one: str, other: str) -> bool:
    return _plain(one).casefold() == _plain(other).casefold()


def _cannot_write(path: Path, error: OSError) -> EvidenceError:
    return EvidenceError(
        f"{path}: cannot be written: {error.strerror}",
        hint="what people decide needs an evidence directory that you can write, and space in it",
    )
