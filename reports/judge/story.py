"""The run retold in rows: its timeline, steps, checks, images and services."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from reports.facts.events import (
    BackupChosen,
    BeforeDisaster,
    CheckFinished,
    DisasterDone,
    FactsHandedBack,
    ImageResolved,
    Instant,
    LabKept,
    LabRemoved,
    LedgerStarted,
    Mark,
    MarkReached,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunAborted,
    RunPlanned,
    SabotageDone,
    ServerMark,
    ServiceReady,
    StepFinished,
    Surroundings,
    TargetSet,
    TaskFinished,
)
from reports.facts.existing import ExistingFound
from reports.facts.lab import BACKUP, ENDPOINT
from reports.judge.course import SECOND
from reports.judge.watched import away
from reports.record import BackupRow, BackupTaken, CheckRow, Image, PhaseRow, ServiceRow, StepRow, TaskRow, TimelineRow
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.judge.watched import Watched


@dataclass(frozen=True)
class _Moment:
    """A row before it is placed relative to the disaster."""

    at: int
    what: str
    detail: str = ""
    duration_s: float | None = None


def timeline(folder: RunFolder, course: Course, services: Sequence[Watched]) -> tuple[TimelineRow, ...]:
    """Return the run's story, in the order in which things happened."""
    outages = chain.from_iterable(map(_outage, services))
    sources = (_course(folder), _doings(folder), _damage(folder), _backup(folder), _service(folder), outages)
    moments = sorted(chain.from_iterable(sources), key=lambda moment: moment.at)
    return tuple(
        TimelineRow(
            offset_s=course.since_disaster(moment.at),
            utc=course.utc(moment.at),
            what=moment.what,
            detail=moment.detail,
            duration_s=moment.duration_s,
        )
        for moment in moments
    )


def _course(folder: RunFolder) -> Iterator[_Moment]:
    for at, planned in folder.entries_of(RunPlanned):
        yield _Moment(at.monotonic_ns, "run planned", f"criteria fixed, drill {planned.drill_sha256[:12]}")
    ended = {fact.phase: (at, fact) for at, fact in folder.entries_of(PhaseFinished)}
    for at, started in folder.entries_of(PhaseStarted):
        finished = ended.get(started.phase)
        took = seconds(at, finished[0]) if finished else None
        yield _Moment(at.monotonic_ns, f"phase {started.phase}", _outcome(finished[1]) if finished else "", took)
    for reached in folder.all(MarkReached):
        yield _Moment(reached.at.monotonic_ns, reached.mark.replace("_", " "), reached.says)
    for at, aborted in folder.entries_of(RunAborted):
        yield _Moment(at.monotonic_ns, "run aborted", aborted.because)


def _outcome(ended: PhaseFinished) -> str:
    return "" if ended.outcome == Outcome.OK else f"{ended.outcome}: {ended.says}"


def _doings(folder: RunFolder) -> Iterator[_Moment]:
    for step in folder.all(StepFinished):
        took = seconds(step.started, step.finished)
        detail = step.says if step.outcome == Outcome.OK else f"{step.outcome}: {step.says}"
        yield _Moment(step.started.monotonic_ns, f"{step.phase} step {step.number}, {step.title}", detail, took)
    for check in folder.all(CheckFinished):
        took = seconds(check.started, check.finished)
        states = ", ".join(f"{finding.name} {finding.state}" for finding in check.findings)
        yield _Moment(check.started.monotonic_ns, f"check {check.title}", states, took)


def _damage(folder: RunFolder) -> Iterator[_Moment]:
    for at, done in folder.entries_of(DisasterDone):
        yield _Moment(at.monotonic_ns, f"disaster {done.kind}", f"{done.says} {done.confirmation.says}".strip())
    for at, spoiled in folder.entries_of(SabotageDone):
        yield _Moment(at.monotonic_ns, f"sabotage {spoiled.kind}", spoiled.finding.says)
    for at, before in folder.entries_of(BeforeDisaster):
        yield _Moment(at.monotonic_ns, "moment before the damage", f"{before.server_time} by the server's clock")
    for at, target in folder.entries_of(TargetSet):
        if target.monotonic_ns is not None:
            yield _Moment(target.monotonic_ns, "recovery target", _placed(target))
        else:
            yield _Moment(at.monotonic_ns, "recovery target", target.mode)


def _placed(target: TargetSet) -> str:
    read = f"{target.server_time} by the server's clock"
    if target.drawn_from_s is None:
        return read
    return f"{read}; drawn at random from the {duration(target.drawn_from_s)} before the disaster"


def _backup(folder: RunFolder) -> Iterator[_Moment]:
    for at, found in folder.entries_of(ExistingFound):
        yield _Moment(at.monotonic_ns, f"backup found, {found.label}", found.says)
    for at, chosen in folder.entries_of(BackupChosen):
        yield _Moment(at.monotonic_ns, f"backup chosen, {chosen.label}", chosen.says)


def _service(folder: RunFolder) -> Iterator[_Moment]:
    for at, ready in folder.entries_of(ServiceReady):
        yield _Moment(at.monotonic_ns, f"{ready.service} ready", f"{ready.type} {ready.version}")
    for at, back in folder.entries_of(FactsHandedBack):
        if moved := back.facts.get(ENDPOINT):
            yield _Moment(at.monotonic_ns, "endpoint moved", f"clients are sent to {moved} from now on")
    for at, started in folder.entries_of(LedgerStarted):
        detail = f"{started.writers} writers, {started.rate_per_s:g} writes/s on {started.service}"
        yield _Moment(at.monotonic_ns, "ledger started", detail)
    for said in folder.all(ServerMark):
        yield _Moment(said.at.monotonic_ns, f"{said.service}: {said.mark.replace('-', ' ')}", "from the server's log")


