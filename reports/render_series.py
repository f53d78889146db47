"""The record of a series as plain text for a terminal, and as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.page import page
from reports.pictures.canvas import NARROW_PX, WIDE_PX
from reports.pictures.series import pictures
from reports.words import duration, moment, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.series import Series, Spread


def text(series: Series) -> str:
    """Return the series as plain text without colour codes."""
    sections = (_head(series), _runs(series), _figures(series), series.says)
    blocks = ("\n".join(plain(line) for line in section) for section in sections)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(series: Series) -> Iterator[str]:
    counts = ", ".join(f"{number} {verdict}" for verdict, number in series.verdicts.items())
    yield f"{len(series.runs)} of {series.plan.asked} runs of {series.plan.drill}: {counts or 'none was made'}"
    yield f"{series.plan.title}; series {series.plan.series}"


def _runs(series: Series) -> Iterator[str]:
    for number, run in enumerate(series.runs, start=1):
        first = "  (first: apart from the figures)" if number == 1 else ""
        told = f"recovery time {run.rto}; loss {run.rpo}"
        yield f"{number:>4}  {run.verdict:<12}  {moment(run.started_utc)}  {told}{first}"


def _figures(series: Series) -> Iterator[str]:
    figures = figures_of(series)
    if not figures:
        return
    width = max(len(name) for name, _ in figures)
    yield f"{'After the first run':<{width}}  {'n':>3}" + "".join(
        f"{head:>10}" for head in ("p50", "p95", "least", "most", "spread")
    )
    for name, spread in figures:
        yield f"{name:<{width}}  {spread.n:>3}" + "".join(f"{duration(value):>10}" for value in _values(spread))


def figures_of(series: Series) -> list[tuple[str, Spread]]:
    """Return every figure that is known, by name: the recovery time, the loss, then the parts that vary most."""
    named = [("Recovery time (RTO)", series.rto), ("Data loss (RPO), at most", series.rpo)]
    named += [(f"  {part.name}", part.spread) for part in series.varying]
    return [(name, spread) for name, spread in named if spread]


def html(series: Series) -> str:
    """Return the series as one self-contained HTML page, beside the folders of its runs."""
    return page(
        "series.html",
        f"Series {series.plan.series}",
        series=series,
        tone=_tone(series),
        figures=figures_of(series),
        pictures=list(zip(pictures(series, WIDE_PX), pictures(series, NARROW_PX), strict=True)),
    )


def _tone(series: Series) -> str:
    """Return the worst that can be said: a series that was cut short is no pass, however good its runs."""
    if series.good < series.judged:
        return "FAIL"
    return "PASS" if series.judged == series.plan.asked else "ABORTED"


def _values(spread: Spread) -> tuple[float, ...]:
    return (spread.p50_s, spread.p95_s, spread.least_s, spread.most_s, spread.spread_s)
