"""The rules on the run itself and on the integrity of what was recovered: each one small, each one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reports.facts.events import CheckFinished, DisasterDone, Finding, Outcome, Phase, SabotageDone, State
from reports.facts.names import of_service
from reports.judge.course import SECOND
from reports.record import Objective, WriteClass
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.facts.ledger import Closed
    from reports.facts.names import Integrity, RunFinding
    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.judge.watched import Watched
    from reports.judge.writes import Writes

NOTHING_TESTED = "No disaster was confirmed: nothing was tested."


AnyStatement = TypeVar("AnyStatement", Finding, Objective)


def about(service: str, statement: AnyStatement) -> AnyStatement:
    """Return a statement as one on one of several services; as it is where there is only one."""
    if not service:
        return statement
    says = f"{service}: {_within_a_sentence(statement.says)}"
    return statement.model_copy(update={"name": of_service(service, statement.name), "says": says})


def _within_a_sentence(says: str) -> str:
    """Return a sentence as what follows a colon: names and acronyms keep their capital."""
    return says if says[1:2].isupper() else says[:1].lower() + says[1:]


def _held(name: RunFinding, says: str) -> Finding:
    return Finding(name=name, state=State.HELD, says=says)


def _violated(name: RunFinding, says: str) -> Finding:
    return Finding(name=name, state=State.VIOLATED, says=says)


def _unknown(name: RunFinding | Integrity, says: str) -> Finding:
    return Finding(name=name, state=State.UNKNOWN, says=says)


def of_run(folder: RunFolder, course: Course) -> Iterator[Finding]:
    """Yield what the journal says of the run's course, then what the checks found."""
    yield provisioned(folder)
    yield protect_step(folder)
    if folder.planned.sabotage:
        yield sabotage_confirmed(folder)
    yield disaster_confirmed(folder, course)
    yield detected(folder, course)
    yield recovery_step(folder, course)
    yield checked(folder)
    for check in folder.all(CheckFinished):
        yield from check.findings


def provisioned(folder: RunFolder) -> Finding:
    """Hold if the lab was built and loaded; a lab that was not says nothing of the system."""
    for phase in (Phase.PROVISION, Phase.PREPARE):
        if failure := folder.failure(phase):
            return _unknown("provisioned", f"The lab could not be built: {failure}.")
        if folder.phase_finished(phase) is None:
            return _unknown("provisioned", f"The lab was not built: {phase} never ended.")
    return _held("provisioned", "The lab was built and loaded.")


def protect_step(folder: RunFolder) -> Finding:
    """Hold if every step of protection succeeded; unknown when the drill itself could not go on."""
    if failed := folder.failed_step(Phase.PROTECT):
        return _violated("protect-step", f"Protection failed: {failed}.")
    if failure := folder.failure(Phase.PROTECT):
        return _unknown("protect-step", f"Protection could not be done: {failure}.")
    if folder.phase_finished(Phase.PROTECT) is None:
        return _unknown("protect-step", "Protection never ended.")
    return _held("protect-step", f"{len(folder.steps(Phase.PROTECT))} protection steps succeeded.")


def sabotage_confirmed(folder: RunFolder) -> Finding:
    """Hold if every planned fault was put in and seen to matter; else being caught would prove nothing."""
    done = folder.all(SabotageDone)
    for one in done:
        if one.finding.state != State.HELD:
            return _unknown("sabotage-confirmed", f"{one.kind} was not confirmed to matter: {one.finding.says}")
    if len(done) < len(folder.planned.sabotage):
        return _unknown(
            "sabotage-confirmed", f"{len(done)} of {len(folder.planned.sabotage)} planned faults were put in."
        )
    return _held("sabotage-confirmed", "Every planned fault was put in and seen to matter.")


def disaster_confirmed(folder: RunFolder, course: Course) -> Finding:
    """Hold if every disaster was seen to have done its damage."""
    for one in folder.all(DisasterDone):
        if one.confirmation.state != State.HELD:
            return _unknown("disaster-confirmed", f"{one.kind} missed, so nothing was tested: {one.confirmation.says}")
    failure = folder.failure(Phase.DISASTER) or folder.failure(Phase.STEADY)
    if failure or not course.confirmed:
        return _unknown("disaster-confirmed", f"There was no disaster: {failure or 'the run ended before it'}.")
    return _held("disaster-confirmed", "The damage was seen.")


def detected(folder: RunFolder, course: Course) -> Finding:
    """Hold if the disaster was noticed in time; unknown when nobody could watch for as long as was allowed."""
    within = folder.planned.objectives.detect_within_s
    if not course.confirmed or course.injected is None:
        return _unknown("detected", NOTHING_TESTED)
    if course.detected is None:
        ended = folder.phase_finished(Phase.DETECT)
        if ended is None or ended.outcome != Outcome.TIMED_OUT:
            why = folder.failure(Phase.DETECT) or "the run ended"
            return _unknown("detected", f"Nobody watched for {duration(within)}: {why}.")
        return _violated("detected", f"Nobody noticed the disaster within {duration(within)}.")
    took = (course.detected - course.injected) / SECOND
    if took > within:
        return _violated("detected", f"Noticed after {duration(took)}; {duration(within)} are allowed.")
    return _held("detected", f"Noticed after {duration(took)}.")


