"""What is measured and stated of one run, and the doubts that make parts of it unknown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from reports.facts.events import Finding, State
from reports.facts.names import parted
from reports.judge.common_point import apart
from reports.judge.findings import NOTHING_TESTED, about, of_run, of_writes, read_back, untouched
from reports.judge.instrument import instrument, voided
from reports.judge.objectives import Grounds, common_point, objectives, of_one_service
from reports.judge.recovery_point import recovery_point, unknown_point, worst_point
from reports.judge.recovery_time import recovery_time, slowest
from reports.judge.speed import full_speed, last_at_speed, rate_picture
from reports.judge.watched import watched
from reports.judge.writes import Writes, classify
from reports.record import Example, LedgerWrites, Objective, Rpo, Rto, ServiceMeasures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.facts.events import Objectives
    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.judge.watched import Watched
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
    watched: tuple[Watched, ...] = ()
    by_service: tuple[ServiceMeasures, ...] = ()
    full_speed: FullSpeed | None = None
    rate: RatePicture | None = None
    writes: tuple[LedgerWrites, ...] = ()
    run: tuple[Finding, ...] = ()
    """On the run's course, and the checks' own."""
    instrument: tuple[Finding, ...] = ()
    objectives: tuple[Objective, ...] = ()
    """Those of the whole first."""
    integrity: tuple[Finding, ...] = ()

    @property
    def statements(self) -> tuple[Finding | Objective, ...]:
        """Return all that the verdict follows from, causes before their consequences."""
        return (*self.run, *self.instrument, *self.objectives, *self.integrity)

    @property
    def promises(self) -> tuple[Objective, ...]:
        """Return the objectives of the whole."""
        return tuple(one for one in self.objectives if not parted(one.name)[0])


@dataclass(frozen=True)
class _Recovered:
    """What was measured of one service; `why_not` says why its writes say nothing."""

    one: Watched
    rto: Rto
    rpo: Rpo
    why_not: str
    writes: Writes | None
    read_back: Finding


@dataclass(frozen=True)
class _Basis:
    """What all objectives rest on: the run's course, what is stated of it, and why measures cannot be believed."""

    course: Course
    run: Sequence[Finding]
    doubts: Mapping[str, str]


def nothing_judged(folder: RunFolder) -> Judgement:
    """Return what can be said of an aborted run: what was promised, and that nothing is known."""
    rto = Rto(achieved_s=None, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)
    rpo = unknown_point(NOT_JUDGED)
    grounds = Grounds(not_recovered=False, doubts=dict.fromkeys(("rto", "rpo", "given-up"), NOT_JUDGED))
    promised = folder.planned.objectives
    services = (of_one_service(service, promised, rto, rpo, grounds) for service in promised.services)
    promises = (*objectives(promised, rto, rpo, grounds), *chain.from_iterable(services))
    return Judgement(rto=rto, rpo=rpo, objectives=promises)


def judgement(folder: RunFolder, course: Course) -> Judgement:
    """Return what is measured and stated of a run that came to its end."""
    promised, services = folder.planned.objectives, watched(folder, course)
    times = [(one, recovery_time(folder, one)) for one in services]
    _, rto = slowest(times)
    self_checks = tuple(instrument(folder, course, services, rto.unexplained_s))
    doubts = voided(self_checks, services)
    run = tuple(_doubted(chain(of_run(folder, course), _untouched(services)), doubts))
    recovered = [_recovered(one, time, _why_not_comparable(course, run, one)) for one, time in times]
    rpo = worst_point({each.one.label: each.rpo for each in _counting(recovered, promised)})
    speeds = [full_speed(one) for one in services]
    return Judgement(
        rto=rto,
        rpo=rpo,
        watched=tuple(services),
        by_service=tuple(map(_measures, recovered, speeds)) if len(services) > 1 else (),
        full_speed=last_at_speed(speeds),
        rate=rate_picture(services, course),
        writes=tuple(chain.from_iterable(map(_rows, recovered))),
        run=run,
        instrument=self_checks,
        objectives=tuple(_objectives(promised, recovered, (rto, rpo), _Basis(course, run, doubts))),
        integrity=tuple(_doubted(chain.from_iterable(map(_integrity, recovered)), doubts)),
    )


