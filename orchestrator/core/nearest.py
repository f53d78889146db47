"""The nearest right name, for names that are unknown."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTED = 10
"""So many names may be listed when none is near."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that says `name` is unknown: the nearest name, else a short list, else nothing."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f", did you mean {near[0]!r}?"
    if 0 < len(names) <= LISTED:
        return f"; known: {', '.join(names)}"
    return ""