def recovery_step(folder: RunFolder, course: Course) -> Finding:
    """Hold if every step of the recovery succeeded; unknown when the drill itself could not go on."""
    if failed := folder.failed_step(Phase.RECOVER):
        return _violated("recovery-step", f"Recovery failed: {failed}.")
    if failure := folder.failure(Phase.RECOVER):
        return _unknown("recovery-step", f"Recovery could not be done: {failure}.")
    if course.recovered is None:
        return _unknown("recovery-step", "Recovery never began.")
    return _held("recovery-step", f"{len(folder.steps(Phase.RECOVER))} recovery steps succeeded.")


def untouched(one: Watched) -> Finding:
    """Hold if clients of a spared service could write all the time; unknown where nobody can tell."""
    outage, course = one.outage, one.course
    if one.ledger is None or not course.confirmed or course.stopped is None:
        return _unknown("untouched", "Whether clients missed it is not known: it was not watched to the end.")
    if outage.began is None:
        return _held("untouched", "Nothing was done to it, and clients could write all the time.")
    since = course.since_disaster(outage.began) or 0.0
    says = f"Nothing was to be done to it, and yet clients could not write from {duration(since)} after the disaster"
    if outage.restored is None:
        return _violated("untouched", f"{says}, for good.")
    return _violated("untouched", f"{says} until {duration(course.since_disaster(outage.restored) or 0.0)} after it.")


def checked(folder: RunFolder) -> Finding:
    """Hold if the checks looked, all of them: a check that never looked, or found nothing to say, is no pass."""
    ended = folder.phase_finished(Phase.CHECK)
    checks = folder.all(CheckFinished)
    done = sum(bool(check.findings) for check in checks)
    if ended is None or ended.outcome != Outcome.OK or not done or done < len(checks):
        return _unknown("checked", f"Not all checks looked at the recovered system; {done} did.")
    return _held("checked", f"{done} checks looked at the recovered system.")


def read_back(closed: Closed | None, why_not: str) -> Finding:
    """Hold if the ledger's table could be read from the recovered service; `why_not` says why nobody can tell."""
    if why_not or closed is None:
        return _unknown("read-back", why_not)
    if closed.rows is None:
        return _violated("read-back", f"The ledger's table cannot be read: {closed.read_back_error}.")
    return _held("read-back", f"{closed.rows} rows were read back.")


def of_writes(writes: Writes | None, why_not: str) -> Iterator[Finding]:
    """Yield the findings on the integrity of what was recovered; unknown, with `why_not`, without classes of writes."""
    rules: dict[Integrity, Callable[[Writes], Finding]] = {
        "no-hole": no_hole,
        "no-unexpected": no_unexpected,
        "no-corrupt": no_corrupt,
        "no-duplicate": no_duplicate,
        "refused-absent": refused_absent,
        "later-writes-present": later_writes_present,
        "no-split-brain": no_split_brain,
    }
    for name, rule in rules.items():
        yield rule(writes) if writes else _unknown(name, why_not)


def _none(name: Integrity, number: int, what: str) -> Finding:
    state = State.VIOLATED if number else State.HELD
    return Finding(name=name, state=state, says=f"{what}: {number or 'none'}.", seen={"number": number})


def no_hole(writes: Writes) -> Finding:
    """Hold if no write was lost that had been acknowledged before a kept one was even attempted."""
    return _none("no-hole", writes.holes, "Lost writes acknowledged before a kept one was attempted (holes)")


def no_unexpected(writes: Writes) -> Finding:
    """Hold if no row is there that was never sent, or was attempted after the recovery target."""
    number = writes.never_attempted + writes.after_target
    return _none("no-unexpected", number, "Rows that nobody wrote, or that were written after the recovery target")


def no_corrupt(writes: Writes) -> Finding:
    """Hold if every row carries what was written."""
    return _none("no-corrupt", writes.counts[WriteClass.CORRUPT], "Rows with other content than was written")


def no_duplicate(writes: Writes) -> Finding:
    """Hold if no row is there twice."""
    return _none("no-duplicate", writes.counts[WriteClass.DUPLICATE], "Rows that are there more than once")


def refused_absent(writes: Writes) -> Finding:
    """Hold if no write is there that the server had refused."""
    return _none("refused-absent", writes.refused_present, "Refused writes that are there nevertheless")


def later_writes_present(writes: Writes) -> Finding:
    """Hold if all that the recovered service acknowledged is there."""
    number = writes.counts[WriteClass.LATER_MISSING]
    return _none("later-writes-present", number, "Writes that the recovered service acknowledged and does not have")


def no_split_brain(writes: Writes) -> Finding:
    """Hold if the old instance acknowledged nothing that was attempted after the new one's first acknowledgement."""
    return _none(
        "no-split-brain", writes.split, "Writes that the old instance acknowledged beside the new one (split brain)"
    )
