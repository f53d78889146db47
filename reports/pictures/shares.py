"""Every run's recovery time as a share of what was promised, over the days of a period: one glance at a programme."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from reports.pictures.canvas import Place, drawing, plot, svg, tone, write
from reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from matplotlib.axes import Axes

    from reports.population import RunLine

_PLOT_PX, _TOP_PX, _BOTTOM_PX = 130.0, 30.0, 22.0
_MARGINS_PX = (44.0, 20.0)
_MOST = 1.5
"""What took longer than so many times the promise, or never ended, is drawn at the upper edge."""
_DAYS_PX = 130.0
_DOT_PX = 9.0


def shares(runs: Sequence[RunLine], first: date, last: date, width: float) -> Markup:
    """Return the picture of runs that started between two days, both included."""
    days = [(date.fromisoformat(run.started_utc[:10]) - first).days for run in runs]
    whole = (last - first).days
    with drawing(width, _TOP_PX + _PLOT_PX + _BOTTOM_PX) as figure:
        axes = plot(figure, *_MARGINS_PX, _TOP_PX, _BOTTOM_PX)
        axes.set_xlim(-0.5, whole + 0.5)
        axes.set_ylim(0, _MOST * 1.08)
        axes.set_yticks([0, 0.5, 1, _MOST], ["0", "50%", "100%", "more"])
        axes.axhline(1, color=tone("ink"), linewidth=1, linestyle=(0, (4, 3)))
        _mark_days(axes, first, whole)
        for day, run in zip(days, runs, strict=True):
            share = run.rto.share
            if share is None:
                write(axes, "\N{MULTIPLICATION SIGN}", Place(day, _MOST, -_DOT_PX / 2), "fail")
            else:
                _dot(axes, day, min(share, _MOST), "step" if run.good else "fail")
        title = "Recovery times as a share of the promise"
        write(axes, title, Place(0, 1, -_MARGINS_PX[0], _TOP_PX / 2, ("axes fraction", "axes fraction")), "ink")
        return svg(figure, title, _says(runs))


def _dot(axes: Axes, day: int, share: float, colour: str) -> None:
    from matplotlib.patches import Ellipse

    # A marker of the library's own would be one drawing used many times, by an id that is not unique on the page.
    across, up = (
        _DOT_PX * (end - start) / pixels
        for (start, end), pixels in ((axes.get_xlim(), axes.bbox.width), (axes.get_ylim(), axes.bbox.height))
    )
    axes.add_patch(Ellipse((day, share), across, up, facecolor=tone(colour), alpha=0.8, linewidth=0))


def _mark_days(axes: Axes, first: date, whole: int) -> None:
    """Name the first day and as many later ones as there is room for."""
    number = max(min(int(axes.bbox.width // _DAYS_PX), whole), 1)
    ticks = sorted({round(whole * place / number) for place in range(number + 1)})
    axes.set_xticks(ticks, [date.fromordinal(first.toordinal() + tick).isoformat() for tick in ticks])
    labels = axes.get_xticklabels()
    if whole == 0:
        return
    labels[0].set_horizontalalignment("left")
    labels[-1].set_horizontalalignment("right")


def _says(runs: Sequence[RunLine]) -> str:
    known = [run.rto.share for run in runs if run.rto.share is not None]
    within = sum(share <= 1 for share in known)
    return (
        f"{within} of {counted(len(runs), 'run')} within what was promised; without a figure: {len(runs) - len(known)}."
    )
