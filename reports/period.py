"""A period of the programme: every run in it, what was due, what failed and what became of that."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reports.actions import ActionLine, actions
from reports.facts.programme import Level  # noqa: TC001 - pydantic reads it
from reports.facts.values import Fact, Verdict
from reports.population import AsOf, Measure, RunLine, population

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.population import Sources
    from reports.register.state import State

SCHEMA_VERSION: Literal["1.0"] = "1.0"
_NO_RECORD = {
    "changed": "its record was changed after it was registered",
    "missing": "its record is not there, and no purge was registered",
    "unreadable": "its record cannot be read by this version",
}


class Window(Fact):
    """The days of a period, in UTC, and the system it is about."""

    first: str = Field(description="A date, YYYY-MM-DD.")
    last: str = Field(description="A date, YYYY-MM-DD; it is the last day that counts.")
    system: str = Field(default="", description="Empty: all systems.")

    def has(self, utc: str) -> bool:
        """Return whether a moment lies in the period."""
        return self.first <= utc[:10] <= self.last


class Adherence(Fact):
    """How the schedule was kept. Runs on no schedule are counted apart."""

    due: int = Field(description="Runs that were due and made, missed or deferred.")
    run: int
    on_time: int = Field(description="Of those run: started within a day of the due moment.")
    late: int
    missed: int
    deferred: int
    unscheduled: int


class Failure(Fact):
    """A run that did not pass, or a control that was not caught, and what came of it."""

    line: RunLine
    actions: tuple[ActionLine, ...]


class Deferral(Fact):
    """A drill that was put off."""

    drill: str
    due: str = Field(description="In UTC.")
    until: str = Field(description="In UTC.")
    reason: str
    approver: str = Field(description="A person's id.")
    registered_utc: str


class MissedDrill(Fact):
    """A drill that was due and did not run."""

    drill: str
    due: str = Field(description="In UTC.")
    reason: str


class SystemLine(Fact):
    """One system in the period."""

    system: str
    criticality: Level | None = Field(description="As its newest record declares it.")
    runs: int
    passed: int
    worst_rto: Measure | None = Field(description="None: no recovery time is known.")
    worst_rpo: Measure | None = Field(description="None: no loss is known.")


class Period(Fact):
    """What a register tells of a period, as of one of its entries. Negative controls and tabletops count apart."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    window: Window
    as_of: AsOf
    runs: tuple[RunLine, ...] = Field(description="The whole population but for negative controls and tabletops.")
    controls: tuple[RunLine, ...] = Field(description="All negative controls.")
    tabletops: tuple[RunLine, ...] = Field(default=(), description="All tabletops: no system was recovered in them.")
    adherence: Adherence
    verdicts: dict[Verdict, int] = Field(description="Every verdict, zeros included.")
    caught: int = Field(description="Negative controls that were caught for the right reason.")
    systems: tuple[SystemLine, ...]
    failures: tuple[Failure, ...]
    deferrals: tuple[Deferral, ...]
    missed: tuple[MissedDrill, ...]
    actions: tuple[ActionLine, ...] = Field(description="Because of these runs, and older ones that are still open.")
    gaps: tuple[str, ...] = Field(description="What is not whole in the register or in the evidence, explained.")
    not_proven: dict[str, int] = Field(description="What runs did not prove, and how many said so; most first.")


def period(window: Window, as_of: AsOf, state: State, sources: Sources) -> Period:
    """Return the figures of a period: a pure function of a register and the records that are still there."""
    rows = [row for row in state.runs if window.has(row.started_at) and window.system in {"", row.system}]
    lines = tuple(population(rows, sources))
    runs = tuple(line for line in lines if not line.control and not line.tabletop)
    tabletops = tuple(line for line in lines if line.tabletop and not line.control)
    controls = tuple(line for line in lines if line.control)
    all_actions = tuple(_actions(window, as_of, state, {line.run for line in lines}))
    drills = _Drills(window, {row.drill: row.system for row in state.runs})
    deferrals, missed = tuple(drills.deferrals(state)), tuple(drills.missed(state))
    verdicts = Counter(line.verdict for line in runs)
    return Period(
        window=window,
        as_of=as_of,
        runs=runs,
        controls=controls,
        tabletops=tabletops,
        adherence=_adherence((*runs, *tabletops), len(missed), len(deferrals)),
        verdicts={verdict: verdicts[verdict] for verdict in Verdict},
        caught=sum(line.good for line in controls),
        systems=tuple(_systems(runs)),
        failures=tuple(_failure(line, all_actions) for line in lines if not line.good),
        deferrals=deferrals,
        missed=missed,
        actions=all_actions,
        gaps=tuple(_gaps(window, lines, state)),
        not_proven=dict(Counter(limit for line in runs for limit in line.not_proven).most_common()),
    )


