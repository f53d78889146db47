"""The use case of a series: one drill run several times, one run after the other, and what the runs show together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.app import exit_code
from orchestrator.app import judged as judged_run
from orchestrator.core import artifacts
from orchestrator.several import attempt, because, found, read_again, told
from reports.series import SERIES, Series, SeriesPlan, series_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.app import RunOptions, RunResult
    from orchestrator.several import Stop
    from reports.record import Record

PREFIX, PAGE = "series-", "series.html"
BEST_FIRST = (0, 3, 4, 1)
"""Exit codes: a violation that was seen is worse than a run of which nothing is known."""


@dataclass(frozen=True)
class SeriesResult:
    """What a series left. `stopped`: what cut it short, None when every run was made."""

    series: Series
    folder: Path
    records: tuple[Record, ...]
    stopped: Stop

    def exit_code(self, *, raw: bool) -> int:
        """Return the worst of the runs' exit codes."""
        return max((exit_code(record, raw=raw) for record in self.records), key=BEST_FIRST.index)


def run_series(name: str, overrides: Sequence[str], options: RunOptions, times: int) -> SeriesResult:
    """Run a drill `times` times and write the record of the series, also when it is cut short.

    Raises what `run_drill` raises when that comes before the first run has begun.
    """
    made: list[RunResult] = []
    stopped: Stop = None
    while len(made) < times and not stopped:
        result, stopped = attempt(name, overrides, options)
        made += [result] if result else []
    if stopped and not made:
        raise stopped
    return _summarised(made, times, stopped)


def _summarised(made: Sequence[RunResult], times: int, stopped: Stop) -> SeriesResult:
    records = tuple(result.record for result in made)
    folder = made[0].folder.with_name(f"{PREFIX}{made[0].folder.name}")
    plan = SeriesPlan(
        series=folder.name,
        drill=records[0].drill.name,
        title=records[0].drill.title,
        asked=times,
        runs=tuple(result.folder.name for result in made),
        ended_early=because(stopped),
    )
    series = series_of(plan, records)
    for file, form in ((SERIES, "json"), (PAGE, "html")):
        artifacts.keep(folder / file, render(series, form).encode())
    return SeriesResult(series, folder, records, stopped)


def find_series(evidence: Path, name: str) -> Path | None:
    """Return a series' folder by path or by the beginning of its id; None when nothing is named so, or several are."""
    return found(evidence, name, PREFIX, SERIES)


def judged(folder: Path) -> Series:
    """Return a series from its runs, each judged again; raises UnreadableRunError."""
    plan = read_again(folder / SERIES, Series, "a series").plan
    return series_of(plan, [judged_run(folder.with_name(run)) for run in plan.runs])


def render(series: Series, form: str) -> str:
    """Return a series as html, json or text; raises UnreadableRunError for another form."""
    from reports import render_series

    return told(series, form, {"text": render_series.text, "html": render_series.html}, "a series")