def _doubted(findings: Iterable[Finding], doubts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the findings, unknown where the instrument's word is worth nothing."""
    for finding in findings:
        if (why := doubts.get(finding.name)) and finding.state != State.UNKNOWN:
            yield Finding(name=finding.name, state=State.UNKNOWN, says=why, seen=finding.seen)
        else:
            yield finding


def _untouched(services: Iterable[Watched]) -> Iterator[Finding]:
    return (about(one.label, untouched(one)) for one in services if one.spared)


def _states(run: Iterable[Finding]) -> dict[str, State]:
    return {finding.name: finding.state for finding in run}


def _why_not_comparable(course: Course, run: Iterable[Finding], one: Watched) -> str:
    """Return why the ledger's rows say nothing of a recovery; empty when they do."""
    if not course.confirmed:
        return NOTHING_TESTED
    if _states(run)["recovery-step"] != State.HELD:
        return NOT_RECOVERED
    return "" if one.ledger else NO_LEDGER


def _recovered(one: Watched, rto: Rto, why_not: str) -> _Recovered:
    looked = read_back(one.ledger.closed if one.ledger else None, why_not)
    held = one.ledger and looked.state == State.HELD
    writes = classify(one.ledger, one.course.renewed, one.course.target) if one.ledger and held else None
    why_not = why_not or ("" if writes else UNREADABLE)
    rpo = recovery_point(writes, one.course) if writes else unknown_point(why_not)
    return _Recovered(one, rto, rpo, why_not, writes, looked)


def _integrity(recovered: _Recovered) -> Iterator[Finding]:
    findings = (recovered.read_back, *of_writes(recovered.writes, recovered.why_not))
    return (about(recovered.one.label, finding) for finding in findings)


def _counting(recovered: Sequence[_Recovered], promised: Objectives) -> Sequence[_Recovered]:
    """Return the services whose losses count against the whole: not those of which it was said that they may lose."""
    may_lose = {service for service, own in promised.services.items() if own.rpo_none_because}
    return [one for one in recovered if one.one.label not in may_lose] or recovered


def _objectives(
    promised: Objectives, recovered: Sequence[_Recovered], whole: tuple[Rto, Rpo], basis: _Basis
) -> Iterator[Objective]:
    """Yield the objectives of the whole, then those of each service."""
    why_not = next((one.why_not for one in _counting(recovered, promised) if one.why_not), "")
    yield from objectives(promised, *whole, _grounds(basis, "", why_not, back=False))
    if len(recovered) > 1:
        why_not = next((one.why_not for one in recovered if one.why_not), "")
        points = None if why_not else apart([each.one for each in recovered])
        yield common_point(promised, points, _grounds(basis, "", why_not, back=False))
    for each in recovered:
        back = each.one.outage.restored is not None or not each.one.was_out
        grounds = _grounds(basis, each.one.label, each.why_not, back=back)
        yield from of_one_service(each.one.label, promised, each.rto, each.rpo, grounds)


def _grounds(basis: _Basis, service: str, why_not: str, *, back: bool) -> Grounds:
    """Return what the objectives rest on. A recovery that failed, or that nobody began, needs no instrument to tell.

    `back`: this service was back all the same.
    """
    states = _states(basis.run)
    failed = State.VIOLATED in (states["recovery-step"], states["detected"]) and states["recovery-step"] != State.HELD
    doubts = {parted(name)[1]: says for name, says in basis.doubts.items() if parted(name)[0] == service}
    if why_not:
        doubts.update(dict.fromkeys(("rpo", "given-up", "common-point"), why_not))
    if not basis.course.confirmed:
        doubts["rto"] = NOTHING_TESTED
    elif states["recovery-step"] == State.UNKNOWN:
        doubts["rto"] = NOT_RECOVERED
    return Grounds(not_recovered=basis.course.confirmed and failed and not back, doubts=doubts)


def _measures(recovered: _Recovered, speed: FullSpeed | None) -> ServiceMeasures:
    one = recovered.one
    began = one.outage.began
    return ServiceMeasures(
        service=one.service,
        spared=one.spared,
        was_out=one.was_out,
        outage_began_s=None if began is None else one.course.since_disaster(began),
        rto=recovered.rto,
        rpo=recovered.rpo,
        full_speed=speed,
        rate=rate_picture([one], one.course),
    )


def _rows(recovered: _Recovered) -> Iterator[LedgerWrites]:
    ledger, writes, course = recovered.one.ledger, recovered.writes, recovered.one.course
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
