"""The journal on disk: one line a fact, on disk before `append` returns."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from orchestrator.core import artifacts
from orchestrator.core.errors import EvidenceError
from reports.facts import journal
from reports.facts.events import Entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.core.ports import Clock
    from reports.facts.events import AnyFact


class JournalFile:
    """Appends to `journal.jsonl` in a run's folder; continues one that is there, its torn last line cut off.

    `redact` takes secrets out of every fact before it is written; `observe` is told each entry once it is on disk.
    Raises EvidenceError when the file cannot be opened, BrokenJournalError when what is there is no journal.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        redact: Callable[[bytes], bytes] = bytes,
        observe: Callable[[Entry], None] | None = None,
    ) -> None:
        self._path = folder / journal.NAME
        self._clock = clock
        self._redact = redact
        self._observe = observe
        self._turn = threading.Lock()
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            artifacts.sync(folder)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._end = journal.read(self._path)[1], self._path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._file, self._end[1])

    def append(self, fact: AnyFact) -> None:
        """Write one fact; when this returns it is on disk.

        Raises EvidenceError when it cannot be written: the journal then ends with the fact before.
        """
        clean = type(fact).model_validate_json(self._redact(fact.model_dump_json().encode()))
        with self._turn:
            at, (before, size) = self._clock.now(), self._end
            line, after = before.line(clean, at)
            try:
                # What an interrupted append left behind was never acknowledged: the chain goes on before it.
                os.ftruncate(self._file, size)
                _write(self._file, line)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(self._file, size)
                raise self._cannot_write(error) from error
            self._end = after, size + len(line)
            if self._observe:
                self._observe(Entry(seq=after.seq, at=at, prev=before.head, fact=clean))

    def close(self) -> None:
        """Close the file; nothing can be appended any more."""
        os.close(self._file)

    def _cannot_write(self, error: OSError) -> EvidenceError:
        return EvidenceError(
            f"{self._path}: cannot be written: {error.strerror}",
            hint="a run needs its journal: free space, or name another directory with --evidence",
        )


def _write(file: int, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, on disk when this returns, never readable by more than `mode` says."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        artifacts.sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)
