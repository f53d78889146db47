"""The verdict, its sentence, and whether a negative control was caught for the right reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import SyntheticRun, finding, healthy_run, planned

from reports.facts.events import (
    DisasterDone,
    Expectation,
    RunAborted,
    RunFinished,
    RunPlanned,
    SabotageDone,
    State,
    Verdict,
)
from reports.judge.verdict import control, sentence, verdict_of
from reports.record import Control

if TYPE_CHECKING:
    from pathlib import Path

HELD, VIOLATED, UNKNOWN = finding("a"), finding("b", State.VIOLATED), finding("c", State.UNKNOWN)


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([HELD], Verdict.PASS),
        ([HELD, UNKNOWN], Verdict.INCONCLUSIVE),
        ([UNKNOWN, VIOLATED], Verdict.FAIL),
        ([HELD, VIOLATED], Verdict.FAIL),
        ([], Verdict.INCONCLUSIVE),
    ],
)
def test_violated_outweighs_unknown_and_nothing_is_no_pass(statements: list[object], verdict: Verdict) -> None:
    """Doubt never passes, and does not hide a violation."""
    assert verdict_of(statements) == verdict  # type: ignore[arg-type]


def test_the_sentence_gives_the_first_two_reasons_and_counts_the_rest() -> None:
    """Causes come before consequences."""
    reasons = [finding(name, State.VIOLATED, f"{name} is broken.") for name in "abcd"]
    assert sentence(Verdict.FAIL, [HELD, *reasons], []) == "a is broken. b is broken. (2 more reasons)"
    assert sentence(Verdict.FAIL, reasons[:3], []) == "a is broken. b is broken. (1 more reason)"
    assert sentence(Verdict.FAIL, [UNKNOWN, reasons[0]], []) == "a is broken."
    assert sentence(Verdict.INCONCLUSIVE, [], []) == "Nothing was found out."


def test_the_sentence_says_the_same_reason_once_and_ends_each() -> None:
    """One cause makes many things unknown, and checks word their findings as they like."""
    nothing = [finding(name, State.UNKNOWN, "nothing was tested") for name in "abc"]
    assert sentence(Verdict.INCONCLUSIVE, nothing, []) == "nothing was tested."


def test_the_sentence_does_not_repeat_a_reason_as_the_cause_of_the_next() -> None:
    """A consequence that tells its own cause adds nothing to the cause."""
    slow = "The ledger reached 24.5% of its rate."
    unknown = [
        finding(name, State.UNKNOWN, says)
        for name, says in (("rate", slow), ("rto", f"The recovery time is unknown: {slow}"), ("rpo", "Nobody knows."))
    ]
    assert sentence(Verdict.INCONCLUSIVE, unknown, []) == f"{slow} Nobody knows."


def test_a_sentence_with_figures(tmp_path: Path) -> None:
    """A manager reads how long it took, what was lost, and what was allowed."""
    run = healthy_run()
    run.ledger.lose(-0.7, 0)
    assert run.judged(tmp_path).sentence == (
        "Recovered in 4.95 s of 2 min allowed; 35 acknowledged writes were lost, at most 718 ms of 5 s allowed."
    )


@pytest.mark.parametrize("by", ["a signal", None])
def test_an_aborted_or_unfinished_run_is_not_judged(tmp_path: Path, by: str | None) -> None:
    """Whatever was measured until then proves nothing; a journal without an end is a dead engine's."""
    run = healthy_run()
    run.drop(RunFinished)
    if by:
        run.add(10, RunAborted(because=f"stopped by {by}", by="engine"))
    record = run.judged(tmp_path)
    because = f"stopped by {by}" if by else "the engine died; sweep closes it"
    assert (record.verdict, record.sentence) == (Verdict.ABORTED, f"The run was not judged: {because}")
    assert [one.state for one in record.objectives] == [State.UNKNOWN, State.UNKNOWN]
    assert (record.findings, record.instrument, record.writes) == ((), (), ())


def control_run(by: str, verdict: Verdict = Verdict.FAIL) -> SyntheticRun:
    """Return a run with a confirmed fault that must be caught by a finding."""
    run = healthy_run()
    run.change(RunPlanned, sabotage=("delay-recovery",), expect=Expectation(verdict=verdict, by=(by,)))
    run.add(-1, SabotageDone(kind="delay-recovery", finding=finding("delay-recovery")))
    return run


def test_a_control_is_caught_by_the_finding_it_names(tmp_path: Path) -> None:
    """The right verdict for the right reason."""
    run = control_run("rto")
    planned(run, rto_s=1.0)
    assert run.judged(tmp_path).control == Control(
        expected=Verdict.FAIL, by=("rto",), caught=True, sentence="Caught: FAIL by rto, as expected."
    )


def test_a_control_that_fails_for_another_reason_is_not_caught(tmp_path: Path) -> None:
    """The right verdict for the wrong reason is luck."""
    run = control_run("no-hole")
    planned(run, rto_s=1.0)
    assert run.judged(tmp_path).control == Control(
        expected=Verdict.FAIL,
        by=("no-hole",),
        caught=False,
        sentence="Not caught for the right reason: no-hole should have led to FAIL.",
    )


def test_a_control_that_passes_is_not_caught(tmp_path: Path) -> None:
    """The fault went unnoticed."""
    assert control_run("rto").judged(tmp_path).control == Control(
        expected=Verdict.FAIL,
        by=("rto",),
        caught=False,
        sentence="Not caught: FAIL by rto was expected, the verdict is PASS.",
    )


def test_a_control_whose_fault_was_never_there_is_not_caught(tmp_path: Path) -> None:
    """It failed by itself."""
    run = control_run("rto")
    planned(run, rto_s=1.0)
    run.change(SabotageDone, finding=finding("delay-recovery", State.VIOLATED, "It was not late."))
    found = run.judged(tmp_path).control
    assert found is not None
    assert (found.caught, found.sentence) == (
        False,
        "Not caught: the fault was never there. delay-recovery was not confirmed to matter: It was not late.",
    )


def test_a_control_may_expect_doubt(tmp_path: Path) -> None:
    """A disaster that misses is caught when nothing is concluded from it."""
    run = healthy_run()
    run.change(RunPlanned, expect=Expectation(verdict=Verdict.INCONCLUSIVE, by=("disaster-confirmed",)))
    run.change(DisasterDone, confirmation=finding("disaster-confirmed", State.VIOLATED))
    found = run.judged(tmp_path).control
    assert found is not None
    assert found.caught


def test_an_aborted_control_is_not_caught() -> None:
    """A run that was not judged shows nothing."""
    assert not control(Expectation(verdict=Verdict.FAIL, by=("rto",)), Verdict.ABORTED, []).caught
