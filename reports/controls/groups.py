"""The record groups: for each, whether this run's evidence holds it, and if not, why in one sentence.

A group says that something is recorded and known, not that it was good: that is a condition's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.controls.evidence import JUDGED, Question, comparisons, objective, steps, why_not_held
from reports.facts.values import Outcome, Phase, State, Verdict

if TYPE_CHECKING:
    from reports.controls.context import RunContext


_VERIFYING = ("Verify the backup", "Verify the dump")
"""How the names of tasks begin that verify what will be restored: `Verify the service answers` is no such task."""


def _id(context: RunContext) -> str | None:
    record = context.record
    if not record.ended_utc:
        return "The record does not say when the run ended."
    return None if record.environment else "The record does not say on what machine and engine it ran."


def _role(context: RunContext) -> str | None:
    if not context.operator:
        return "Which person operated the run is not known."
    return (
        None if {review.by for review in context.reviewed} - {context.operator} else "Nobody but the operator is named."
    )


def _plan(context: RunContext) -> str | None:
    record = context.record
    if record.altered:
        return f"The drill was altered for this run: {', '.join(record.altered)}."
    return None if record.objectives else "No objective of the plan was judged."


def _scope(context: RunContext) -> str | None:
    return None if context.record.services else "The record names no service."


def _bkp(context: RunContext) -> str | None:
    if context.record.backup or steps(context.record, Phase.PROTECT):
        return None
    return "No backup was taken or chosen in this run."


def _dis(context: RunContext) -> str | None:
    return why_not_held(context.record, "disaster-confirmed", "No disaster was confirmed.")


def _steps(context: RunContext) -> str | None:
    done = any(step.phase == Phase.RECOVER for step in context.record.steps)
    return None if done else "No recovery step is recorded."


def _rto(context: RunContext) -> str | None:
    return _measured(context, "rto", "No recovery time was promised and measured.")


def _rpo(context: RunContext) -> str | None:
    return _measured(context, "rpo", "No recovery point was promised and measured.")


def _measured(context: RunContext, name: str, missing: str) -> str | None:
    promised = objective(context.record, name)
    if promised is None:
        return missing
    return None if promised.state != State.UNKNOWN else f"It could not be measured: {promised.says}"


def _intpre(context: RunContext) -> str | None:
    tasks = [task for step in steps(context.record, Phase.RECOVER) for task in step.tasks]
    verified = (task.outcome == Outcome.OK and task.task.startswith(_VERIFYING) for task in tasks)
    return None if any(verified) else "No task of the recovery verified the backup before it was restored."


def _intpost(context: RunContext) -> str | None:
    compared = comparisons(context.record)
    if not compared:
        return "Restored content was compared with nothing."
    return next((found.says for found in compared if found.state == State.UNKNOWN), None)


def _env(context: RunContext) -> str | None:
    if not context.record.images:
        return "The record does not say what images were used."
    return why_not_held(context.record, "no-egress", "Nobody looked whether the lab was isolated.")


def _dev(context: RunContext) -> str | None:
    return None if context.record.verdict in JUDGED else f"The run is {context.record.verdict}: deviations are unknown."


def _act(context: RunContext) -> str | None:
    if context.record.verdict == Verdict.PASS or context.actions:
        return None
    return f"The run is {context.record.verdict}, and no corrective action was opened."


def _rev(context: RunContext) -> str | None:
    return None if context.reviewed else "Nobody has reviewed the run."


def _sched(context: RunContext) -> str | None:
    return None if context.schedule else "The run was on no schedule."


def _clean(context: RunContext) -> str | None:
    if context.record.lab_removed:
        return None
    return f"The lab was not removed: {context.record.lab_says or 'the journal does not say what became of it'}."


def _seal(context: RunContext) -> str | None:
    return None if context.sealed else "The record is not sealed."


GROUPS = {
    "ID": Question("which run: start, end, machine and engine", _id),
    "ROLE": Question("who took part beside the operator", _role),
    "PLAN": Question("the drill and its objectives, fixed before the run", _plan),
    "SCOPE": Question("the services that were drilled", _scope),
    "BKP": Question("the backup that was taken or chosen", _bkp),
    "DIS": Question("the disaster, and that it was seen to strike", _dis),
    "STEPS": Question("each step of the recovery", _steps),
    "RTO": Question("recovery time, promised and measured", _rto),
    "RPO": Question("recovery point, promised and measured", _rpo),
    "INTPRE": Question(
        "the backup verified before it was restored: a task `Verify the backup …` or `… dump …`", _intpre
    ),
    "INTPOST": Question("restored content, compared with what was protected", _intpost),
    "ENV": Question("images by digest, and whether the lab was isolated", _env),
    "DEV": Question("deviations from the plan", _dev),
    "ACT": Question("corrective actions, where the run did not pass", _act),
    "REV": Question("a person's review", _rev),
    "MGMT": Question("that management was told", lambda _: "The register does not hold who was told of the run."),
    "SCHED": Question("when the run was due, and whether it was in time", _sched),
    "CLEAN": Question("that the lab was removed", _clean),
    "SEAL": Question("a seal that was verified", _seal),
}
"""MGMT is met by no run: a control that requires it is there to say so."""
