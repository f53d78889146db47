"""The workload's writes around the outage as a picture: how many a second were acknowledged, and when some failed."""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING, NamedTuple

from reports.pictures.axis import TimeAxis, marks
from reports.pictures.canvas import Place, drawing, plot, svg, tone, write

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.axes import Axes

    from reports.record import RatePicture, Record

MOST_ROWS = 30
"""The table's rows: more than these nobody listens to."""
_CLOCK_S = 1e-6
"""Sums of decimal fractions are not exact."""
_HEIGHT_PX, _BOTTOM_PX, _STRIP_PX = 170.0, 28.0, 6.0
_MARGINS_PX = (48.0, 40.0)
_SHOWN = {"disaster", "detected", "service restored", "full speed"}


class Stretch(NamedTuple):
    """A stretch of the picture, in seconds after the disaster, and what was counted in it."""

    start: float
    end: float
    acknowledged: int
    failed: int


def stretches(rate: RatePicture, most: int = MOST_ROWS) -> list[Stretch]:
    """Return what was counted in at most that many stretches of equal length (the last may be shorter)."""
    size = ceil(len(rate.acknowledged) / most) or 1
    return [
        Stretch(
            rate.from_s + rate.bin_s * first,
            rate.from_s + rate.bin_s * min(first + size, len(rate.acknowledged)),
            sum(rate.acknowledged[first : first + size]),
            sum(rate.failed[first : first + size]),
        )
        for first in range(0, len(rate.acknowledged), size)
    ]


def writes(record: Record, width: float) -> Markup | None:
    """Return the picture, `width` pixels wide; None when nothing was acknowledged."""
    rate = record.rate
    if rate is None or not any(rate.acknowledged):
        return None
    shown = [mark for mark in marks(record) if mark.name in _SHOWN]
    stop = rate.from_s + rate.bin_s * len(rate.acknowledged)
    axis = TimeAxis.fitting(width - sum(_MARGINS_PX), rate.from_s, shown, [(stop, 0.0)])
    with drawing(width, axis.head + _HEIGHT_PX + _BOTTOM_PX) as figure:
        axes = plot(figure, *_MARGINS_PX, axis.head, _BOTTOM_PX)
        axis.draw(axes)
        _draw(axes, record, rate)
        return svg(figure, "Acknowledged writes around the outage", _says(record, rate))


def _draw(axes: Axes, record: Record, rate: RatePicture) -> None:
    whole = _whole_bins(record, rate)
    edges = [rate.from_s + rate.bin_s * number for number in range(whole + 1)]
    per_second = [count / rate.bin_s for count in rate.acknowledged[:whole]]
    axes.set_ylim(0, max(per_second) * 1.05 or 1.0)
    axes.tick_params(axis="x", pad=2 * _STRIP_PX)
    axes.locator_params(axis="y", nbins=4, integer=True)
    axes.yaxis.set_major_formatter("{x:,.0f}/s")
    axes.grid(axis="y", color=tone("rule"), linewidth=1)
    axes.set_axisbelow(True)
    if (began := record.marks.get("outage_began")) is not None:
        ended = record.marks.get("service_restored", edges[-1])
        axes.axvspan(began, ended, facecolor=tone("fail"), alpha=0.14, linewidth=0, zorder=0)
    axes.stairs(per_second, edges, fill=True, facecolor=tone("step"), alpha=0.45)
    axes.stairs(per_second, edges, baseline=None, color=tone("step"))
    if record.full_speed:
        threshold = record.full_speed.threshold_per_s
        share = threshold / record.full_speed.before_per_s
        axes.axhline(threshold, color=tone("ink"), linewidth=1, linestyle=(0, (4, 3)))
        write(axes, f"{share:.0%}", Place(1, threshold, 4, 0, ("axes fraction", "data")), "ink")
    strip = -_STRIP_PX / axes.bbox.height * axes.get_ylim()[1]
    failed = [strip if count else 0.0 for count in rate.failed[:whole]]
    axes.stairs(failed, edges, fill=True, color=tone("fail"))


def _whole_bins(record: Record, rate: RatePicture) -> int:
    """Return how many bins the workload filled: the one in which it was stopped would look like a drop."""
    stopped = record.marks.get("workload_stopped", inf)
    ends = (rate.from_s + rate.bin_s * (number + 1) for number in range(len(rate.acknowledged)))
    return sum(end <= stopped + _CLOCK_S for end in ends)


def _says(record: Record, rate: RatePicture) -> str:
    restored = record.marks.get("service_restored", inf)
    counted = dict.fromkeys(("before the disaster", "until the service was restored", "from then on"), 0)
    for stretch in stretches(rate, len(rate.acknowledged)):
        when = (stretch.start >= 0) + (stretch.start >= restored)
        counted[list(counted)[when]] += stretch.acknowledged
    parts = (f"{number:,} {when}" for when, number in counted.items())
    return f"Writes acknowledged: {', '.join(parts)}; {sum(rate.failed):,} attempts failed."
