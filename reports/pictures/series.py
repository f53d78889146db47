"""A figure of every run of a series as a picture: how far they spread, and where their median and worst lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.pictures.canvas import Place, drawing, plot, svg, tone, write
from reports.pictures.columns import Column, bars
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup
    from matplotlib.axes import Axes

    from reports.series import Series, Spread

_PLOT_PX, _TOP_PX, _BOTTOM_PX = 110.0, 30.0, 22.0
_MARGINS_PX = (72.0, 84.0)


def pictures(series: Series, width: float) -> Iterator[Markup]:
    """Yield a picture, `width` pixels wide, of each figure that runs after the first have."""
    if series.rto:
        rto = [Column(run.rto_s, run.good, pale=not number) for number, run in enumerate(series.runs)]
        yield columns(rto, series.rto, "Recovery time (RTO) of each run", width)
    if series.rpo:
        rpo = [Column(run.rpo_at_most_s, run.good, pale=not number) for number, run in enumerate(series.runs)]
        yield columns(rpo, series.rpo, "Data loss (RPO), at most, of each run", width)


def columns(runs: Sequence[Column], spread: Spread, title: str, width: float) -> Markup:
    """Return the picture of one figure; the first run stands apart, and is paler."""
    with drawing(width, _TOP_PX + _PLOT_PX + _BOTTOM_PX) as figure:
        axes = plot(figure, *_MARGINS_PX, _TOP_PX, _BOTTOM_PX)
        bars(axes, runs)
        _draw_lines(axes, spread)
        write(axes, title, Place(0, 1, -_MARGINS_PX[0], _TOP_PX / 2, ("axes fraction", "axes fraction")), "ink")
        told = ", ".join("not known" if run.seconds is None else duration(run.seconds) for run in runs)
        return svg(figure, title, f"In order: {told}. Median {duration(spread.p50_s)}, p95 {duration(spread.p95_s)}.")


def _draw_lines(axes: Axes, spread: Spread) -> None:
    """Draw the median and p95, their labels pushed apart where they lie too close."""
    lines = [("p50", spread.p50_s), ("p95", spread.p95_s)]
    for _, seconds in lines:
        axes.axhline(seconds, color=tone("ink"), linewidth=1, linestyle=(0, (4, 3)))
    apart = (spread.p95_s - spread.p50_s) / axes.get_ylim()[1] * axes.bbox.height
    for (name, seconds), up in zip(lines, (min(apart / 2 - 7, 0), max(7 - apart / 2, 0)), strict=True):
        place = Place(1, seconds, 4, up, ("axes fraction", "data"))
        write(axes, f"{name} {duration(seconds)}", place, "ink")
