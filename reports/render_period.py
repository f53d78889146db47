"""A period as an HTML page, as a board's page, and as plain text for a terminal."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from reports import board
from reports.page import page
from reports.pictures.canvas import NARROW_PX, WIDE_PX
from reports.pictures.shares import shares
from reports.pictures.trend import trends
from reports.words import moment, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markupsafe import Markup

    from reports.period import Period
    from reports.population import Sources

_CONTENTS = (
    ("schedule", "Schedule"),
    ("systems", "Systems"),
    ("failures", "What did not pass"),
    ("actions", "Corrective actions"),
    ("trends", "Trends"),
    ("population", "Population"),
    ("controls", "Negative controls"),
    ("tabletops", "Tabletops"),
    ("gaps", "Gaps, explained"),
    ("not-proven", "What was not proven"),
    ("verification", "Verification"),
)


def html(period: Period, sources: Sources) -> str:
    """Return the period as one self-contained HTML page; `sources` know the names of people."""
    return page(
        "period.html",
        _foot(period),
        period=period,
        sources=sources,
        contents=_CONTENTS,
        figures=board.figures(period),
        shares=_shares(period),
        trends=list(_trends(period)),
        most_rows=0,
    )


def board_html(period: Period) -> str:
    """Return what a board must know of the period as one self-contained HTML page, one sheet when printed."""
    return page(
        "board.html",
        _foot(period),
        period=period,
        figures=board.figures(period),
        shares=_shares(period),
        decisions=board.decisions(period),
        doubts=board.doubts(period),
        most_rows=0,
    )


def _foot(period: Period) -> str:
    return f"Recovery drills, {period.window.first} to {period.window.last}"


def _shares(period: Period) -> list[Markup | None]:
    first, last = date.fromisoformat(period.window.first), date.fromisoformat(period.window.last)
    widths = (WIDE_PX, NARROW_PX)
    return [shares(period.runs, first, last, width) if period.runs else None for width in widths]


def _trends(period: Period) -> Iterator[tuple[str, list[tuple[Markup, Markup]]]]:
    for drill, lines in groupby(sorted(period.runs, key=lambda line: line.drill), key=lambda line: line.drill):
        runs = list(lines)
        if sum(line.rto.at_most_s is not None for line in runs) > 1:
            yield drill, list(zip(trends(runs, WIDE_PX), trends(runs, NARROW_PX), strict=True))


def text(period: Period) -> str:
    """Return the period as plain text without colour codes."""
    sections = (_head(period), _figures(period), _runs(period), _told(period))
    return _joined(sections)


def _joined(sections: Iterable[Iterable[str]]) -> str:
    """Return sections as text; what people wrote keeps to the line in which it is told."""
    blocks = ("\n".join(plain(line) for line in section) for section in sections)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(period: Period) -> Iterator[str]:
    system = f" of {period.window.system}" if period.window.system else ""
    yield f"Drills{system} from {period.window.first} to {period.window.last}"
    yield f"register {period.as_of.register_id} as of entry {period.as_of.entry}, {moment(period.as_of.utc)}"


def _figures(period: Period) -> Iterator[str]:
    for figure in board.figures(period):
        yield f"{figure.name:<20} {figure.value:<12} {figure.says}"
    if period.controls:
        yield f"{'Controls caught':<20} {f'{period.caught} of {len(period.controls)}':<12}"
    if period.tabletops:
        passed = f"{sum(line.good for line in period.tabletops)} of {len(period.tabletops)}"
        yield f"{'Tabletops passed':<20} {passed:<12} people only: no recovery is proven"


def _runs(period: Period) -> Iterator[str]:
    for line in period.runs:
        told = f"recovery time {line.rto.achieved or 'no record'}; loss {line.rpo.achieved or 'no record'}"
        yield f"{line.verdict:<12} {moment(line.started_utc)}  {line.drill:<32} {told}  {line.run}"


def _told(period: Period) -> Iterator[str]:
    for title, told in (
        ("What needs a decision", board.decisions(period)),
        ("Gaps", period.gaps),
        ("What is not proven", board.doubts(period)),
    ):
        yield title
        yield from (f"  {sentence}" for sentence in told or ("nothing",))


def board_text(period: Period) -> str:
    """Return what a board must know of the period as plain text."""
    sections = (_head(period), _figures(period), _told(period))
    return _joined(sections)
