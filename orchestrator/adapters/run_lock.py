"""Who holds a run: a lock on the file `run.lock` in its folder, which the kernel gives back when the engine dies."""

from __future__ import annotations

import fcntl
import os
import time
from typing import TYPE_CHECKING, Self

from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "run.lock"
PATIENCE_S = 1.0
"""A look at the lock (`is_free`, `sweep`) holds it for an instant; an engine that begins must not stumble over that."""


class RunLock:
    """The lock of one run, held from entering to leaving the context.

    Raises CannotRunError when another engine holds it or the file cannot be made.
    """

    def __init__(self, folder: Path, patience_s: float = PATIENCE_S) -> None:
        self._path = folder / NAME
        self._patience_s = patience_s
        self._file = -1

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CannotRunError(
                f"{self._path}: cannot be made: {error.strerror}",
                hint="runs need an evidence directory that can be written",
            ) from error
        deadline = time.monotonic() + self._patience_s
        while not _taken(self._file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(self._file)
                raise CannotRunError(f"{self._path}: another engine holds this run", hint="wait for it, or stop it")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def is_free(folder: Path) -> bool:
    """Return whether no engine holds the run; a run without a lock file, or without a folder, is held by nobody."""
    try:
        file = os.open(folder / NAME, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except PermissionError:
        return False
    try:
        return _taken(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


def _taken(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