class _Drills:
    """The drills that a window is about, told apart by the system that their runs name."""

    def __init__(self, window: Window, systems: dict[str, str]) -> None:
        self._window = window
        self._systems = systems

    def _has(self, drill: str, due: str) -> bool:
        # A drill that never ran has no system: it is not left out for that.
        system = self._systems.get(drill, self._window.system)
        return self._window.has(due) and self._window.system in {"", system}

    def deferrals(self, state: State) -> Iterator[Deferral]:
        for at, one in state.deferred:
            if self._has(one.drill, one.due):
                yield Deferral(**one.model_dump(exclude={"entry"}), registered_utc=at)

    def missed(self, state: State) -> Iterator[MissedDrill]:
        for _, one in state.missed:
            if self._has(one.drill, one.due):
                yield MissedDrill(**one.model_dump(exclude={"entry"}))


def _adherence(runs: Sequence[RunLine], missed: int, deferred: int) -> Adherence:
    counts = Counter(line.adherence for line in runs)
    run = counts["on-time"] + counts["late"]
    return Adherence(
        due=run + missed + deferred,
        run=run,
        on_time=counts["on-time"],
        late=counts["late"],
        missed=missed,
        deferred=deferred,
        unscheduled=counts["unscheduled"],
    )


def _systems(runs: Sequence[RunLine]) -> Iterator[SystemLine]:
    """Yield every system, the most critical first."""
    levels: tuple[Level | None, ...] = ("critical", "high", "moderate", "low", None)
    found = [_system(name, [line for line in runs if line.system == name]) for name in {line.system for line in runs}]
    yield from sorted(found, key=lambda one: (levels.index(one.criticality), one.system))


def _system(name: str, lines: Sequence[RunLine]) -> SystemLine:
    return SystemLine(
        system=name,
        criticality=next((line.criticality for line in reversed(lines) if line.criticality), None),
        runs=len(lines),
        passed=sum(line.verdict == Verdict.PASS for line in lines),
        worst_rto=worst(line.rto for line in lines),
        worst_rpo=worst(line.rpo for line in lines),
    )


def worst(measures: Iterable[Measure]) -> Measure | None:
    """Return the measure that kept its promise worst: one without an end, else by share; None when none is known."""
    known = [one for one in measures if one.unbounded or one.share is not None]
    return max(known, key=lambda one: inf if one.unbounded else one.share or 0.0, default=None)


def _failure(line: RunLine, known: Sequence[ActionLine]) -> Failure:
    return Failure(line=line, actions=tuple(action for action in known if action.run == line.run))


def _actions(window: Window, as_of: AsOf, state: State, runs: set[str]) -> Iterator[ActionLine]:
    for action in actions(state, as_of.utc[:10]):
        older = action.open and action.opened_utc[:10] <= window.last and window.system in {"", action.system}
        if action.run in runs or older:
            yield action


def _gaps(window: Window, lines: Sequence[RunLine], state: State) -> Iterator[str]:
    for line in lines:
        if line.finished_seq is None:
            yield f"run {line.run} has a beginning (entry {line.started_seq}) and no end: it counts as ABORTED"
        elif line.evidence in _NO_RECORD:
            yield f"run {line.run} (entries {line.started_seq} and {line.finished_seq}): {_NO_RECORD[line.evidence]}"
    for at, repair in state.repairs:
        if window.has(at):
            yield f"{at}: a torn last line of {repair.bytes_cut} bytes was cut off; it had never been acknowledged"
    yield from (f"the register breaks a rule: {mistake}" for mistake in state.mistakes)
