"""The rules for a tabletop: whether people did, in time, all that the recovery asks of them.

Nothing was destroyed or restored, so there is no recovery time and no recovery point: only how long people took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import ContactCalled, Finding, Outcome, Phase, State
from reports.judge import findings, instrument
from reports.judge.course import SECOND
from reports.judge.judgement import Judgement
from reports.judge.recovery_point import unknown_point
from reports.record import CallRow, Objective, Rto, RtoPart, TabletopRow
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.facts.names import RunFinding
    from reports.folder import RunFolder
    from reports.judge.course import Course

ASSUMED = "--assume-manual"
"""The option by which nobody is asked."""


def judgement(folder: RunFolder, course: Course) -> Judgement:
    """Return what is stated of a tabletop, whether it came to its end or not."""
    took = people_time(folder, course)
    checks = (instrument.clock(folder, 0), instrument.marks(course))
    return Judgement(
        rto=took,
        rpo=unknown_point("A tabletop has no data."),
        run=tuple(of_run(folder, course)),
        instrument=checks,
        objectives=(_in_time(folder, took, checks),),
    )


def of_run(folder: RunFolder, course: Course) -> Iterator[Finding]:
    """Yield what the journal says of the exercise."""
    yield people_took_part(folder)
    if folder.planned.sabotage:
        yield findings.sabotage_confirmed(folder)
    yield steps_done(folder, course)


def people_took_part(folder: RunFolder) -> Finding:
    """Hold if people were asked; unknown where their part was taken as done."""
    if ASSUMED in folder.planned.altered:
        says = f"Every step was taken as done ({ASSUMED}): nobody took part, so nothing was exercised."
        return _finding("people-took-part", State.UNKNOWN, says)
    return _finding("people-took-part", State.HELD, "Every step was asked of people.")


def steps_done(folder: RunFolder, course: Course) -> Finding:
    """Hold if every step was done, or answered, within its time."""
    done = [step for step in folder.steps(Phase.RECOVER) if step.outcome is Outcome.OK]
    if failed := folder.failed_step(Phase.RECOVER):
        says = f"Step {len(done) + 1} was not done, and the exercise ended with it: {failed}."
        return _finding("recovery-step", State.VIOLATED, says)
    if failure := folder.failure(Phase.RECOVER):
        return _finding("recovery-step", State.UNKNOWN, f"The exercise could not go on: {failure}.")
    if course.recovered is None:
        return _finding("recovery-step", State.UNKNOWN, "The exercise never began.")
    return _finding("recovery-step", State.HELD, f"{len(done)} steps were done within their times.")


def people_time(folder: RunFolder, course: Course) -> Rto:
    """Return how long people took from the beginning until the last step was done, step by step."""
    steps, began = folder.steps(Phase.RECOVER), course.declared
    done = bool(steps) and all(step.outcome is Outcome.OK for step in steps) and course.recovered is not None
    took = None if began is None else ((course.recovered or course.last.monotonic_ns) - began) / SECOND
    return Rto(
        achieved_s=took if done else None,
        more_than_s=None if done else took,
        assumed_people_s=0.0,
        parts=tuple(
            RtoPart(
                name=step.title,
                kind="step",
                seconds=(step.finished.monotonic_ns - step.started.monotonic_ns) / SECOND,
                started_s=course.since_disaster(step.started.monotonic_ns) or 0.0,
            )
            for step in steps
        ),
        unexplained_s=None,
        time_to_verified_s=None,
    )


def row(folder: RunFolder, course: Course) -> TabletopRow | None:
    """Return what is to be told of a tabletop; None for another drill."""
    if not folder.planned.tabletop:
        return None
    calls = tuple(
        CallRow(
            contact=call.contact,
            about=call.about,
            offset_s=course.since_disaster(call.began.monotonic_ns),
            seconds=(call.ended.monotonic_ns - call.began.monotonic_ns) / SECOND,
            answered=call.answered,
        )
        for call in folder.all(ContactCalled)
    )
    return TabletopRow(situation=folder.planned.tabletop, calls=calls)


def _in_time(folder: RunFolder, took: Rto, checks: tuple[Finding, ...]) -> Objective:
    promised = folder.planned.objectives.rto_s
    doubt = next((check.says for check in checks if check.state is not State.HELD), folder.aborted)
    measured = took.achieved_s if took.achieved_s is not None else took.more_than_s
    achieved, allowed = "unknown" if measured is None else duration(measured), duration(promised)
    if doubt or measured is None:
        state, measured, achieved = State.UNKNOWN, None, "unknown"
        says = f"How long people took is unknown: {doubt or 'nobody began.'}"
    elif took.achieved_s is None:
        state, says = State.VIOLATED, f"Not all was done: the exercise ended after {achieved}; {allowed} are allowed."
        achieved = f"more than {achieved}"
    elif took.achieved_s > promised:
        over = duration(took.achieved_s - promised)
        state, says = State.VIOLATED, f"All was done after {achieved}; {allowed} are allowed: {over} too long."
    else:
        state, says = State.HELD, f"All was done after {achieved}, of {allowed} allowed."
    return Objective(
        name="exercise",
        objective_s=promised,
        achieved=achieved,
        at_least_s=measured,
        at_most_s=took.achieved_s if measured is not None else None,
        state=state,
        says=says,
    )


def _finding(name: RunFinding, state: State, says: str) -> Finding:
    return Finding(name=name, state=state, says=says)
