"""The record as one HTML page: no scripts, nothing loaded from elsewhere, the same bytes for the same record."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reports import glance
from reports.facts.events import State
from reports.page import page
from reports.pictures.canvas import NARROW_PX, WIDE_PX
from reports.pictures.timeline import timeline
from reports.pictures.writes import stretches, writes
from reports.record import BAD_CLASSES, WriteClass

if TYPE_CHECKING:
    from reports.record import Objective, Record, RtoPart

_HEADROOM = 1.04
"""A bar ends a little before the edge, so that the end of the longest one can be seen."""
_LABEL_LEAST = 3.0
"""Percent of the whole below which a segment has no room for its number."""
_MOST_ROWS = 50
"""Of longer lists the page shows this much, and says how much more the record holds."""


@dataclass(frozen=True)
class Bar:
    """An objective's bar, in percent of its width: certain up to `sure`, possible up to `possible`."""

    sure: float
    possible: float
    promised: float | None


@dataclass(frozen=True)
class Segment:
    """One part of the recovery time in the stacked bar, in percent of the whole."""

    number: int
    part: RtoPart
    start: float
    share: float
    labelled: bool


def html(record: Record) -> str:
    """Return the record as one self-contained HTML page."""
    return page(
        "report.html",
        record.run,
        record=record,
        doubts={objective.name: objective.says for objective in record.objectives if objective.state is State.UNKNOWN},
        bars={objective.name: _bar(objective) for objective in record.objectives},
        segments=_segments(record),
        glance=glance,
        timeline=[timeline(record, width) for width in (WIDE_PX, NARROW_PX)],
        writes=[writes(record, width) for width in (WIDE_PX, NARROW_PX)],
        stretches=stretches(record.rate) if record.rate else [],
        most_rows=_MOST_ROWS,
        phases=[(phase, list(steps)) for phase, steps in groupby(record.steps, key=lambda step: step.phase)],
        classes=list(WriteClass),
        bad_classes=BAD_CLASSES,
    )


def _bar(objective: Objective) -> Bar | None:
    """Return the objective's bar; None when nothing was measured."""
    known = [seconds for seconds in (objective.at_least_s, objective.at_most_s) if seconds is not None]
    if not known:
        return None
    whole = max(*known, objective.objective_s or 0.0) * _HEADROOM or 1.0
    unbounded = objective.at_most_s is None and objective.state is State.VIOLATED
    return Bar(
        sure=min(known) / whole * 100 if objective.at_least_s is not None else 0.0,
        possible=100.0 if unbounded else max(known) / whole * 100,
        promised=None if objective.objective_s is None else objective.objective_s / whole * 100,
    )


def _segments(record: Record) -> list[Segment]:
    """Return the recovery time's parts side by side; room is left for time that was watched in vain.

    A share below nothing (parts that overlap leave less than nothing unexplained) cannot be drawn, and is not.
    """
    drawn = [max(part.seconds, 0.0) for part in record.rto.parts]
    whole = max(sum(drawn), record.rto.more_than_s or 0.0) or 1.0
    segments: list[Segment] = []
    start = 0.0
    for number, (part, seconds) in enumerate(zip(record.rto.parts, drawn, strict=True), start=1):
        share = seconds / whole * 100
        segments.append(Segment(number, part, start, share, labelled=share >= _LABEL_LEAST))
        start += share
    return segments
