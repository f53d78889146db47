"""Mistakes in files that people write: where, what, and the nearest right name. Both halves read such files."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTED = 10
"""So many names may be listed when none is near."""


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake in a file; sorts by file and line. Line 0: of the whole file, or of `--set`."""

    file: str
    line: int
    path: str
    says: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(filter(None, [where, self.path, self.says]))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that says `name` is unknown: the nearest name, else a short list, else nothing."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f", did you mean {near[0]!r}?"
    if 0 < len(names) <= LISTED:
        return f"; known: {', '.join(names)}"
    return ""
