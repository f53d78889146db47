"""The conditions a control may set in `when`: a closed vocabulary; all that are named must hold.

Every control also asks for `genuine` and `judged`: a fault put in on purpose, or a run without a judgement, is
evidence for none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.controls.evidence import JUDGED, PROCEDURES, Question, comparisons, steps, why_not_held
from reports.controls.groups import GROUPS
from reports.facts.values import Phase, State, Verdict

if TYPE_CHECKING:
    from reports.controls.context import RunContext

ALWAYS = ("genuine", "judged")


def _genuine(context: RunContext) -> str | None:
    if context.record.tabletop:
        return "It is a tabletop: people talked a recovery through, and nothing was recovered."
    if context.record.control is None:
        return None
    return "It is a negative control: it shows that a fault is caught, not that the system recovers."


def _judged(context: RunContext) -> str | None:
    return None if context.record.verdict in JUDGED else f"The run is {context.record.verdict}."


def _passed(context: RunContext) -> str | None:
    return None if context.record.verdict == Verdict.PASS else f"The run is {context.record.verdict}."


def _outage_proven(context: RunContext) -> str | None:
    if unconfirmed := GROUPS["DIS"].why_not(context):
        return unconfirmed
    return None if "outage_began" in context.record.marks else "The service was never seen to fail."


def _backup_restored(context: RunContext) -> str | None:
    record = context.record
    if not steps(record, Phase.PROTECT):
        return "No backup was taken in this run."
    if not any(step.kind in PROCEDURES for step in steps(record, Phase.RECOVER)):
        return "No procedure of the recovery restored anything."
    return why_not_held(record, "recovery-step", "The record does not say how the recovery ended.")


def _content_compared(context: RunContext) -> str | None:
    unlike = (found.says for found in comparisons(context.record) if found.state != State.HELD)
    return GROUPS["INTPOST"].why_not(context) or next(unlike, None)


def _isolated(context: RunContext) -> str | None:
    return why_not_held(context.record, "no-egress", "Nobody looked whether the lab was isolated.")


def _reviewed(context: RunContext) -> str | None:
    last_decisions = {review.by: review.decision for review in context.reviewed}
    if not last_decisions:
        return "Nobody has reviewed the run."
    return "A review rejected the run." if "rejected" in last_decisions.values() else None


def _retested(context: RunContext) -> str | None:
    if context.record.verdict == Verdict.PASS:
        return None
    if not context.actions:
        return "The run did not pass, and no corrective action was opened."
    untested = [action.action for action in context.actions if not action.retest]
    return f"No later run shows that these actions helped: {', '.join(untested)}." if untested else None


def _on_schedule(context: RunContext) -> str | None:
    if context.schedule is None:
        return "The run was on no schedule."
    return None if context.schedule.state == "on-time" else f"The run was {context.schedule.state}."


CONDITIONS = {
    "genuine": Question("a drill on a system, and no negative control", _genuine),
    "judged": Question("PASS or FAIL", _judged),
    "passed": Question("PASS", _passed),
    "outage-proven": Question("the disaster was confirmed, and the service was seen to fail", _outage_proven),
    "backup-restored": Question("a backup was taken, and a procedure of the recovery ended well", _backup_restored),
    "content-compared": Question("restored content is what was protected", _content_compared),
    "rto-measured": GROUPS["RTO"],
    "rpo-measured": GROUPS["RPO"],
    "isolated": Question("the lab had no way out", _isolated),
    "sealed": GROUPS["SEAL"],
    "reviewed": Question("people reviewed the run, and nobody rejects it", _reviewed),
    "retested": Question("what a failed run led to was shown to help", _retested),
    "on-schedule": Question("it ran when it was due", _on_schedule),
    "alternate-site": Question(
        "another site took part", lambda _: "A lab stands on one machine: no other site took part."
    ),
    "backup-encrypted": Question(
        "the backup was encrypted", lambda _: "The record does not hold how the backup was encrypted."
    ),
}
"""The last two hold for no run in a lab: a control that names one is there to say so."""
