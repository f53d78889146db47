"""What is measured and stated of one run, and the doubts that make parts of it unknown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.events import Finding, State
from reports.judge.findings import NOTHING_TESTED, of_run, of_writes, read_back
from reports.judge.instrument import VOIDS, instrument
from reports.judge.objectives import Grounds, objectives
from reports.judge.recovery_point import recovery_point, unknown_point
from reports.judge.recovery_time import recovery_time
from reports.judge.speed import full_speed, rate_picture
from reports.judge.timeline import Outage, outage
from reports.judge.writes import Writes, classify
from reports.record import Example, LedgerWrites, Objective, Rpo, Rto

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.facts.ledger import Ledger
    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.record import FullSpeed, RatePicture

NOT_RECOVERED = "The service was not recovered, so there is nothing to compare."
NO_LEDGER = "The ledger never closed, so there is nothing to compare with."
NOT_JUDGED = "The run was not judged."
UNREADABLE = "The ledger's table could not be read."


@dataclass(frozen=True)
class Judgement:
    """What was measured, and every statement about it."""

    rto: Rto
    rpo: Rpo
    outage: Outage
    full_speed: FullSpeed | None = None
    rate: RatePicture | None = None
    writes: tuple[LedgerWrites, ...] = ()
    run: tuple[Finding, ...] = ()
    """On the run's course, and the checks' own."""
    instrument: tuple[Finding, ...] = ()
    objectives: tuple[Objective, ...] = ()
    integrity: tuple[Finding, ...] = ()

    @property
    def statements(self) -> tuple[Finding | Objective, ...]:
        """Return all that the verdict follows from, causes before their consequences."""
        return (*self.run, *self.instrument, *self.objectives, *self.integrity)


def nothing_judged(folder: RunFolder) -> Judgement:
    """Return what can be said of an aborted run: what was promised, and that nothing is known."""
    rto = Rto(achieved_s=None, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)
    rpo = unknown_point(NOT_JUDGED)
    grounds = Grounds(not_recovered=False, doubts=dict.fromkeys(("rto", "rpo", "given-up"), NOT_JUDGED))
    promises = objectives(folder.planned.objectives, rto, rpo, grounds)
    return Judgement(rto=rto, rpo=rpo, outage=Outage(None, None), objectives=promises)


def judgement(folder: RunFolder, course: Course) -> Judgement:
    """Return what is measured and stated of a run that came to its end."""
    ledger = folder.ledger
    away = outage(ledger.attempts, course) if ledger else Outage(None, None)
    rto = recovery_time(folder, course, away)
    self_checks = tuple(instrument(folder, course, rto.unexplained_s))
    voided = _voided(self_checks)
    run = tuple(_doubted(of_run(folder, course), voided))
    why_not = _why_not_comparable(course, run, ledger)
    looked = read_back(ledger.closed if ledger else None, why_not)
    writes = classify(ledger, course.renewed, course.target) if ledger and looked.state == State.HELD else None
    why_not = why_not or ("" if writes else UNREADABLE)
    rpo = recovery_point(writes, course) if writes else unknown_point(why_not)
    promises = objectives(folder.planned.objectives, rto, rpo, _grounds(course, run, voided, why_not))
    integrity = tuple(_doubted((looked, *of_writes(writes, why_not)), voided))
    return Judgement(
        rto=rto,
        rpo=rpo,
        outage=away,
        full_speed=full_speed(ledger.attempts(), course, away) if ledger else None,
        rate=rate_picture(ledger.attempts, course) if ledger else None,
        writes=tuple(_rows(ledger, writes, course)),
        run=run,
        instrument=self_checks,
        objectives=promises,
        integrity=integrity,
    )


def _voided(self_checks: Iterable[Finding]) -> dict[str, str]:
    """Return, for each measure that rests on a failed self-check, what that one says."""
    voided: dict[str, str] = {}
    for check in self_checks:
        if check.state != State.HELD:
            for measure in VOIDS[check.name]:
                voided.setdefault(measure, check.says)
    return voided


def _doubted(findings: Iterable[Finding], voided: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the findings, unknown where the instrument's word is worth nothing."""
    for finding in findings:
        if (why := voided.get(finding.name)) and finding.state != State.UNKNOWN:
            yield Finding(name=finding.name, state=State.UNKNOWN, says=why, seen=finding.seen)
        else:
            yield finding


def _states(run: Iterable[Finding]) -> dict[str, State]:
    return {finding.name: finding.state for finding in run}


def _why_not_comparable(course: Course, run: Iterable[Finding], ledger: Ledger | None) -> str:
    """Return why the ledger's rows say nothing of a recovery; empty when they do."""
    if not course.confirmed:
        return NOTHING_TESTED
    if _states(run)["recovery-step"] != State.HELD:
        return NOT_RECOVERED
    return "" if ledger else NO_LEDGER


def _grounds(course: Course, run: Sequence[Finding], voided: Mapping[str, str], why_not: str) -> Grounds:
    """Return what the objectives rest on. A recovery that failed, or that nobody began, needs no instrument to tell."""
    states = _states(run)
    failed = State.VIOLATED in (states["recovery-step"], states["detected"]) and states["recovery-step"] != State.HELD
    doubts = dict(voided)
    if why_not:
        doubts.update({"rpo": why_not, "given-up": why_not})
    if not course.confirmed:
        doubts["rto"] = NOTHING_TESTED
    elif states["recovery-step"] == State.UNKNOWN:
        doubts["rto"] = NOT_RECOVERED
    return Grounds(not_recovered=course.confirmed and failed, doubts=doubts)


def _rows(ledger: Ledger | None, writes: Writes | None, course: Course) -> Iterator[LedgerWrites]:
    if ledger is None or writes is None:
        return
    examples = {
        name: tuple(
            Example(writer=writer, sequence=sequence, offset_s=None if at is None else course.since_disaster(at))
            for writer, sequence, at in some
        )
        for name, some in writes.examples.items()
    }
    yield LedgerWrites(service=ledger.closed.service, counts=dict(writes.counts), total=writes.total, examples=examples)
