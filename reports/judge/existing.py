"""The rules for a backup that was there before the run: what was found, how far replay came, how old the data is.

No outage was watched and no write was counted, so the recovery time runs from the decision to recover until the service
answered, and the recovery point is an age.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from reports.facts.events import CheckFinished, Finding, Mark, Phase, State
from reports.facts.existing import ExistingFound, RecoveredAsOf, WalReplayed
from reports.judge import findings, instrument
from reports.judge.course import SECOND
from reports.judge.judgement import Judgement
from reports.record import ExistingRow, Objective, Rpo, Rto, RtoPart
from reports.words import counted, duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.facts.existing import Method
    from reports.facts.names import Restored, RunFinding
    from reports.folder import RunFolder
    from reports.judge.course import Course

METHODS: dict[Method, str] = {
    "heartbeat": "the newest heartbeat in the recovered data",
    "last-commit": "the last commit that was replayed",
    "backup-stop": "the end of the backup",
    "dump-start": "the beginning of the dump",
    "snapshot-start": "the beginning of the snapshot",
}


def judgement(folder: RunFolder, course: Course) -> Judgement:
    """Return what is measured and stated of a run that came to its end."""
    rto, rpo = recovery_time(folder, course), age(folder)
    checks = [instrument.clock(folder, 0), instrument.marks(course)]
    if course.recovery_started is not None:
        checks.append(instrument.parts(folder))
    if rto.unexplained_s is not None:
        checks.append(instrument.unexplained(rto.unexplained_s))
    doubt = next((check.says for check in checks if check.state is not State.HELD), "")
    run = tuple(of_run(folder, course))
    return Judgement(
        rto=rto,
        rpo=rpo,
        run=run,
        instrument=tuple(checks),
        objectives=(_in_time(folder, rto, run, doubt), _young_enough(folder, rpo)),
    )


def of_run(folder: RunFolder, course: Course) -> Iterator[Finding]:
    """Yield what the journal says of the run's course, then what the checks found."""
    yield provisioned(folder)
    yield backup_found(folder)
    if folder.planned.sabotage:
        yield findings.sabotage_confirmed(folder)
    yield findings.recovery_step(folder, course)
    if (found := folder.first(ExistingFound)) and found.archive_end and found.until == "archive-end":
        yield replayed_to_end(folder)
    yield findings.checked(folder)
    for check in folder.all(CheckFinished):
        yield from check.findings


def provisioned(folder: RunFolder) -> Finding:
    """Hold if the lab was built; one that was not says nothing of the backup."""
    if failure := folder.failure(Phase.PROVISION):
        return _finding("provisioned", State.UNKNOWN, f"The lab could not be built: {failure}.")
    if folder.phase_finished(Phase.PROVISION) is None:
        return _finding("provisioned", State.UNKNOWN, "The lab was not built: provision never ended.")
    return _finding("provisioned", State.HELD, "The lab was built.")


def backup_found(folder: RunFolder) -> Finding:
    """Hold if there was a backup to recover; unknown if not: nothing was tried, so nothing is told of a recovery."""
    if failure := folder.failure(Phase.PROTECT):
        return _finding("protect-step", State.UNKNOWN, f"Nothing was recovered: {failure}.")
    found = folder.first(ExistingFound)
    if found is None:
        return _finding("protect-step", State.UNKNOWN, "No backup was looked for.")
    return _finding("protect-step", State.HELD, f"Found, with no way to write to it: {found.says}.")


def replayed_to_end(folder: RunFolder) -> Finding:
    """Hold if replay reached the archive's last segment: at a gap, or at a damaged segment, it ends without a word."""
    replayed = folder.first(WalReplayed)
    if replayed is None:
        return _finding("replayed-to-end", State.UNKNOWN, "How far replay came is not known.")
    seen = {"reached": replayed.reached, "expected": replayed.expected}
    if replayed.missed > 0:
        says = f"Replay ended in segment {replayed.reached}; {counted(replayed.missed, 'later archived segment')} "
        says += f"up to {replayed.expected} {'was' if replayed.missed == 1 else 'were'} left."
        return _finding("replayed-to-end", State.VIOLATED, says, seen)
    says = f"Replay reached segment {replayed.reached}; the archive's last one was {replayed.expected}."
    return _finding("replayed-to-end", State.HELD, says, seen)


def recovery_time(folder: RunFolder, course: Course) -> Rto:
    """Return the time from the decision to recover until the service answered for good, and its parts."""
    declared, answered = course.declared, folder.mark(Mark.SERVICE_ANSWERED)
    if declared is None:
        return Rto(achieved_s=None, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)
    end = answered.monotonic_ns if answered else course.last.monotonic_ns
    measured = (end - declared) / SECOND
    parts = [
        RtoPart(
            name=f"{step.title}, replay" if step.kind == "start" else step.title,
            kind="replay" if step.kind == "start" else "step",
            seconds=(step.finished.monotonic_ns - step.started.monotonic_ns) / SECOND,
            started_s=(step.started.monotonic_ns - declared) / SECOND,
        )
        for step in folder.steps(Phase.RECOVER)
    ]
    unexplained = measured - sum(part.seconds for part in parts) if answered else None
    if unexplained is not None:
        parts.append(RtoPart(name="unexplained", kind="unexplained", seconds=unexplained, started_s=0.0))
    return Rto(
        achieved_s=measured if answered else None,
        more_than_s=None if answered else measured,
        assumed_people_s=0.0,
        parts=tuple(parts),
        unexplained_s=unexplained,
        time_to_verified_s=None if course.verified is None else (course.verified - declared) / SECOND,
    )