def _outage(one: Watched) -> Iterator[_Moment]:
    outage, of = one.outage, f"{one.label}: " if one.label else ""
    if outage.began is not None:
        yield _Moment(outage.began, f"{of}outage began", "first failed attempt of the ledger")
    for flap in outage.flaps:
        took = (flap.last - flap.first) / SECOND
        yield _Moment(flap.first, f"{of}flap", f"{flap.writes} writes acknowledged before it failed again", took)
    if outage.restored is not None:
        yield _Moment(outage.restored, f"{of}service restored", "first acknowledged write of the last unbroken run")


def marks(folder: RunFolder, course: Course, services: Sequence[Watched]) -> dict[str, float]:
    """Return when each mark was reached, in seconds after the course's zero; nothing when there was none."""
    if course.zero is None:
        return {}
    outage = away(services)
    reached = {str(mark): at.monotonic_ns for mark in Mark if (at := folder.mark(mark))}
    seen = {"outage_began": outage.began, "service_restored": outage.restored}
    moments = reached | {name: moment for name, moment in seen.items() if moment is not None}
    return {name: (moment - course.zero) / SECOND for name, moment in moments.items()}


def phases(folder: RunFolder, course: Course) -> tuple[PhaseRow, ...]:
    """Return every phase that began."""
    ended = {fact.phase: (at, fact) for at, fact in folder.entries_of(PhaseFinished)}
    return tuple(
        PhaseRow(
            phase=started.phase,
            offset_s=course.since_disaster(at.monotonic_ns),
            seconds=seconds(at, ended[started.phase][0]) if started.phase in ended else None,
            outcome=ended[started.phase][1].outcome if started.phase in ended else None,
        )
        for at, started in folder.entries_of(PhaseStarted)
    )


def steps(folder: RunFolder) -> tuple[StepRow, ...]:
    """Return every step with its tasks."""
    return tuple(
        StepRow(
            phase=step.phase,
            number=step.number,
            kind=step.kind,
            title=step.title,
            tier=step.tier,
            outcome=step.outcome,
            seconds=seconds(step.started, step.finished),
            says=step.says,
            tasks=_tasks(folder, step.phase, step.number),
        )
        for step in folder.all(StepFinished)
    )


def _tasks(folder: RunFolder, phase: Phase, number: int) -> tuple[TaskRow, ...]:
    return tuple(
        TaskRow(
            task=task.task,
            service=task.service,
            outcome=task.outcome,
            seconds=seconds(task.started, task.finished),
            says=task.says,
        )
        for task in folder.all(TaskFinished)
        if (task.phase, task.number) == (phase, number)
    )


def checks(folder: RunFolder) -> tuple[CheckRow, ...]:
    """Return every check with what it found."""
    return tuple(
        CheckRow(
            kind=check.kind, title=check.title, seconds=seconds(check.started, check.finished), findings=check.findings
        )
        for check in folder.all(CheckFinished)
    )


def backups(folder: RunFolder, course: Course) -> tuple[BackupTaken, ...]:
    """Return the backups that playbooks told of."""
    told = ((at, back.facts[BACKUP]) for at, back in folder.entries_of(FactsHandedBack) if BACKUP in back.facts)
    return tuple(
        BackupTaken(label=str(facts.get("label", "")), offset_s=course.since_disaster(at.monotonic_ns), facts=facts)
        for at, facts in told
        if isinstance(facts, dict)
    )


def backup(folder: RunFolder) -> BackupRow | None:
    """Return the backup that was chosen for its age, or None."""
    chosen = folder.first(BackupChosen)
    return BackupRow.model_validate(chosen.model_dump(exclude={"event"})) if chosen else None


def images(folder: RunFolder) -> tuple[Image, ...]:
    """Return where each service's image came from."""
    return tuple(
        Image(service=image.service, image=image.image, image_id=image.image_id, how=image.how)
        for image in folder.all(ImageResolved)
    )


def services(folder: RunFolder) -> tuple[ServiceRow, ...]:
    """Return each service as it first was ready."""
    first: dict[str, ServiceReady] = {}
    for ready in folder.all(ServiceReady):
        first.setdefault(ready.service, ready)
    return tuple(
        ServiceRow(service=ready.service, type=ready.type, version=ready.version, settings=ready.settings)
        for ready in first.values()
    )


def environment(folder: RunFolder) -> dict[str, Any]:
    """Return the machine, the engine and the configuration of the run."""
    return {name: value for fact in folder.all(Surroundings) for name, value in fact.facts.items()}


def lab_after(folder: RunFolder) -> tuple[bool | None, str]:
    """Return whether the lab is gone (None: the journal does not say), and what became of it."""
    if removed := folder.all(LabRemoved):
        last = removed[-1]
        if last.left:
            return False, f"left: {', '.join(last.left)}"
        return True, ", ".join(f"{number} {group}" for group, number in last.removed.items())
    kept = folder.first(LabKept)
    return (False, kept.because) if kept else (None, "")


def seconds(start: Instant, end: Instant) -> float:
    """Return the seconds between two instants."""
    return (end.monotonic_ns - start.monotonic_ns) / SECOND
