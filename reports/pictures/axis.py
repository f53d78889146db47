"""The time axis of a run's pictures: seconds after the disaster, and the marks on it, whose labels never overlap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING

from reports.pictures.canvas import Place, tone, width_of, write
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    from reports.record import Record

LANE_PX = 15.0
"""The height of a line of text."""
_GAP_PX = 3.0
_TICK_PX = 72.0
"""Ticks are no closer than this."""
_DAY_S = 86_400
_TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, _DAY_S)
Reach = tuple[float, float]
"""A moment, and the pixels that must fit to the right of it."""
_NAMES = {
    "disaster_injected": ("disaster", "fail"),
    "detected": ("detected", "detect"),
    "recovery_started": ("recovery starts", "soft"),
    "service_restored": ("service restored", "pass"),
    "service_answered": ("service answers", "pass"),
    "full_speed": ("full speed", "pass"),
    "verified": ("verified", "soft"),
}


@dataclass(frozen=True)
class Mark:
    """A moment with a name, in seconds after the disaster, and its colour."""

    at: float
    name: str
    tone: str

    @property
    def text(self) -> str:
        """Return the name and the moment."""
        return f"{self.name} {duration(self.at)}" if self.at else self.name

    @property
    def width(self) -> float:
        """Return the pixels that the text needs beside the mark's line."""
        return width_of(self.text) + 2 * _GAP_PX


def marks(record: Record) -> list[Mark]:
    """Return the run's marks, in order."""
    reached = dict(record.marks)
    if record.full_speed and record.full_speed.reached_s is not None:
        reached["full_speed"] = record.full_speed.reached_s
    return sorted((Mark(reached[name], *_NAMES[name]) for name in _NAMES if name in reached), key=lambda mark: mark.at)


@dataclass(frozen=True)
class TimeAxis:
    """An axis from `start` to `end`, seconds after the disaster, with the labels of its marks."""

    start: float
    end: float
    labels: Sequence[Label]

    @classmethod
    def fitting(cls, pixels: float, start: float, shown: Sequence[Mark], reach: Iterable[Reach]) -> TimeAxis:
        """Return the axis of that many pixels from `start` on which all of `reach` fits."""
        reach = [*reach, *((mark.at, _GAP_PX) for mark in shown)]
        scale = min((pixels - width) / (at - start) for at, width in reach if at > start)
        return cls(start, start + pixels / scale, placed(shown, lambda at: (at - start) * scale, pixels))

    @property
    def head(self) -> float:
        """Return the pixels above the axis that the labels need."""
        return (max((label.lane for label in self.labels), default=-1) + 1) * LANE_PX + 2 * _GAP_PX

    def draw(self, axes: Axes) -> None:
        """Draw the ticks, and each mark's line up to its label."""
        axes.set_xlim(self.start, self.end)
        step = next((step for step in _TICKS_S if step / (self.end - self.start) * axes.bbox.width >= _TICK_PX), _DAY_S)
        moments = [number * step for number in range(ceil(self.start / step), floor(self.end / step) + 1)]
        axes.set_xticks(moments, [_offset(moment) for moment in moments])
        for label in self.labels:
            middle = _GAP_PX + (label.lane + 0.5) * LANE_PX
            line = axes.axvline(label.mark.at, 0, 1 + middle / axes.bbox.height, color=tone(label.mark.tone))
            line.set(linewidth=1, zorder=1)
            gap = -_GAP_PX if label.hangs_left else _GAP_PX
            place = Place(label.mark.at, 1, gap, middle, ("data", "axes fraction"), ends=label.hangs_left)
            write(axes, label.mark.text, place, label.mark.tone)


@dataclass(frozen=True)
class Label:
    """A mark's label: where its line is, in pixels from the axis's left end, and its lane above the axis."""

    mark: Mark
    line: float
    hangs_left: bool
    lane: int = 0

    @property
    def ends(self) -> tuple[float, float]:
        """Return the pixels at which the label begins and ends."""
        return (self.line - self.mark.width, self.line) if self.hangs_left else (self.line, self.line + self.mark.width)

    def meets(self, other: Label) -> bool:
        """Return whether the two would meet in the same lane."""
        return self.ends[0] <= other.ends[1] and other.ends[0] <= self.ends[1]


def placed(shown: Sequence[Mark], position: Callable[[float], float], pixels: float) -> list[Label]:
    """Return the labels of marks that are in order, none of which covers another. `position` gives a moment's pixels.

    A label lies above those that it would meet, those first whose lines it would cross.
    """
    hung = _hung([(mark, position(mark.at)) for mark in shown], pixels)
    labels: list[Label] = []
    for label in sorted(hung, key=lambda label: (label.hangs_left, label.line if label.hangs_left else -label.line)):
        lane = 1 + max((below.lane for below in labels if below.meets(label)), default=-1)
        labels.append(replace(label, lane=lane))
    return labels


def _hung(lines: list[tuple[Mark, float]], pixels: float) -> Iterator[Label]:
    """Yield the labels from right to left.

    A label hangs to the right of its line, or to the left where it would leave the axis or cross the line of one that
    hangs to the left: no line of those could then stay below it.
    """
    end = pixels
    for mark, line in reversed(lines):
        label = Label(mark, line, hangs_left=line + mark.width > end and line >= mark.width)
        if label.hangs_left:
            end = line
        yield label


def _offset(seconds: float) -> str:
    return f"\N{MINUS SIGN}{duration(-seconds)}" if seconds < 0 else duration(seconds)