def age(folder: RunFolder) -> Rpo:
    """Return how old the recovered data is, at most, and how that is known."""
    seconds, method = None, "Nothing tells what moment the recovered data is of."
    for looked, known in folder.entries_of(RecoveredAsOf)[:1]:
        if known.at and known.method:
            seconds, at = _seconds_since(known, folder.entries[0].at.utc, looked.utc), moment(known.at)
            since = "the moment that the drill states" if known.counted_from else "the beginning of the run"
            method = f"Age of {METHODS[known.method]}, {at}, counted back from {since}."
            if seconds is None:
                method = f"{METHODS[known.method].capitalize()}, {at}, is too late: a clock or a zone is wrong."
    return Rpo(at_least_s=None, at_most_s=seconds, transactions=None, wal_bytes=None, resolution_s=None, method=method)


def _seconds_since(known: RecoveredAsOf, began: str, looked: str) -> float | None:
    """Return the age of the data; none when it was dated by a wrong clock or zone, and so is of a later moment.

    Without a moment of the drill's own it may be of one in the run: production goes on archiving meanwhile.
    """
    at = datetime.fromisoformat(known.at or "")
    if at > datetime.fromisoformat(known.counted_from or looked):
        return None
    return max((datetime.fromisoformat(known.counted_from or began) - at).total_seconds(), 0.0)


def row(folder: RunFolder) -> ExistingRow | None:
    """Return what is to be told of the backup; None when the drill is not on an existing one."""
    if not folder.planned.existing:
        return None
    found, known = folder.first(ExistingFound), folder.first(RecoveredAsOf)
    told = found.model_dump(exclude={"event", "service", "says"}) if found else {}
    return ExistingRow(**told, recovered_as_of=known.at if known else None, says=backup_found(folder).says)


def _in_time(folder: RunFolder, rto: Rto, run: tuple[Finding, ...], doubt: str) -> Objective:
    promised = folder.planned.objectives.rto_s
    states = {finding.name: finding.state for finding in run}
    allowed, at_least = duration(promised), rto.achieved_s if rto.achieved_s is not None else rto.more_than_s
    achieved = "unknown" if at_least is None else duration(at_least)
    if states["recovery-step"] is State.UNKNOWN or doubt:
        why = doubt or "nothing was recovered."
        state, achieved, at_least, says = State.UNKNOWN, "unknown", None, f"The recovery time is unknown: {why}"
    elif rto.achieved_s is None:
        achieved = f"more than {achieved}"
        state, says = (
            State.VIOLATED,
            f"Not recovered within the {achieved[10:]} that were watched; {allowed} are allowed.",
        )
    elif rto.achieved_s > promised:
        over = duration(rto.achieved_s - promised)
        state = State.VIOLATED
        says = f"The service answered {achieved} after the decision to recover; {allowed} are allowed: {over} too long."
    else:
        state = State.HELD
        says = f"The service answered {achieved} after the decision to recover, of {allowed} allowed."
    return Objective(
        name="rto",
        objective_s=promised,
        achieved=achieved,
        at_least_s=at_least,
        at_most_s=rto.achieved_s if at_least is not None else None,
        state=state,
        says=says,
    )


def _young_enough(folder: RunFolder, rpo: Rpo) -> Objective:
    promised = folder.planned.objectives
    achieved = "unknown" if rpo.at_most_s is None else f"at most {duration(rpo.at_most_s)}"
    old = f"The recovered data is {achieved} old"
    if promised.rpo_s is None:
        state, says = State.HELD, f"No age of data is promised: {promised.rpo_none_because}"
    elif rpo.at_most_s is None:
        state, says = State.UNKNOWN, f"The age of the recovered data is unknown: {rpo.method}"
    elif rpo.at_most_s > promised.rpo_s:
        over = duration(rpo.at_most_s - promised.rpo_s)
        state, says = State.VIOLATED, f"{old}; {duration(promised.rpo_s)} are allowed: {over} too much."
    else:
        state, says = State.HELD, f"{old}, of {duration(promised.rpo_s)} allowed."
    return Objective(
        name="rpo",
        objective_s=promised.rpo_s,
        achieved=achieved,
        at_least_s=None,
        at_most_s=rpo.at_most_s,
        state=state,
        says=says,
    )


def _finding(name: RunFinding | Restored, state: State, says: str, seen: Mapping[str, str] | None = None) -> Finding:
    return Finding(name=name, state=state, says=says, seen=dict(seen or {}))
