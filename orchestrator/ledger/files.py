"""The ledger's folder, written in the form that reports.facts.ledger reads."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

from reports.facts.ledger import (
    ATTEMPTS,
    CLOSED,
    EPOCHS,
    MAGIC,
    PRESENT,
    ROW,
    Action,
    Answer,
    Closed,
    Epoch,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestrator.core.ledger_port import LedgerSettings
    from orchestrator.ledger.clients import Identity
    from reports.facts.ledger import Attempt, Row


@dataclass(frozen=True)
class ReadBack:
    """What came of reading the table back; without `rows` there is an `error`."""

    rows: int | None = None
    error: str | None = "never read back"
    position: int | None = None


@dataclass
class Present:
    """The list of rows read back, as it grows."""

    file: IO[bytes]
    rows: int = 0

    def keep(self, row: Row) -> None:
        """Add one row."""
        self.file.write(ROW.pack(*row))
        self.rows += 1


class LedgerFiles:
    """The files of one ledger, made anew; raises FileExistsError rather than write over another ledger's.

    A context manager: leaving it closes the files, which does not make the ledger a closed one.
    """

    def __init__(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._attempts = (settings.folder / ATTEMPTS).open("xb")
        self._attempts.write(MAGIC)
        self._epochs = (settings.folder / EPOCHS).open("x", buffering=1)
        self._known: dict[Identity, int] = {}
        self._lock = threading.Lock()
        self._counts: Counter[tuple[int, int]] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._attempts.close()
        self._epochs.close()

    def epoch(self, identity: Identity) -> int:
        """Return the index of the epoch, written down when it is new; may be called by every thread."""
        with self._lock:
            if identity not in self._known:
                self._known[identity] = len(self._known)
                epoch = Epoch(
                    index=self._known[identity],
                    system_identifier=identity.system_identifier,
                    timeline=identity.timeline,
                    server_started=identity.server_started,
                )
                self._epochs.write(epoch.model_dump_json() + "\n")
            return self._known[identity]

    def append(self, attempts: Iterable[Attempt]) -> None:
        """Write attempts down, in the order given."""
        for attempt in attempts:
            self._attempts.write(attempt.pack())
            self._counts[attempt.action, attempt.answer] += 1
        self._attempts.flush()

    @contextmanager
    def present(self) -> Iterator[Present]:
        """Begin the list of rows read back, anew at each call."""
        with (self._settings.folder / PRESENT).open("wb") as file:
            file.write(MAGIC)
            yield Present(file)
            _sync(file)

    def close(self, read_back: ReadBack) -> str:
        """Write closed.json, whole or not at all, once all else is on disk; return its SHA-256."""
        for file in (self._attempts, self._epochs):
            _sync(file)
        folder, settings = self._settings.folder, self._settings
        closed = Closed(
            service=settings.service,
            nonce=settings.nonce,
            writers=settings.writers,
            rate_per_s=settings.rate_per_s,
            deadline_ns=round(settings.deadline_s * 1e9),
            attempts=self._counts.total(),
            counts={_words(*kind): number for kind, number in sorted(self._counts.items())},
            rows=read_back.rows,
            read_back_error=read_back.error,
            read_back_position=read_back.position,
            attempts_sha256=_sha256(folder / ATTEMPTS),
            epochs_sha256=_sha256(folder / EPOCHS),
            present_sha256=None if read_back.rows is None else _sha256(folder / PRESENT),
        )
        raw = closed.model_dump_json(indent=1).encode()
        _write_whole(folder / CLOSED, raw)
        return hashlib.sha256(raw).hexdigest()


def _words(action: int, answer: int) -> str:
    return f"{Action(action).name}/{Answer(answer).name}".lower()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(file: IO[Any]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _write_whole(path: Path, raw: bytes) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(raw)
        _sync(file)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
