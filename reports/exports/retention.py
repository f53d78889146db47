"""How long runs' files are kept: until their time is over, and longer while a legal hold is on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from reports.controls.model import after
from reports.exports.window import CannotExportError

if TYPE_CHECKING:
    from reports.register.state import RunRow, State

SEVEN_YEARS = "7y"
"""The longest that regimes ask for which name a number: SEC 2-06 (audit papers); HIPAA asks for six years."""
_SPAN = re.compile(r"([1-9]\d{0,2}|[1-9]\d{3}(?!y))([ymd])")
"""No calendar has room for a thousand years and more of them."""


def interval(span: str) -> str:
    """Return a span such as `7y`, `18m` or `90d` as ISO 8601 has it; raises CannotExportError for another."""
    found = _SPAN.fullmatch(span)
    if not found:
        raise CannotExportError(f"{span!r} is no span of time", hint="write years, months or days: 7y, 18m, 90d")
    return f"P{found[1]}{found[2].upper()}"


@dataclass(frozen=True)
class Kept:
    """One run's files: until when they are kept, and why longer; `over` says whether they may be removed."""

    row: RunRow
    until: date
    over: bool
    why: str = ""
    """Why they are kept although their time is over."""


def kept(state: State, retain: str, today: date) -> tuple[Kept, ...]:
    """Return of each run until when its files are kept; `retain` is an interval as ISO 8601 has it.

    The time of a run counts from its end, or its start where it never ended. Of one that was purged already nothing is
    kept: what a purge that was interrupted left there may go.
    """
    return tuple(_kept(row, retain, today) for row in state.runs)


def _kept(row: RunRow, retain: str, today: date) -> Kept:
    ended = date.fromisoformat((row.finished_at or row.started_at)[:10])
    until = after(ended, retain)
    if row.purged:
        return Kept(row, date.fromisoformat(row.purged.retained_until), over=True)
    if until >= today:
        return Kept(row, until, over=False)
    if row.held:
        return Kept(row, until, over=False, why="a legal hold is on it")
    return Kept(row, until, over=True)
