"""Two ways of doing the same, measured in turns: what else the machine does meanwhile hits both alike."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Pairs:
    """Figures of two ways, pair by pair, each in the same unit."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the ratio of the medians, ours to theirs."""
        return median(self.ours) / median(self.theirs)

    @property
    def noise(self) -> str:
        """Return how far the ratios of single pairs lie apart."""
        ratios = [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]
        return f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} pairs"


def interleaved(ours: Callable[[], float], theirs: Callable[[], float], pairs: int) -> Pairs:
    """Measure `pairs` times both ways, each going first every other time."""
    figures: dict[Callable[[], float], list[float]] = {ours: [], theirs: []}
    for number in range(pairs):
        for way in (ours, theirs) if number % 2 else (theirs, ours):
            figures[way].append(way())
    return Pairs(tuple(figures[ours]), tuple(figures[theirs]))


def tell(line: str) -> None:
    """Print a line of figures at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
