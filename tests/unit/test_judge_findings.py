"""Every rule of the judge has a negative control: a run in which it is violated, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from synthetic_runs import NEW, SyntheticRun, finding, healthy_run, instant, not_held, ns, planned, says

from reports.facts.events import (
    CheckFinished,
    DisasterDone,
    Mark,
    MarkReached,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunPlanned,
    SabotageDone,
    State,
    StepFinished,
    TargetSet,
    Verdict,
)
from reports.facts.ledger import Answer, Row
from reports.judge.findings import NOTHING_TESTED
from reports.judge.judgement import NOT_RECOVERED, UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable

V, U = State.VIOLATED, State.UNKNOWN
INTEGRITY = (
    "no-hole",
    "no-unexpected",
    "no-corrupt",
    "no-duplicate",
    "refused-absent",
    "later-writes-present",
    "no-split-brain",
)


def test_a_healthy_run_passes_with_every_statement_held(tmp_path: Path) -> None:
    """The run that all others are made from has no fault of its own."""
    record = healthy_run().judged(tmp_path)
    assert (record.verdict, not_held(record)) == (Verdict.PASS, {})
    assert record.sentence == "Recovered in 4.95 s of 2 min allowed; no acknowledged write was lost."


def too_slow(run: SyntheticRun) -> None:
    """Promise more than was achieved."""
    planned(run, rto_s=4.5)


def too_much_lost(run: SyntheticRun) -> None:
    """Lose the last second."""
    planned(run, rpo_s=1.0)
    run.ledger.lose(-1.0, 0)


def too_much_given_up(run: SyntheticRun) -> None:
    """Go back by 2 s where 1 s was promised."""
    planned(run, given_up_s=1.0)
    run.add(-0.05, TargetSet(mode="time", server_time=instant(-2).utc, monotonic_ns=ns(-2.01), bound_ns=0))
    run.ledger.lose(-2.005, 0)


def failed_protection(run: SyntheticRun) -> None:
    """Let the back-up fail, and the run go on."""
    run.change(StepFinished, {"phase": Phase.PROTECT}, outcome=Outcome.FAILED, says="no space left")


def late_detection(run: SyntheticRun) -> None:
    """Notice later than allowed."""
    planned(run, detect_within_s=0.003)


def hole(run: SyntheticRun) -> None:
    """Lose one write out of the middle."""
    run.ledger.lose(-4.01, -3.99)


def invented(run: SyntheticRun) -> None:
    """Put in a row that nobody wrote."""
    run.ledger.rows.append(Row(1, 10**6, 5))


def altered(run: SyntheticRun) -> None:
    """Change what a row carries."""
    run.ledger.rows[17] = run.ledger.rows[17]._replace(payload=5)


def duplicated(run: SyntheticRun) -> None:
    """Put in a row a second time."""
    run.ledger.rows.append(run.ledger.rows[17])


def refused_and_present(run: SyntheticRun) -> None:
    """Let a write be there that was refused."""
    run.ledger.write(-0.5, Answer.REFUSED, present=True, writer=5)


def later_missing(run: SyntheticRun) -> None:
    """Lose a write that the recovered service acknowledged."""
    run.ledger.lose(6.0, 6.02)


def split_brain(run: SyntheticRun) -> None:
    """Let the old instance acknowledge a write beside the new one."""
    run.ledger.write(6.005, writer=5)


def unreadable_table(run: SyntheticRun) -> None:
    """Let the recovered service have no table."""
    run.ledger.readable = False


def check_violated(run: SyntheticRun) -> None:
    """Let a check find something."""
    run.change(CheckFinished, findings=(finding("postgres-content", V, "Rows differ."),))


CONTROLS: dict[str, tuple[Callable[[SyntheticRun], None], str]] = {
    "rto": (too_slow, "Recovery took 4.95 s; 4.5 s are allowed: 452 ms too long."),
    "rpo": (too_much_lost, "50 acknowledged writes were lost, up to 1.02 s; 1 s are allowed: 18 ms too much."),
    "given-up": (too_much_given_up, "Going back gave up 100 acknowledged writes, 1.99 s; 1 s are allowed."),
    "protect-step": (failed_protection, "Protection failed: playbook: back-up.yml failed: no space left."),
    "detected": (late_detection, "Noticed after 4 ms; 3 ms are allowed."),
    "no-hole": (hole, "Lost writes acknowledged before a kept one was attempted (holes): 1."),
    "no-unexpected": (invented, "Rows that nobody wrote, or that were written after the recovery target: 1."),
    "no-corrupt": (altered, "Rows with other content than was written: 1."),
    "no-duplicate": (duplicated, "Rows that are there more than once: 1."),
    "refused-absent": (refused_and_present, "Refused writes that are there nevertheless: 1."),
    "later-writes-present": (
        later_missing,
        "Writes that the recovered service acknowledged and does not have: 1.",
    ),
    "no-split-brain": (
        split_brain,
        "Writes that the old instance acknowledged beside the new one (split brain): 1.",
    ),
    "postgres-content": (check_violated, "Rows differ."),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_rule_is_violated_alone_and_fails_the_run(name: str, tmp_path: Path) -> None:
    """The fault is caught by the rule it breaks and by no other."""
    spoil, sentence = CONTROLS[name]
    run = healthy_run()
    spoil(run)
    record = run.judged(tmp_path)
    assert (record.verdict, not_held(record), says(record, name)) == (Verdict.FAIL, {name: V}, sentence)
    assert record.sentence == sentence


def test_every_statement_of_a_run_has_its_control() -> None:
    """Those that cannot be violated alone have a test of their own below."""
    own = {"provisioned", "disaster-confirmed", "recovery-step", "checked", "read-back", "sabotage-confirmed"}
    with TemporaryDirectory() as folder:
        record = healthy_run().judged(Path(folder))
    names = {one.name for one in (*record.objectives, *record.findings)}
    assert names <= {*CONTROLS, *own}


def test_a_row_attempted_after_the_target_is_unexpected(tmp_path: Path) -> None:
    """Recovery that goes past its target is caught, and by this finding alone."""
    run = healthy_run()
    run.add(-0.05, TargetSet(mode="time", server_time=instant(-2).utc, monotonic_ns=ns(-2.01), bound_ns=0))
    run.ledger.lose(-1.005, 0)
    assert not_held(run.judged(tmp_path)) == {"no-unexpected": V}


def test_a_table_that_cannot_be_read_violates_and_leaves_the_writes_unknown(tmp_path: Path) -> None:
    """The recovered data are at fault; what became of the writes nobody can tell."""
    run = healthy_run()
    unreadable_table(run)
    record = run.judged(tmp_path)
    assert not_held(record) == {"read-back": V, "rpo": U, **dict.fromkeys(INTEGRITY, U)}
    assert record.sentence == 'The ledger\'s table cannot be read: relation "drillmaster.ledger" does not exist.'
    assert (record.writes, record.rpo.method) == ((), UNREADABLE)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TIMED_OUT])
def test_a_failed_recovery_step_violates_the_recovery_time_too(outcome: Outcome, tmp_path: Path) -> None:
    """There is nothing to compare then, and no doubt of the instrument can excuse it."""
    run = healthy_run()
    run.change(StepFinished, {"number": 3}, outcome=outcome, says="not ready within 10 s")
    run.change(PhaseFinished, {"phase": Phase.RECOVER}, outcome=outcome)
    record = run.judged(tmp_path)
    assert not_held(record) == {
        "recovery-step": V,
        "rto": V,
        "rpo": U,
        "read-back": U,
        **dict.fromkeys(INTEGRITY, U),
    }
    assert says(record, "recovery-step") == f"Recovery failed: start: db {outcome}: not ready within 10 s."
    assert says(record, "no-hole") == NOT_RECOVERED


def ended_before_recovery() -> SyntheticRun:
    """Return a run that nobody recovered, for nothing was noticed."""
    run = healthy_run()
    for mark in (Mark.DETECTED, Mark.DECLARED, Mark.RECOVERY_STARTED, Mark.RECOVERY_FINISHED, Mark.VERIFIED):
        run.drop(MarkReached, mark=mark)
    run.drop(StepFinished, phase=Phase.RECOVER)
    run.drop(CheckFinished)
    for phase in (Phase.RECOVER, Phase.SETTLE, Phase.CHECK):
        run.drop(PhaseStarted, phase=phase)
        run.drop(PhaseFinished, phase=phase)
    return run


def test_nobody_noticing_violates_the_recovery_time_too(tmp_path: Path) -> None:
    """Recovery never began; the run ended with the detection."""
    run = ended_before_recovery()
    run.change(PhaseFinished, {"phase": Phase.DETECT}, outcome=Outcome.TIMED_OUT)
    record = run.judged(tmp_path)
    unknown = dict.fromkeys(("recovery-step", "checked", "rpo", "read-back", *INTEGRITY), U)
    assert (record.verdict, not_held(record)) == (Verdict.FAIL, {"detected": V, "rto": V, **unknown})
    assert record.sentence == (
        "Nobody noticed the disaster within 1 min. Not recovered within the 7.5 s that were watched; 2 min are allowed."
    )


def test_a_watch_that_broke_off_says_nothing_of_the_system(tmp_path: Path) -> None:
    """The ledger died while the disaster had yet to be noticed: our own fault, INCONCLUSIVE."""
    run = ended_before_recovery()
    run.change(PhaseFinished, {"phase": Phase.DETECT}, outcome=Outcome.FAILED, says="the ledger is gone")
    record = run.judged(tmp_path)
    unknown = dict.fromkeys(("detected", "recovery-step", "checked", "rto", "rpo", "read-back", *INTEGRITY), U)
    assert (record.verdict, not_held(record)) == (Verdict.INCONCLUSIVE, unknown)
    assert says(record, "detected") == "Nobody watched for 1 min: detect failed: the ledger is gone."


def test_a_second_disaster_that_could_not_be_injected_tested_nothing(tmp_path: Path) -> None:
    """The first was confirmed, the run ended with the second: nobody was asked to notice or to recover anything."""
    run = ended_before_recovery()
    run.drop(MarkReached, mark=Mark.DISASTER_CONFIRMED)
    run.drop(PhaseStarted, phase=Phase.DETECT)
    run.drop(PhaseFinished, phase=Phase.DETECT)
    run.change(PhaseFinished, {"phase": Phase.DISASTER}, outcome=Outcome.FAILED, says="no such volume")
    record = run.judged(tmp_path)
    assert (record.verdict, set(not_held(record).values())) == (Verdict.INCONCLUSIVE, {U})
    assert says(record, "disaster-confirmed") == "There was no disaster: disaster failed: no such volume."
    assert says(record, "detected") == NOTHING_TESTED


def test_a_disaster_that_missed_tested_nothing(tmp_path: Path) -> None:
    """Not a pass, although nothing is broken: the measures are unknown, and so is the verdict."""
    run = healthy_run()
    missed = finding("disaster-confirmed", V, "The volume is still there.")
    run.change(DisasterDone, confirmation=missed)
    record = run.judged(tmp_path)
    unknown = dict.fromkeys(("disaster-confirmed", "detected", "rto", "rpo", "read-back", *INTEGRITY), U)
    assert (record.verdict, not_held(record)) == (Verdict.INCONCLUSIVE, unknown)
    assert says(record, "disaster-confirmed") == (
        "delete-volume missed, so nothing was tested: The volume is still there."
    )
    assert says(record, "rto") == f"The recovery time is unknown: {NOTHING_TESTED}"


def test_of_two_disasters_both_must_be_confirmed(tmp_path: Path) -> None:
    """Half a disaster is another drill."""
    run = healthy_run()
    missed = finding("disaster-confirmed", V, "Still there.")
    second = DisasterDone(kind="kill-service", service="db", stays_up=True, says="", confirmation=missed)
    run.add(0.2, second)
    assert not_held(run.judged(tmp_path)) == dict.fromkeys(
        ("disaster-confirmed", "detected", "rto", "rpo", "read-back", *INTEGRITY), U
    )


def test_of_two_disasters_one_takes_the_service_away(tmp_path: Path) -> None:
    """Then it is back when clients write again, as ever."""
    run = healthy_run()
    confirmed = finding("disaster-confirmed")
    run.add(0.2, DisasterDone(kind="damage-sql", service="db", stays_up=True, says="", confirmation=confirmed))
    assert run.judged(tmp_path).rto.achieved_s == pytest.approx(4.952)


def test_a_promise_kept_exactly_is_kept(tmp_path: Path) -> None:
    """The objective is the longest that is allowed."""
    run = healthy_run()
    run.add(-0.05, TargetSet(mode="time", server_time=instant(-2).utc, monotonic_ns=ns(-2), bound_ns=0))
    run.ledger.lose(-2.005, 0)
    planned(run, rto_s=4.952, given_up_s=1.982, detect_within_s=0.004)
    assert not_held(run.judged(tmp_path)) == {}


def test_a_lab_that_was_not_built_says_nothing_of_the_system(tmp_path: Path) -> None:
    """Provisioning failed, and the drill ended there: INCONCLUSIVE, the cause first."""
    run = healthy_run()
    run.facts = [(at, fact) for at, fact in run.facts if at <= -30 or at >= 9.9]
    run.add(-25, PhaseFinished(phase=Phase.PROVISION, outcome=Outcome.FAILED, says="db: no image"))
    record = run.judged(tmp_path)
    assert record.verdict == Verdict.INCONCLUSIVE
    assert says(record, "provisioned") == "The lab could not be built: provision failed: db: no image."
    assert record.sentence.startswith("The lab could not be built: provision failed: db: no image. Protection never")
    assert set(not_held(record).values()) == {U}


def test_a_ledger_that_could_not_start_is_no_fault_of_the_protection(tmp_path: Path) -> None:
    """No step failed, the drill did: unknown."""
    run = healthy_run()
    run.change(PhaseFinished, {"phase": Phase.PROTECT}, outcome=Outcome.FAILED, says="no ledger")
    record = run.judged(tmp_path)
    assert not_held(record) == {"protect-step": U}
    assert says(record, "protect-step") == "Protection could not be done: protect failed: no ledger."


def test_a_recovery_that_the_drill_itself_broke_is_unknown(tmp_path: Path) -> None:
    """No step failed, what stands around them did."""
    run = healthy_run()
    run.change(PhaseFinished, {"phase": Phase.RECOVER}, outcome=Outcome.FAILED, says="sabotage failed")
    record = run.judged(tmp_path)
    assert record.verdict == Verdict.INCONCLUSIVE
    assert says(record, "rto") == f"The recovery time is unknown: {NOT_RECOVERED}"


@pytest.mark.parametrize("done", [True, False])
def test_sabotage_that_was_not_confirmed_is_unknown(tmp_path: Path, *, done: bool) -> None:
    """A fault that was never there cannot be caught."""
    run = healthy_run()
    run.change(RunPlanned, sabotage=("flip-byte",))
    if done:
        unconfirmed = finding("flip-byte", V, "The byte lies in free space.")
        run.add(-1, SabotageDone(kind="flip-byte", finding=unconfirmed))
    record = run.judged(tmp_path)
    assert (record.verdict, not_held(record)) == (Verdict.INCONCLUSIVE, {"sabotage-confirmed": U})
    assert says(record, "sabotage-confirmed") == (
        "flip-byte was not confirmed to matter: The byte lies in free space."
        if done
        else "0 of 1 planned faults were put in."
    )


def test_checks_that_did_not_look_are_no_pass(tmp_path: Path) -> None:
    """The phase ended badly, no check spoke, or one of them had nothing to say."""
    run = healthy_run()
    run.change(PhaseFinished, {"phase": Phase.CHECK}, outcome=Outcome.FAILED)
    assert not_held(run.judged(tmp_path / "failed")) == {"checked": U}
    run = healthy_run()
    run.drop(CheckFinished)
    assert not_held(run.judged(tmp_path / "silent")) == {"checked": U}
    run = healthy_run()
    mute = CheckFinished(kind="mute", title="mute: db", started=instant(8), finished=instant(9), findings=())
    run.add(9.0, mute)
    record = run.judged(tmp_path / "mute")
    assert not_held(record) == {"checked": U}
    assert says(record, "checked") == "Not all checks looked at the recovered system; 1 did."


def test_an_rpo_of_none_is_held_with_its_reason(tmp_path: Path) -> None:
    """Loss is still measured and shown."""
    run = healthy_run()
    planned(run, rpo_s=None, rpo_none_because="a cache; it is refilled")
    run.ledger.lose(-1.0, 0)
    record = run.judged(tmp_path)
    assert record.verdict == Verdict.PASS
    assert record.objectives[1].says == "No loss of data is promised: a cache; it is refilled"
    assert record.objectives[1].achieved == "at most 1.02 s"


def test_later_writes_are_split_brain_only_beside_the_new_instance(tmp_path: Path) -> None:
    """An old acknowledgement before the new one's first is a late answer, no second master."""
    run = healthy_run()
    run.ledger.write(4.0, writer=5)
    assert "no-split-brain" not in not_held(run.judged(tmp_path))
    assert run.ledger.attempts[-1].epoch != NEW
