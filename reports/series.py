"""The record of a series: one drill run several times, and how far its figures spread. A pure function of the records.

The first run stands apart: it met a machine that had not just done the same. Percentiles are nearest ranks, so that
each of them is a run that there was; a mean would be none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from reports.facts.values import Fact, Verdict
from reports.ranks import nearest_rank
from reports.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.record import Record

SERIES = "series.json"
SERIES_VERSION: Final = "1.0"
CONFIDENCE = 0.95
ENOUGH = 59
"""So many passes without a failure show, at 95 % confidence, that 95 % of such runs pass."""
MOST_VARYING = 5


class SeriesPlan(Fact):
    """What was asked for, and what came of it: all of a series that its runs' folders do not tell."""

    series: str
    drill: str
    title: str
    asked: int = Field(description="Runs asked for.")
    runs: tuple[str, ...] = Field(description="The runs begun, in order; their folders lie beside the series'.")
    ended_early: str = Field(default="", description="Why fewer runs were made than asked for; empty: all were.")


class SeriesRun(Fact):
    """One run of a series."""

    run: str
    started_utc: str
    verdict: Verdict
    good: bool = Field(description="It passed; of a negative control: it was caught.")
    rto: str = Field(description="The recovery time as a person reads it.")
    rto_s: float | None = Field(description="Seconds; None: unknown, or not back.")
    rpo: str = Field(description="The loss as a person reads it.")
    rpo_at_most_s: float | None = Field(description="Seconds; None: unknown or unbounded.")
    full_speed_s: float | None = Field(description="Seconds from the disaster to full speed; None: not seen.")


class Spread(Fact):
    """How one figure spread over the runs after the first."""

    n: int = Field(description="Runs that have the figure.")
    p50_s: float = Field(description="Seconds; the median, nearest rank.")
    p95_s: float = Field(description="Seconds; nearest rank, so the worst of fewer than 20 runs.")
    least_s: float = Field(description="Seconds.")
    most_s: float = Field(description="Seconds.")
    spread_s: float = Field(description="Seconds from least to most.")


class VaryingPart(Fact):
    """A part of the recovery time and how it spread over the runs after the first."""

    name: str
    spread: Spread


class Series(Fact):
    """The evidence document of a series."""

    schema_version: Literal["1.0"] = SERIES_VERSION
    plan: SeriesPlan
    verdicts: dict[Verdict, int]
    judged: int = Field(description="Runs that were not aborted.")
    good: int = Field(description="Of those, the ones that passed, or were caught if this is a negative control.")
    runs: tuple[SeriesRun, ...] = Field(description="All runs, the first one apart from the figures below.")
    rto: Spread | None = Field(description="None: no run after the first has the figure.")
    rpo: Spread | None = Field(description="Of the upper bounds. None: no run after the first has one.")
    varying: tuple[VaryingPart, ...] = Field(description="The parts that spread most, widest first.")
    says: tuple[str, ...] = Field(description="Sentences: what was shown, the worst case, what varied, what was cold.")


def series_of(plan: SeriesPlan, records: Sequence[Record]) -> Series:
    """Return the record of a series, its runs' records given in order."""
    runs = tuple(_run(record) for record in records)
    whole = [run for run in runs if run.verdict != Verdict.ABORTED]
    warm, parts = runs[1:], _parts(records[1:])
    return Series(
        plan=plan,
        verdicts=Counter(run.verdict for run in runs),
        judged=len(whole),
        good=sum(run.good for run in whole),
        runs=runs,
        rto=_spread(run.rto_s for run in warm),
        rpo=_spread(run.rpo_at_most_s for run in warm),
        varying=parts,
        says=tuple(_says(plan, whole, parts)),
    )


def _run(record: Record) -> SeriesRun:
    achieved = {objective.name: objective for objective in record.objectives}
    rto, rpo = achieved.get("rto"), achieved.get("rpo")
    return SeriesRun(
        run=record.run,
        started_utc=record.started_utc,
        verdict=record.verdict,
        good=record.control.caught if record.control else record.verdict == Verdict.PASS,
        rto=rto.achieved if rto else "not measured",
        rto_s=rto.at_most_s if rto else None,
        rpo=rpo.achieved if rpo else "not measured",
        rpo_at_most_s=rpo.at_most_s if rpo else None,
        full_speed_s=record.full_speed.reached_s if record.full_speed else None,
    )


def _spread(figures: Iterable[float | None]) -> Spread | None:
    known = sorted(figure for figure in figures if figure is not None)
    if not known:
        return None
    return Spread(
        n=len(known),
        p50_s=nearest_rank(known, 0.5),
        p95_s=nearest_rank(known, 0.95),
        least_s=known[0],
        most_s=known[-1],
        spread_s=known[-1] - known[0],
    )


def _parts(records: Sequence[Record]) -> tuple[VaryingPart, ...]:
    """Return the parts that at least two runs have, widest spread first."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for record in records:
        whole: dict[str, float] = defaultdict(float)
        for part in record.rto.parts:
            whole[part.name] += part.seconds
        for name, taken in whole.items():
            seconds[name].append(taken)
    spreads = {name: _spread(taken) for name, taken in seconds.items() if len(taken) > 1}
    parts = [VaryingPart(name=name, spread=spread) for name, spread in spreads.items() if spread]
    return tuple(sorted(parts, key=lambda part: part.spread.spread_s, reverse=True)[:MOST_VARYING])


def _says(plan: SeriesPlan, runs: Sequence[SeriesRun], parts: Sequence[VaryingPart]) -> Iterator[str]:
    """Yield what the runs that were judged show."""
    if plan.ended_early:
        yield f"Ended early, after {counted(len(runs), 'whole run')} of {plan.asked}: {plan.ended_early}."
    if not runs:
        return
    yield _shown(sum(run.good for run in runs), len(runs))
    rto = _worst([(run.rto, run.rto_s) for run in runs])
    rpo = _worst([(run.rpo, run.rpo_at_most_s) for run in runs])
    yield f"Worst of {len(runs)}: recovery time {rto}; loss {rpo}."
    if parts and parts[0].spread.spread_s:
        widest = parts[0]
        yield (
            f"{widest.name} varies most: {duration(widest.spread.least_s)} to {duration(widest.spread.most_s)} in "
            f"{widest.spread.n} runs."
        )
    yield "The first run stands apart: programs, images and files may not have been in the machine's memory yet."


def _shown(good: int, number: int) -> str:
    """Return what so many runs show: nothing but themselves, unless all were good."""
    if good < number:
        return f"{good} of {number} runs ended as they should."
    share = int(100 * (1 - CONFIDENCE) ** (1 / number))
    says = f"{good} of {number} runs ended as they should, which shows with {CONFIDENCE:.0%} confidence that at least "
    says += f"{share}% of such runs do"
    return f"{says}." if number >= ENOUGH else f"{says}; {ENOUGH} without a failure are needed to show 95%."


def _worst(figures: Sequence[tuple[str, float | None]]) -> str:
    """Return the worst figure, and how many runs have none that could be compared."""
    known = [(seconds, says) for says, seconds in figures if seconds is not None]
    without = Counter(says for says, seconds in figures if seconds is None)
    told = [f"{says} ({counted(count, 'run')})" for says, count in without.items()]
    return ", else ".join([*told, *([max(known)[1]] if known else [])])
