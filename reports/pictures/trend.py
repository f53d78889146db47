"""A figure over the runs of one drill, each beside what was promised of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.pictures.canvas import Place, drawing, plot, svg, write
from reports.pictures.columns import Column, bars
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from reports.population import Measure, RunLine

_PLOT_PX, _TOP_PX, _BOTTOM_PX = 90.0, 30.0, 22.0
_MARGINS_PX = (72.0, 8.0)


def trends(runs: Sequence[RunLine], width: float) -> list[Markup]:
    """Return a picture of the recovery times and one of the losses, if anything of them is known."""
    figures = {
        "Recovery time (RTO)": [(run.rto, run.good) for run in runs],
        "Data loss (RPO), at most": [(run.rpo, run.good) for run in runs],
    }
    return [_trend(title, told, width) for title, told in figures.items() if any(one.at_most_s for one, _ in told)]


def _trend(title: str, told: Sequence[tuple[Measure, bool]], width: float) -> Markup:
    runs = [Column(one.at_most_s, good, promised=one.promised_s) for one, good in told]
    promises = sorted({one.promised_s for one, _ in told if one.promised_s})
    promised = f"; promised {' or '.join(duration(seconds) for seconds in promises)}" if promises else ""
    with drawing(width, _TOP_PX + _PLOT_PX + _BOTTOM_PX) as figure:
        axes = plot(figure, *_MARGINS_PX, _TOP_PX, _BOTTOM_PX)
        bars(axes, runs)
        place = Place(0, 1, -_MARGINS_PX[0], _TOP_PX / 2, ("axes fraction", "axes fraction"))
        write(axes, f"{title}{promised}", place, "ink")
        said = ", ".join("not known" if run.seconds is None else duration(run.seconds) for run in runs)
        return svg(figure, title, f"In order: {said}{promised}.")
