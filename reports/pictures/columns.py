"""A column for each run: what pictures of several runs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.pictures.canvas import Place, tone, write
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_MOST_NUMBERS = 30
"""Of more runs not every one has its number below it."""
_NEAR = 4.0
"""A promise more than so many times what was measured would make the columns too small to compare: it is not shown."""


class Column(NamedTuple):
    """One run's figure in seconds (None: not known), whether the run ended as it should, and what was promised."""

    seconds: float | None
    good: bool
    pale: bool = False
    promised: float | None = None


def bars(axes: Axes, runs: Sequence[Column]) -> None:
    """Draw the columns with their axes, numbered from 1; a line across a column is what was promised of that run."""
    axes.set_xticks(range(1, len(runs) + 1, len(runs) // _MOST_NUMBERS + 1))
    axes.set_xlim(0.4, len(runs) + 0.6)
    highest = max(run.seconds or 0.0 for run in runs)
    shown = [run.promised for run in runs if run.promised and run.promised <= _NEAR * highest]
    axes.set_ylim(0, max(highest, *shown, 0.0) * 1.1 or 1.0)
    axes.locator_params(axis="y", nbins=3)
    axes.yaxis.set_major_formatter(lambda seconds, _: duration(seconds))
    axes.grid(axis="y", color=tone("rule"), linewidth=1)
    axes.set_axisbelow(True)
    for number, run in enumerate(runs, start=1):
        _draw(axes, number, run)
        if run.promised in shown:
            axes.hlines(run.promised, number - 0.45, number + 0.45, color=tone("ink"), linewidth=2)


def _draw(axes: Axes, number: int, run: Column) -> None:
    if run.seconds is None:
        write(axes, "?", Place(number, 0, -3, 8), "fail")
        return
    axes.bar(number, run.seconds, 0.7, facecolor=tone("step" if run.good else "fail"), alpha=0.4 if run.pale else 1.0)
