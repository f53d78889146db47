"""Files beside journal and register: each is written whole or not at all, and read or named."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.errors import EvidenceError, UnreadableRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise EvidenceError naming `path` for whatever the operating system has against writing it inside."""
    try:
        yield
    except OSError as error:
        raise EvidenceError(
            f"{path}: cannot be written: {error.strerror}",
            hint="a run goes no further than its evidence: free space, or name another directory with --evidence",
        ) from error


def keep(path: Path, content: bytes) -> None:
    """Write a file, its folder made where there is none; raises EvidenceError, and then no torn file is left."""
    draft = path.with_name(f"{path.name}.draft")
    with writing(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def content(path: Path) -> bytes | None:
    """Return a file's content, None where there is none; raises UnreadableRunError for one that cannot be read."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UnreadableRunError(
            f"{path}: cannot be read: {error.strerror}", hint="evidence must be readable by whoever works with it"
        ) from error


def put_on_disk(folder: Path) -> None:
    """Make all that is in a run's folder outlast a power cut; raises EvidenceError."""
    with writing(folder):
        for path in (*folder.rglob("*"), folder, folder.parent, folder.parent.parent):
            if path.is_file() or path.is_dir():
                sync(path)


def sync(path: Path) -> None:
    """Make a file's content, or the names of what is in a folder, outlast a power cut; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
