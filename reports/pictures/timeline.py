"""The timeline as a picture: the outage, the parts of the recovery and the phases as bars on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.events import Outcome, Phase
from reports.pictures.axis import LANE_PX, TimeAxis, marks
from reports.pictures.canvas import Place, drawing, plot, shortened, svg, tone, width_of, write
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup
    from matplotlib.axes import Axes

    from reports.record import Record

MOST_PARTS = 12
"""More recovery steps than these are not drawn one by one: the longest are."""
_NAMES_PX, _BAR_PX, _PAD_PX, _BOTTOM_PX = 250.0, 13.0, 11.0, 22.0


@dataclass(frozen=True)
class Bar:
    """A stretch of the run, in seconds after the disaster."""

    name: str
    start: float
    seconds: float
    tone: str

    @property
    def label(self) -> str:
        """Return how long it took."""
        return duration(self.seconds)


def timeline(record: Record, width: float) -> Markup | None:
    """Return the picture, `width` pixels wide; None when there is nothing to count from.

    The bars' names have a column of their own where there is room for one; else they stand above the bars.
    """
    names = _NAMES_PX if width > 2 * _NAMES_PX else 0.0
    bars = [bar for bar in _bars(record) if bar.seconds > 0]
    if not bars:
        return None
    margins = (names or _PAD_PX, _PAD_PX)
    reach = [(bar.start + bar.seconds, width_of(bar.label) + _PAD_PX) for bar in bars]
    axis = TimeAxis.fitting(width - sum(margins), 0.0, marks(record), reach)
    row = _BAR_PX + _PAD_PX + (0 if names else LANE_PX)
    with drawing(width, axis.head + row * len(bars) + _BOTTOM_PX) as figure:
        axes = plot(figure, *margins, axis.head, _BOTTOM_PX)
        axes.set_ylim(row * len(bars), 0)
        axes.set_yticks([])
        axis.draw(axes)
        for number, bar in enumerate(bars, start=1):
            _draw(axes, bar, number * row - (_PAD_PX + _BAR_PX) / 2, names)
        return svg(figure, "Timeline of the recovery", _says(bars))


def _draw(axes: Axes, bar: Bar, middle: float, names: float) -> None:
    axes.barh(middle, bar.seconds, _BAR_PX, left=bar.start, color=tone(bar.tone))
    write(axes, bar.label, Place(bar.start + bar.seconds, middle, _PAD_PX / 2), "ink")
    name = shortened(bar.name, (names or axes.bbox.width) - _PAD_PX)
    write(axes, name, Place(0, middle, -names or _PAD_PX / 2, 0 if names else LANE_PX), "ink")


def _says(bars: list[Bar]) -> str:
    return "; ".join(f"{bar.name} from {duration(bar.start)}, {bar.label}" for bar in bars) + "."


def _bars(record: Record) -> Iterator[Bar]:
    """Yield the outage, the parts of the recovery as far as they were measured, and what followed."""
    began, restored = record.marks.get("outage_began"), record.marks.get("service_restored")
    if began is not None and restored is not None:
        yield Bar("outage", began, restored - began, "fail")
    elif began is not None:
        yield Bar("outage, not over", began, record.marks["workload_stopped"] - began, "fail")
    failed = {step.title for step in record.steps if step.phase == Phase.RECOVER and step.outcome != Outcome.OK}
    parts = [part for part in record.rto.parts if not part.assumed and part.kind != "unexplained"]
    longest = sorted(parts, key=lambda part: part.seconds, reverse=True)[:MOST_PARTS]
    for part in parts:
        if part in longest:
            yield Bar(part.name, part.started_s, part.seconds, "fail" if part.name in failed else part.kind)
    for row in record.phases:
        if row.phase in {Phase.SETTLE, Phase.CHECK} and row.offset_s is not None and row.seconds is not None:
            yield Bar(row.phase, row.offset_s, row.seconds, "measure")
