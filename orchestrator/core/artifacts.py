"""Files of a run's evidence beside its journal: each is there whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.errors import EvidenceError

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
