"""The record as one HTML page: no scripts, nothing loaded from elsewhere, the same bytes for the same record."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reports import glance, summary
from reports.facts.events import State
from reports.page import page
from reports.pictures.canvas import NARROW_PX, WIDE_PX
from reports.pictures.timeline import timeline
from reports.pictures.trend import trends
from reports.pictures.writes import stretches, writes
from reports.record import BAD_CLASSES, WriteClass

if TYPE_CHECKING:
    from reports.record import Objective, Record, RtoPart
    from reports.standing import Standing

_HEADROOM = 1.04
"""A bar ends a little before the edge, so that the end of the longest one can be seen."""
_LABEL_LEAST = 3.0
"""Percent of the whole below which a segment has no room for its number."""
_MOST_ROWS = 50
"""Of longer lists the page shows this much, and says how much more the record holds."""
_MOST_FILES = 400
_BY_SERVICE = ("by-service", "Service by service")
_EXERCISE = ("exercise", "The exercise")
_OF_A_SYSTEM = (
    ("outage", "Proof of the outage"),
    ("backup", "Backup used"),
    ("writes", "What became of the writes"),
)
_SIGNED = (("sign-off", "Sign-off"),)
_CONTENTS = (
    ("summary", "Summary"),
    ("pictures", "In pictures"),
    ("scope", "Scope, and what was not proven"),
    ("plan", "Basis, and what changed"),
    ("participants", "Participants"),
    _EXERCISE,
    *_OF_A_SYSTEM[:2],
    ("timeline", "Timeline"),
    ("steps", "Steps and checks"),
    _BY_SERVICE,
    ("recovery-time", "Recovery time"),
    *_OF_A_SYSTEM[2:],
    ("findings", "Findings"),
    ("instrument", "Was the instrument sound?"),
    ("timing", "Context of the timing"),
    ("environment", "Environment"),
    ("judge-again", "Judge it again"),
)
_OF_EXISTING = {"writes": "How old the data is"}
"""What sections are called that tell something else of a backup that was there before."""
_AFTER_SEALED = (("after", "After the run"),)
_AFTER = (
    ("actions", "Corrective actions"),
    ("lessons", "Lessons"),
    ("history", "History"),
    ("controls", "Controls"),
    ("evidence-index", "Evidence index"),
    ("verification", "Verification"),
)


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


def html(record: Record, standing: Standing | None = None) -> str:
    """Return the record as one self-contained HTML page; with what the register says of the run, the full report.

    Without `standing` the page follows from the record alone: it is sealed with it.
    """
    history = standing.history if standing else ()
    return page(
        "report.html",
        f"Run {record.run}",
        record=record,
        doubts={objective.name: objective.says for objective in record.objectives if objective.state is State.UNKNOWN},
        bars={objective.name: _bar(objective) for objective in record.objectives},
        segments=_segments(record),
        contents=_contents(record, standing),
        standing=standing,
        summary=summary,
        glance=glance,
        trends=list(zip(trends(history, WIDE_PX), trends(history, NARROW_PX), strict=True)),
        timeline=[timeline(record, width) for width in (WIDE_PX, NARROW_PX)],
        writes=[writes(record, width) for width in (WIDE_PX, NARROW_PX)],
        stretches=stretches(record.rate) if record.rate else [],
        most_rows=_MOST_ROWS,
        most_files=_MOST_FILES,
        phases=[(phase, list(steps)) for phase, steps in groupby(record.steps, key=lambda step: step.phase)],
        classes=list(WriteClass),
        zero=_zero(record),
        bad_classes=BAD_CLASSES,
    )


def _zero(record: Record) -> str:
    if record.tabletop:
        return "the beginning of the exercise"
    return "the decision to recover" if record.existing else "the disaster"


def _contents(record: Record, standing: Standing | None) -> list[tuple[str, str]]:
    """Return id and name of each section that the page has."""
    sections = (*_SIGNED, *_CONTENTS, *_AFTER) if standing else (*_CONTENTS, *_AFTER_SEALED)
    absent = {*_OF_A_SYSTEM} if record.tabletop else {_EXERCISE}
    names = dict(one for one in sections if one not in absent and (one != _BY_SERVICE or record.by_service))
    return [*{**names, **(_OF_EXISTING if record.existing else {})}.items()]


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
