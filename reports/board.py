"""What a board must know of a period: five figures, what is not proven, and what needs a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reports.facts.values import Fact, State, Verdict
from reports.period import Window, worst
from reports.population import AsOf  # noqa: TC001 - pydantic reads it
from reports.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.period import Period
    from reports.population import Measure

Tone = Literal["held", "violated", "unknown", "neutral"]


class Figure(Fact):
    """One figure with what it means."""

    name: str
    value: str
    says: str
    tone: Tone


def _figure(name: str, value: str, says: str, tone: Tone) -> Figure:
    return Figure(name=name, value=value, says=says, tone=tone)


class Summary(Fact):
    """All that a board is told."""

    window: Window
    as_of: AsOf
    figures: tuple[Figure, ...]
    decisions: tuple[str, ...]
    not_proven: tuple[str, ...]


def summary(period: Period) -> Summary:
    """Return all that a board is told of a period."""
    return Summary(
        window=period.window,
        as_of=period.as_of,
        figures=tuple(figures(period)),
        decisions=tuple(decisions(period)),
        not_proven=tuple(doubts(period)),
    )


def figures(period: Period) -> list[Figure]:
    """Return the five figures."""
    return [_kept(period), _passed(period), *_measures(period), _actions(period)]


def _kept(period: Period) -> Figure:
    kept = period.adherence
    if not kept.due:
        says = f"{counted(kept.unscheduled, 'run')} without a schedule"
        return _figure("Drills on schedule", "none due", says, "unknown")
    says = f"{kept.late} late, {kept.missed} missed, {kept.deferred} deferred with approval"
    tone: Tone = "held" if kept.on_time == kept.due else "violated" if kept.missed else "unknown"
    return _figure("Drills on schedule", f"{kept.on_time} of {kept.due}", says, tone)


def _passed(period: Period) -> Figure:
    passed, runs = period.verdicts[Verdict.PASS], len(period.runs)
    others = ", ".join(f"{number} {verdict}" for verdict, number in period.verdicts.items() if verdict != Verdict.PASS)
    if not runs:
        return _figure("Drills passed", "none run", "nothing was shown", "unknown")
    return _figure("Drills passed", f"{passed} of {runs}", others, "held" if passed == runs else "violated")


def _measures(period: Period) -> Iterator[Figure]:
    yield _worst("Worst recovery time", [line.rto for line in period.runs])
    yield _worst("Worst data loss", [line.rpo for line in period.runs])


def _worst(name: str, measures: list[Measure]) -> Figure:
    found = worst(measures)
    unknown = sum(one.at_most_s is None and not one.unbounded for one in measures)
    if found is None:
        return _figure(name, "not known", "no run has a figure beside a promise", "unknown")
    beside = f"; of {counted(unknown, 'run')} not known" if unknown else ""
    value = found.achieved if found.at_most_s is None else duration(found.at_most_s)
    promised = "nothing promised" if found.promised_s is None else f"promised {duration(found.promised_s)}"
    tone: Tone = (
        "violated" if any(one.state is State.VIOLATED for one in measures) else "unknown" if unknown else "held"
    )
    return _figure(name, value, f"{promised}{beside}", tone)


def _actions(period: Period) -> Figure:
    open_, overdue = _number(period, "open", "overdue"), _number(period, "overdue")
    tone: Tone = "violated" if overdue else "unknown" if open_ else "held"
    return _figure("Actions open", str(open_), f"{overdue} overdue, {_number(period, 'mended')} mended and shown", tone)


def _number(period: Period, *states: str) -> int:
    return sum(action.state in states for action in period.actions)


def decisions(period: Period) -> list[str]:
    """Return what needs a decision, gravest first, each as one sentence."""
    return list(_decisions(period))


def _decisions(period: Period) -> Iterator[str]:
    alone = [failure.line for failure in period.failures if not failure.line.control and not failure.actions]
    uncaught = [line for line in period.controls if not line.good]
    drills = (*period.runs, *period.tabletops)
    rejected = [line for line in drills if line.sign_off.state == "rejected"]
    unsettled = [line for line in drills if not line.sign_off.settled]
    overdue = [action for action in period.actions if action.state == "overdue"]
    if rejected:
        yield f"Evidence was rejected by a reviewer: {_named(line.run for line in rejected)}."
    if alone:
        yield f"Did not pass, and nobody has opened an action: {_named(line.run for line in alone)}."
    if overdue:
        yield f"Overdue actions: {_named(f'{action.action} ({_cut(action.what)})' for action in overdue)}."
    if period.missed:
        missed = (f"{_cut(one.drill)} ({one.due[:10]})" for one in period.missed)
        yield f"Missed without anybody's approval: {_named(missed)}."
    if uncaught:
        yield f"Negative controls not shown to be caught: {_named(line.run for line in uncaught)}."
    if unsettled:
        yield f"Not reviewed yet: {len(unsettled)} of {counted(len(drills), 'run')}."


def _named(names: Iterable[str]) -> str:
    """Return a few names, and how many more there are."""
    named = list(names)
    most = 3
    beyond = len(named) - most
    return ", ".join(named[:most]) + (f" and {beyond} more" if beyond > 0 else "")


def doubts(period: Period) -> list[str]:
    """Return what the period does not prove: what most runs say of themselves, controls, and gaps in the evidence."""
    told = [_cut(limit, _LIMIT_LETTERS) for limit, _ in zip(period.not_proven, range(_MOST_LIMITS), strict=False)]
    beyond = len(period.not_proven) - len(told)
    if beyond > 0:
        told.append(f"And {counted(beyond, 'more limit')}: the period report names them all.")
    if not period.controls:
        told.append("That the drills would notice a fault: no negative control was run.")
    if period.gaps:
        told.append(f"That all evidence is whole: the period report explains {counted(len(period.gaps), 'gap')}.")
    return told


def _cut(text: str, most: int = 80) -> str:
    """Return a text that leaves room for others: all of it must fit on one sheet."""
    return text if len(text) <= most else f"{text[:most].rstrip()}\N{HORIZONTAL ELLIPSIS}"


_MOST_LIMITS, _LIMIT_LETTERS = 4, 200
