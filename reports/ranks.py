"""Percentiles as nearest ranks: each of them is a value that there was."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """Return the first value, in rising order, up to which lie at least `share` of all of them."""
    return ordered[ceil(share * len(ordered)) - 1]
