"""Controls: what the shipped files say, and what runs are evidence for."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED

from reports.controls.assess import Assessment, Gap, ProgrammeRow, assess, programme
from reports.controls.conditions import ALWAYS, CONDITIONS
from reports.controls.context import Action, Review, RunContext, Schedule
from reports.controls.groups import GROUPS
from reports.controls.load import load
from reports.controls.model import Control, after
from reports.facts.values import Finding, Outcome, Phase, State
from reports.record import TaskRow

CONTROLS = load()
BY_ID = {control.id: control for control in CONTROLS}
REVIEW = Review(by="P-2", decision="accepted", utc="2026-11-22T08:00:00Z")
ON_TIME = Schedule(due="2026-11-21T00:00:00Z", state="on-time")
ACTION = Action(action="A-1", owner="P-3", due="2026-12-24")
VERIFIED = TaskRow(task="Verify the backup", service="db", outcome=Outcome.OK, seconds=0.2)
RECOVERED = Finding(name="recovery-step", state=State.HELD, says="3 recovery steps succeeded.")
DRILLED = PASSED.model_copy(update={"findings": (*PASSED.findings, RECOVERED)})
FULL = RunContext(
    record=DRILLED,
    sealed=True,
    operator="P-1",
    reviewed=(REVIEW,),
    schedule=ON_TIME,
)
BARE = RunContext(record=ABORTED)


def of(context: RunContext, **changes: object) -> RunContext:
    """Return the context with something else in its record."""
    return context.model_copy(update={"record": context.record.model_copy(update=changes)})


def dated(context: RunContext, run: str, day: str) -> RunContext:
    """Return the same run on another day."""
    return of(context, run=run, started_utc=f"{day}T05:43:44Z", ended_utc=f"{day}T05:44:16Z")


def test_every_framework_of_the_list_is_shipped() -> None:
    """By key, with its status."""
    assert {control.framework.key: control.framework.status for control in CONTROLS} == {
        "c5": "in-force",
        "cis": "in-force",
        "csf": "in-force",
        "dora": "in-force",
        "dora-rts": "in-force",
        "fedramp-20x": "in-force",
        "fedramp-rev5": "in-force",
        "fedramp-rev5-legacy": "superseded",
        "ffiec": "in-force",
        "gdpr": "in-force",
        "hipaa": "in-force",
        "hipaa-nprm": "proposed",
        "iso22301": "in-force",
        "iso27001": "in-force",
        "nis2": "in-force",
        "nist-800-53": "in-force",
        "nydfs": "in-force",
        "pci-dss": "in-force",
        "rbi": "in-force",
        "soc2": "in-force",
    }


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_no_shipped_mapping_claims_too_much(control: Control) -> None:
    """A lab covers no control in full, every mapping says what is left, and none speaks of being compliant."""
    assert control.coverage != "full"
    assert len(control.not_covered) > len("All of it.")
    assert not re.search(r"\bcomplian(t|ce with)\b", json.dumps(control.model_dump(mode="json")), re.IGNORECASE)


def test_every_shipped_control_can_be_met_or_says_that_it_cannot() -> None:
    """A run that has all there can be counts for all but those that a lab cannot show, which say so."""
    restore = PASSED.steps[3].model_copy(update={"tasks": (VERIFIED,)})
    best = of(FULL, steps=(*PASSED.steps[:3], restore, *PASSED.steps[4:]))
    left = {control.id for control in CONTROLS if not assess(control, best).counts}
    never = {"alternate-site", "backup-encrypted", "MGMT"}
    assert left == {control.id for control in CONTROLS if never & {*control.when, *control.requires}}
    assert left == {
        "cis-11.3",
        "cis-11.4",
        "cp-4.2",
        "cp-9.3",
        "cp-9.5",
        "cp-9.8",
        "csf-rc.co-03",
        "pci-9.4.1.1",
        "rbi-29-working-day",
    }
    assert all(BY_ID[name].not_covered.startswith("All of it") for name in left)


def test_a_passed_run_counts_for_what_its_record_holds() -> None:
    """Each record group is met or not, with the reason."""
    assert assess(BY_ID["dora-12-2"], FULL) == Assessment(
        control="dora-12-2",
        run=PASSED.run,
        met=("BKP", "STEPS", "INTPOST", "SEAL"),
        unmet=(),
        failed=(),
        coverage="partial",
        not_covered="Backup and restoration in production.",
    )
    found = assess(BY_ID["iso27001-a.8.13"], FULL)
    assert not found.counts
    assert found.unmet == (
        Gap(name="INTPRE", why="No task of the recovery verified the backup before it was restored."),
    )


def test_a_failed_run_is_evidence_of_a_test_once_it_is_acted_upon() -> None:
    """Testing a plan does not need a PASS; recovering in time does."""
    failed = RunContext(record=FAILED, sealed=True, reviewed=(REVIEW,))
    corrective = BY_ID["cp-4-c"]
    assert assess(corrective, failed).unmet == (
        Gap(name="ACT", why="The run is FAIL, and no corrective action was opened."),
    )
    acted = failed.model_copy(update={"actions": (ACTION,)})
    assert assess(corrective, acted).counts
    assert assess(BY_ID["dora-24-5"], acted).failed == (
        Gap(name="retested", why="No later run shows that these actions helped: A-1."),
    )
    mended = failed.model_copy(update={"actions": (ACTION.model_copy(update={"retest": PASSED.run}),)})
    assert assess(BY_ID["dora-24-5"], mended).counts
    assert assess(BY_ID["ksi-rpl-arp"], mended).failed[-1] == Gap(name="passed", why="The run is FAIL.")


def test_an_aborted_run_counts_for_nothing() -> None:
    """Whatever else stands in the register about it."""
    aborted = FULL.model_copy(update={"record": ABORTED})
    assert [control.id for control in CONTROLS if assess(control, aborted).counts] == []
    assert Gap(name="judged", why="The run is ABORTED.") in assess(BY_ID["cp-4-a"], aborted).failed


def test_a_negative_control_counts_for_nothing() -> None:
    """Not even one that passed: the fault was put in on purpose."""
    caught = of(FULL, control=CONTROL.control)
    assert [control.id for control in CONTROLS if assess(control, caught).counts] == []
    why = "It is a negative control: it shows that a fault is caught, not that the system recovers."
    assert assess(BY_ID["dora-12-2"], caught).failed == (Gap(name="genuine", why=why),)


UNMET = {
    "ID": "The record does not say when the run ended.",
    "ROLE": "Which person operated the run is not known.",
    "PLAN": "No objective of the plan was judged.",
    "SCOPE": "The record names no service.",
    "BKP": "No backup was taken or chosen in this run.",
    "DIS": "No disaster was confirmed.",
    "STEPS": "No recovery step is recorded.",
    "RTO": "No recovery time was promised and measured.",
    "RPO": "No recovery point was promised and measured.",
    "INTPRE": "No task of the recovery verified the backup before it was restored.",
    "INTPOST": "Restored content was compared with nothing.",
    "ENV": "The record does not say what images were used.",
    "DEV": "The run is ABORTED: deviations are unknown.",
    "ACT": "The run is ABORTED, and no corrective action was opened.",
    "REV": "Nobody has reviewed the run.",
    "MGMT": "The register does not hold who was told of the run.",
    "SCHED": "The run was on no schedule.",
    "CLEAN": "The lab was not removed: the journal does not say what became of it.",
    "SEAL": "The record is not sealed.",
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_run_of_which_little_is_known_meets_no_group(group: str) -> None:
    """Each says in one sentence what is missing."""
    assert GROUPS[group].why_not(of(BARE, steps=(), findings=())) == UNMET[group]


@pytest.mark.parametrize("group", sorted({*GROUPS} - {"INTPRE", "MGMT"}))
def test_a_run_of_which_all_is_known_meets_every_group(group: str) -> None:
    """But the check of the backup beforehand, which no task of it made, and what management was told."""
    assert GROUPS[group].why_not(FULL) is None


@pytest.mark.parametrize(
    ("group", "changes", "why"),
    [
        ("ID", {"environment": {}}, "The record does not say on what machine and engine it ran."),
        ("PLAN", {"altered": ("objectives.rto=1h",)}, "The drill was altered for this run: objectives.rto=1h."),
        ("RTO", {"objectives": CONTROL.objectives}, "It could not be measured: not measured"),
        ("CLEAN", {"lab_removed": False, "lab_says": "kept on request"}, "The lab was not removed: kept on request."),
        ("ENV", {"findings": ()}, "Nobody looked whether the lab was isolated."),
    ],
)
def test_a_group_is_not_met_by_half(group: str, changes: dict[str, object], why: str) -> None:
    """What is there but not valid is not met either."""
    assert GROUPS[group].why_not(of(FULL, **changes)) == why


def test_whoever_operated_a_run_is_nobody_else() -> None:
    """A review of their own names no other person."""
    own = FULL.model_copy(update={"reviewed": (REVIEW.model_copy(update={"by": "P-1"}),)})
    assert GROUPS["ROLE"].why_not(own) == "Nobody but the operator is named."
    assert GROUPS["ROLE"].why_not(own.model_copy(update={"reviewed": (*own.reviewed, REVIEW)})) is None


def test_each_persons_last_decision_counts() -> None:
    """A rejection stands until the one who made it takes it back."""
    rejected = REVIEW.model_copy(update={"decision": "rejected"})
    other = REVIEW.model_copy(update={"by": "P-4"})
    for reviews, why in (
        ((rejected, REVIEW), None),
        ((REVIEW, rejected), "A review rejected the run."),
        ((rejected, other), "A review rejected the run."),
    ):
        assert CONDITIONS["reviewed"].why_not(FULL.model_copy(update={"reviewed": reviews})) == why


def test_a_backup_is_verified_by_a_task_that_ended_well() -> None:
    """One that failed, or was skipped, verified nothing; nor did one that looks at something else."""
    step = next(step for step in PASSED.steps if step.phase == Phase.RECOVER and step.kind == "playbook")
    for name, outcome, met in (
        ("Verify the backup", Outcome.OK, True),
        ("Verify the dump, that it is what was written", Outcome.OK, True),
        ("Verify the backup", Outcome.SKIPPED, False),
        ("Verify the service answers", Outcome.OK, False),
    ):
        task = VERIFIED.model_copy(update={"task": name, "outcome": outcome})
        told = of(FULL, steps=(step.model_copy(update={"tasks": (task,)}),))
        assert (GROUPS["INTPRE"].why_not(told) is None) is met


@pytest.mark.parametrize(
    ("condition", "context", "why"),
    [
        ("outage-proven", of(FULL, marks={}), "The service was never seen to fail."),
        ("outage-proven", of(FULL, findings=()), "No disaster was confirmed."),
        ("backup-restored", of(FULL, steps=PASSED.steps[2:]), "No backup was taken in this run."),
        ("backup-restored", of(FULL, steps=PASSED.steps[:3]), "No procedure of the recovery restored anything."),
        ("backup-restored", of(FULL, findings=()), "The record does not say how the recovery ended."),
        ("content-compared", of(FULL, checks=(), findings=()), "Restored content was compared with nothing."),
        ("isolated", of(FULL, findings=()), "Nobody looked whether the lab was isolated."),
        ("reviewed", BARE, "Nobody has reviewed the run."),
        ("retested", RunContext(record=FAILED), "The run did not pass, and no corrective action was opened."),
        ("on-schedule", BARE, "The run was on no schedule."),
        (
            "on-schedule",
            FULL.model_copy(update={"schedule": ON_TIME.model_copy(update={"state": "late"})}),
            "The run was late.",
        ),
        ("alternate-site", FULL, "A lab stands on one machine: no other site took part."),
        ("backup-encrypted", FULL, "The record does not hold how the backup was encrypted."),
    ],
)
def test_a_condition_that_does_not_hold_says_why(condition: str, context: RunContext, why: str) -> None:
    """In one sentence."""
    assert CONDITIONS[condition].why_not(context) == why


def test_every_condition_is_used_and_explained() -> None:
    """The vocabulary holds no word that no shipped control needs, but those that say the same as a group."""
    used = {condition for control in CONTROLS for condition in control.when} | {*ALWAYS}
    assert {*CONDITIONS} - used == {"sealed"}
    assert all(question.about for question in (GROUPS | CONDITIONS).values())


def test_the_programme_names_the_last_drill_that_counts_and_the_next_due() -> None:
    """A later run that does not count moves nothing, and its gaps are told."""
    quarterly, periodic = BY_ID["cis-11.5"], BY_ID["dora-12-2"]
    good = dated(FULL, "run-1", "2026-08-31")
    unsealed = dated(FULL, "run-2", "2026-09-30").model_copy(update={"sealed": False})
    row = ProgrammeRow(
        control="cis-11.5",
        last_run="run-1",
        last_utc="2026-08-31T05:44:16Z",
        next_due=date(2026, 11, 30),
        state="current",
        gaps=(Gap(name="SEAL", why="The record is not sealed."),),
    )
    assert programme([quarterly, periodic], [unsealed, good], date(2026, 11, 30)) == (
        row,
        row.model_copy(update={"control": "dora-12-2", "next_due": None, "state": "no-interval"}),
    )
    assert programme([quarterly], [unsealed, good], date(2026, 12, 1)) == (row.model_copy(update={"state": "overdue"}),)


def test_runs_after_the_day_and_negative_controls_are_left_out_of_the_programme() -> None:
    """And a control that no run counts for was never drilled."""
    later = dated(FULL, "run-1", "2026-08-31")
    caught = of(dated(FULL, "run-0", "2026-08-01"), control=CONTROL.control)
    never = ProgrammeRow(control="cis-11.5", last_run=None, last_utc=None, next_due=None, state="never", gaps=())
    assert programme([BY_ID["cis-11.5"]], [later, caught], date(2026, 8, 30)) == (never,)


def test_a_run_belongs_to_the_day_it_started() -> None:
    """One that ended after midnight counts; of two at a time the one that started last is the last."""
    overnight = of(FULL, run="run-1", started_utc="2026-08-31T23:58:00Z", ended_utc="2026-09-01T00:09:00Z")
    beside = of(FULL, run="run-2", started_utc="2026-08-31T23:59:00Z", ended_utc="2026-09-01T00:01:00Z")
    (row,) = programme([BY_ID["cis-11.5"]], [beside, overnight], date(2026, 8, 31))
    assert (row.last_run, row.next_due, row.state) == ("run-2", date(2026, 12, 1), "current")


@pytest.mark.parametrize(
    ("start", "interval", "due"),
    [
        (date(2026, 1, 31), "P1M", date(2026, 2, 28)),
        (date(2026, 11, 30), "P3M", date(2027, 2, 28)),
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 12, 31), "P1Y6M", date(2028, 6, 30)),
        (date(2026, 12, 30), "P1W3D", date(2027, 1, 9)),
    ],
)
def test_an_interval_ends_on_the_same_day_of_a_later_month(start: date, interval: str, due: date) -> None:
    """Or on that month's last."""
    assert after(start, interval) == due
