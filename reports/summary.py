"""The record in short, for whoever reads no further: what was expected and measured, and what deviated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from reports.facts.events import Finding, Outcome, State
from reports.facts.names import RunFinding, parted
from reports.glance import lost
from reports.words import duration, objective_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reports.record import Record

COURSE = frozenset[str](get_args(RunFinding))
ISOLATION = frozenset({"no-egress"})
GROUP_TITLES = {
    "integrity": "Integrity of what was recovered",
    "isolation": "Isolation of the lab",
    "course": "Course of the run",
}


class Criterion(NamedTuple):
    """One thing the run was judged by. `section` is where the report has more."""

    name: str
    expected: str
    measured: str
    state: State
    section: str


class Group(NamedTuple):
    """Findings of one sort. `id` is unique on the page."""

    id: str
    title: str
    findings: tuple[Finding, ...]


def groups(record: Record) -> list[Group]:
    """Return the findings in groups: what was recovered, how isolated the lab was, how the run went."""
    sorts: dict[str, list[Finding]] = {id: [] for id in GROUP_TITLES}  # noqa: A001 - the id of an element
    for finding in record.findings:
        sorts[
            "course" if parted(finding.name)[1] in COURSE else "isolation" if finding.name in ISOLATION else "integrity"
        ].append(finding)
    return [Group(id, GROUP_TITLES[id], tuple(findings)) for id, findings in sorts.items()]  # noqa: A001 - as above


def criteria(record: Record) -> list[Criterion]:
    """Return every criterion: the objectives one by one, the findings and self-checks by group."""
    rows = [
        Criterion(
            objective_name(one.name),
            "no promise" if one.objective_s is None else f"at most {duration(one.objective_s)}",
            one.achieved,
            one.state,
            "recovery-time" if parted(one.name)[1] in {"rto", "exercise"} else "writes",
        )
        for one in record.objectives
    ]
    rows += [_of_findings(group.title, group.findings, group.id) for group in groups(record) if group.findings]
    if record.instrument:
        rows.append(_of_findings("Soundness of the instrument", record.instrument, "instrument"))
    return rows


def _of_findings(name: str, findings: Sequence[Finding], section: str) -> Criterion:
    states = [finding.state for finding in findings]
    counts = ", ".join(f"{states.count(state)} {state}" for state in State if state in states)
    worst = next(state for state in (State.VIOLATED, State.UNKNOWN, State.HELD) if state in states)
    return Criterion(name, "every finding held", counts, worst, section)


def deviations(record: Record) -> list[str]:
    """Return what did not go as it should: statements that do not hold, steps that failed, what was changed."""
    return list(_deviations(record))


def _deviations(record: Record) -> Iterator[str]:
    yield from _not_held(record.objectives, lambda one: objective_name(one.name))
    yield from _not_held((*record.findings, *record.instrument), lambda one: one.name)
    for step in record.steps:
        if step.outcome != Outcome.OK:
            yield f"{step.title} ({step.phase}) {step.outcome.replace('-', ' ')}: {step.says or 'nothing was said'}"
    if record.altered:
        yield f"Altered on the command line: {', '.join(record.altered)}"
    if record.rto.assumed_people_s:
        yield f"People's time was assumed, not measured: {duration(record.rto.assumed_people_s)}"


def _not_held(statements: Iterable[Any], name: Callable[[Any], str]) -> Iterator[str]:
    for one in statements:
        if one.state != State.HELD:
            yield f"{name(one)} {one.state}: {one.says}"


def impact(record: Record) -> str:
    """Return what the same disaster would have meant in earnest, as far as the run can tell."""
    rto = record.rto
    if record.control:
        return "None: faults were put in on purpose, to see whether the drill notices."
    if record.tabletop:
        return "Not known: people talked a recovery through, and how long a real one takes was not tried."
    if record.existing:
        return " ".join(one.says for one in record.objectives)
    if any(one.name == "rto" and one.state == State.UNKNOWN for one in record.objectives):
        away = "How long the service would have been away is not known."
    elif rto.achieved_s is not None:
        away = f"The service would have been away for {duration(rto.achieved_s)}."
    elif rto.more_than_s is not None:
        away = f"The service would have been away for more than {duration(rto.more_than_s)}."
    else:
        away = "How long the service would have been away is not known."
    return f"{away} Lost: {lost(record)}"


class Outage(NamedTuple):
    """What shows that the service was really down. Seconds count from the disaster."""

    began_s: float | None
    ended_s: float | None
    failed: int
    acknowledged: int
    """Writes acknowledged in the bins that lie wholly inside the outage: by a service that then failed again."""


def outage(record: Record) -> Outage:
    """Return what the ledger saw of the outage."""
    began, ended = record.marks.get("outage_began"), record.marks.get("service_restored")
    rate = record.rate
    if rate is None or began is None:
        return Outage(began, ended, sum(rate.failed) if rate else 0, 0)
    starts = [rate.from_s + number * rate.bin_s for number in range(len(rate.acknowledged))]
    until = float("inf") if ended is None else ended
    inside = [began <= start and start + rate.bin_s <= until for start in starts]
    acknowledged = sum(count for count, within in zip(rate.acknowledged, inside, strict=True) if within)
    return Outage(began, ended, sum(rate.failed), acknowledged)
