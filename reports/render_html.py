"""The record as one HTML page: no scripts, nothing loaded from elsewhere, the same bytes for the same record."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import glance, words
from reports.facts.events import State
from reports.pictures.timeline import timeline
from reports.pictures.writes import stretches, writes
from reports.record import BAD_CLASSES, WriteClass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record import Objective, Record, RtoPart

_TEMPLATES = Path(__file__).parent / "templates"
_HEADROOM = 1.04
"""A bar ends a little before the edge, so that the end of the longest one can be seen."""
_LABEL_LEAST = 3.0
"""Percent of the whole below which a segment has no room for its number."""
_MOST_ROWS, _MOST_LETTERS = 50, 600
"""Of longer lists and texts the page shows this much, and says how much more the record holds."""
_WIDE_PX, _NARROW_PX, _NAMES_PX = 856.0, 340.0, 250.0


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
    css = _css(record)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": lambda utc: utc[11:23],
        "cut": _cut,
        "duration": words.duration,
        "flat": lambda value: list(_flat(value)),
        "known": lambda value: "not known" if value is None else value,
        "moment": words.moment,
        "offset": _offset,
        "spaced": lambda name: name.replace("-", " "),
        "took": lambda seconds: "not known" if seconds is None else words.duration(seconds),
        "worst_first": words.worst_first,
    }
    page = environment.get_template("report.html").render(
        record=record,
        css=Markup(css),  # noqa: S704 - our own file, and a run's id without markup
        css_digest=digest,
        words=words,
        doubts={objective.name: objective.says for objective in record.objectives if objective.state is State.UNKNOWN},
        bars={objective.name: _bar(objective) for objective in record.objectives},
        segments=_segments(record),
        glance=glance,
        pictures=_pictures(record),
        stretches=stretches(record.rate) if record.rate else [],
        most_rows=_MOST_ROWS,
        phases=[(phase, list(steps)) for phase, steps in groupby(record.steps, key=lambda step: step.phase)],
        classes=list(WriteClass),
        bad_classes=BAD_CLASSES,
        size=words.size,
    )
    return page.rstrip() + "\n"


def _pictures(record: Record) -> dict[str, tuple[Markup | None, Markup | None]]:
    """Return each picture twice: for a wide page, and for a phone."""
    drawn = {
        "timeline": (timeline(record, _WIDE_PX, _NAMES_PX), timeline(record, _NARROW_PX, 0.0)),
        "writes": (writes(record, _WIDE_PX), writes(record, _NARROW_PX)),
    }
    return {name: (_safe(wide), _safe(narrow)) for name, (wide, narrow) in drawn.items()}


def _safe(svg: str | None) -> Markup | None:
    return None if svg is None else Markup(svg)  # noqa: S704 - serialised XML, every name in it escaped


def _cut(text: str) -> str:
    """Return a text that is not endless."""
    left_out = len(text) - _MOST_LETTERS
    return text if left_out <= 0 else f"{text[:_MOST_LETTERS]}\N{HORIZONTAL ELLIPSIS} ({left_out:,} more letters)"


def _css(record: Record) -> str:
    """Return the style sheet, with the run's id for the foot of each printed page."""
    run = re.sub(r"[^\w.:-]", "_", record.run, flags=re.ASCII)
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8").replace("@run@", run)


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


def _offset(seconds: float | None) -> str:
    """Return seconds after the disaster, always with a sign."""
    return "" if seconds is None else f"{seconds:+,.3f}".replace("-", "\N{MINUS SIGN}")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of nested facts with its dotted path."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _flat(value[key], f"{path}.{key}" if path else str(key))
    else:
        yield (
            path,
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True),
        )
