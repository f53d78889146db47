"""The record of a proof: which fault was caught by what, what was missed, and what nothing made fail."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, FAILED, PASSED

from orchestrator import proving
from orchestrator.core.errors import UnreadableRunError
from reports.detection import PROOF, Proof, ProofPlan, Trial, proof_of
from reports.facts.events import Finding, State, Verdict
from reports.record import Control
from reports.render_detection import html, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sealed_evidence import SealedEvidence

    from reports.record import Record

CAUGHT = "Caught: FAIL by postgres-content, as expected."
NOT_CAUGHT = "Not caught: FAIL by postgres-content was expected, the verdict is PASS."


def control(
    number: int,
    violated: Sequence[str] = ("postgres-content",),
    verdict: Verdict = Verdict.FAIL,
    *,
    caught: bool = True,
    unknown: Sequence[str] = (),
) -> Record:
    """Return a run of a control in which these findings are violated, or unknown."""
    states = dict.fromkeys(violated, State.VIOLATED) | dict.fromkeys(unknown, State.UNKNOWN)
    here = {one.name for one in (*PASSED.objectives, *PASSED.findings, *PASSED.instrument)}
    more = tuple(Finding(name=name, state=state, says=name) for name, state in states.items() if name not in here)

    def changed(statements: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(one.model_copy(update={"state": states.get(one.name, one.state)}) for one in statements)

    return PASSED.model_copy(
        update={
            "run": f"r{number}",
            "verdict": verdict,
            "objectives": changed(PASSED.objectives),
            "findings": (*changed(PASSED.findings), *more),
            "instrument": changed(PASSED.instrument),
            "control": Control(
                expected=Verdict.FAIL,
                by=("postgres-content",),
                caught=caught,
                sentence=CAUGHT if caught else NOT_CAUGHT,
            ),
        }
    )


def trial(
    number: int,
    by: Sequence[str] = ("postgres-content",),
    expected: Verdict = Verdict.FAIL,
    known_miss: str = "",
    *,
    run: bool = True,
) -> Trial:
    """Return what was fixed of the fault whose run this is."""
    return Trial(
        fault=f"fault-{number}",
        control=f"a-drill-with-fault-{number}",
        does=(f"fault-{number}: db",),
        title="Control: a fault",
        expected=expected,
        by=tuple(by),
        known_miss=known_miss,
        run=f"r{number}" if run else "",
    )


def proof(trials: Sequence[Trial], records: Sequence[Record], healthy: Record = PASSED, ended_early: str = "") -> Proof:
    """Return the proof of these faults."""
    plan = ProofPlan(
        proof="proof-r0",
        drill="a-drill",
        title="A drill",
        healthy="r0",
        trials=tuple(trials),
        ended_early=ended_early,
    )
    return proof_of(plan, healthy, {record.run: record for record in records})


def test_a_fault_is_caught_by_the_finding_named_for_it() -> None:
    """What else saw it stands beside that; findings are in the order of the report."""
    made = proof([trial(1), trial(2, ["rpo"])], [control(1, ["postgres-content", "rpo"]), control(2, ["rpo"])])
    assert (made.verdict, made.caught, made.counted) == (Verdict.PASS, 2, 2)
    assert made.findings == ("rpo", "postgres-content")
    assert [[row.cell(name) for name in made.findings] for row in made.faults] == [["also", "caught"], ["caught", ""]]
    assert [row.says for row in made.faults] == [CAUGHT, CAUGHT]


def test_what_no_fault_made_fail_is_said() -> None:
    """A check that has only ever been green is no evidence; the findings on the run's course are no checks."""
    made = proof([trial(1)], [control(1)])
    assert made.unproven == ("rto", "rpo", "postgres-amcheck", "no-egress")
    assert made.says == (
        "1 of 1 fault caught by the finding named for it (100%); the healthy run is PASS.",
        "No fault made these fail, so nothing shows that they can: rto, rpo, postgres-amcheck, no-egress.",
    )


@pytest.mark.parametrize(
    ("record", "outcome", "verdict", "code"),
    [
        (control(1), "caught", Verdict.PASS, 0),
        (control(1, [], Verdict.PASS, caught=False), "missed", Verdict.FAIL, 1),
        (control(1, ["rpo"], caught=False), "missed", Verdict.FAIL, 1),
        (control(1, [], Verdict.INCONCLUSIVE, caught=False, unknown=["rpo"]), "inconclusive", Verdict.INCONCLUSIVE, 3),
        (ABORTED.model_copy(update={"run": "r1"}), "aborted", Verdict.ABORTED, 4),
    ],
)
def test_anything_else_is_not_caught(record: Record, outcome: str, verdict: Verdict, code: int) -> None:
    """Missed, or nothing is known: with the reason that its run gives."""
    made = proof([trial(1)], [record])
    assert (made.faults[0].outcome, made.verdict, proving.CODES[made.verdict]) == (outcome, verdict, code)
    assert made.faults[0].cell("postgres-content") == ("caught" if code == 0 else "missed")


def test_a_finding_that_saw_a_fault_which_was_never_there_caught_nothing() -> None:
    """A sabotage that was not confirmed to matter counts as missed, whatever went wrong."""
    made = proof([trial(1)], [control(1, caught=False)])
    assert (made.faults[0].outcome, made.faults[0].cell("postgres-content")) == ("missed", "missed")


def test_a_miss_outweighs_what_is_not_known() -> None:
    """One that was seen is worse."""
    missed, unknown = control(1, [], Verdict.PASS, caught=False), control(2, [], Verdict.INCONCLUSIVE, caught=False)
    assert proof([trial(1), trial(2)], [missed, unknown]).verdict == Verdict.FAIL


def test_a_known_miss_is_shown_and_not_in_the_score() -> None:
    """With its reason; one that is caught after all should leave the list."""
    known = [trial(1), trial(2, known_miss="No check reads it yet."), trial(3, known_miss="Rarely.")]
    made = proof(known, [control(1), control(2, [], Verdict.PASS, caught=False), control(3)])
    assert (made.verdict, made.caught, made.counted) == (Verdict.PASS, 2, 2)
    assert made.faults[1].outcome == "known-miss"
    assert made.says[1:3] == (
        "Known not to be caught, and not in the score: fault-2: No check reads it yet.",
        "fault-3 is listed as a known miss and was caught: take it off the list.",
    )


def test_a_fault_may_have_to_leave_everything_open() -> None:
    """INCONCLUSIVE is the right end of some; then what is unknown has seen it."""
    expected = trial(1, ["disaster-confirmed"], Verdict.INCONCLUSIVE)
    made = proof([expected], [control(1, [], Verdict.INCONCLUSIVE, unknown=["disaster-confirmed", "rpo"])])
    assert (made.verdict, made.faults[0].saw) == (Verdict.PASS, ("disaster-confirmed",))


@pytest.mark.parametrize(
    ("healthy", "verdict"),
    [
        (FAILED, Verdict.FAIL),
        (PASSED.model_copy(update={"verdict": Verdict.INCONCLUSIVE}), Verdict.INCONCLUSIVE),
        (ABORTED, Verdict.ABORTED),
    ],
)
def test_without_a_healthy_run_that_passes_nothing_is_proven(healthy: Record, verdict: Verdict) -> None:
    """What a fault adds could not be told: none is put in, and that is not what the proof ends with."""
    made = proof([trial(1, run=False)], [], healthy, "the healthy run did not pass")
    assert (made.verdict, made.faults[0].outcome) == (verdict, "not-run")
    assert made.says[1:] == (
        "Ended early: the healthy run did not pass.",
        f"The healthy run shows what no fault is to blame for: {healthy.sentence}",
    )


def test_a_proof_that_was_cut_short_is_no_pass() -> None:
    """What was not run counts as not caught."""
    made = proof([trial(1), trial(2, run=False)], [control(1)], ended_early="stopped by signal 2")
    assert (made.verdict, made.caught, made.counted) == (Verdict.ABORTED, 1, 2)
    assert made.faults[1].outcome == "not-run"
    assert made.says[1] == "Ended early: stopped by signal 2."


def test_it_reads_back_the_same() -> None:
    """Nothing is lost between a proof and its JSON."""
    made = proof([trial(1), trial(2)], [control(1), control(2, caught=False)])
    assert Proof.model_validate_json(made.model_dump_json()) == made


def test_it_is_told_on_one_screen() -> None:
    """The score, every fault, why one was missed, and what it all means."""
    made = proof([trial(1), trial(2, ["rpo"])], [control(1, ["postgres-content", "rpo"]), control(2, [], caught=False)])
    assert text(made) == (
        "FAIL: 1 of 2 faults caught in a-drill\n"
        "A drill; proof proof-r0\n"
        "\n"
        "Fault                  by                also seen by\n"
        "fault-1  caught        postgres-content  rpo\n"
        "fault-2  missed        rpo\n"
        f"fault-2: {NOT_CAUGHT}\n"
        "\n"
        "1 of 2 faults caught by the finding named for it (50%); the healthy run is PASS.\n"
        "No fault made these fail, so nothing shows that they can: rto, postgres-amcheck, no-egress.\n"
    )


def test_the_page_leads_to_every_run_and_loads_nothing() -> None:
    """The same proof gives the same bytes; what is named is only text."""
    made = proof([trial(1), trial(2, run=False)], [control(1)])
    made = made.model_copy(update={"plan": made.plan.model_copy(update={"title": "<script>alert(1)</script>"})})
    page = html(made)
    links = ["../r0/report.html", "../../a-drill-with-fault-1/r1/report.html"]
    assert re.findall(r'(?:href|src)="([^#][^"]*)"', page) == links
    assert "<script" not in page
    assert html(made) == page


def test_the_page_says_in_words_what_a_cell_shows() -> None:
    """For who cannot see its sign."""
    page = html(proof([trial(1), trial(2)], [control(1, ["postgres-content", "rpo"]), control(2, caught=False)]))
    cells = re.findall(r'<td class="cell">.*?</td>', page)
    assert [re.findall(r'unseen">([^<]+)<', cell) for cell in cells] == [["also seen"], ["caught"], [], ["missed"]]


def kept(sound: SealedEvidence, folder: Path, record: str) -> Path:
    """Return a proof's folder beside runs that were, with this as its record."""
    evidence = shutil.copytree(sound.directory, folder / "evidence")
    kept = evidence / sound.folder("passed").parent.name / "proof-of-a-test"
    kept.mkdir()
    (kept / PROOF).write_text(record)
    return kept


def test_it_is_told_again_from_its_runs_alone(sound: SealedEvidence, tmp_path: Path) -> None:
    """Each of them is judged anew: what its record said then does not count."""
    healthy, of_control = sound.folder("passed"), sound.folder("caught")
    fixed = trial(1, ["rpo"]).model_copy(update={"control": of_control.parent.name, "run": of_control.name})
    plan = ProofPlan(proof="p", drill=healthy.parent.name, title="A drill", healthy=healthy.name, trials=(fixed,))
    folder = kept(sound, tmp_path, proof_of(plan, FAILED, {of_control.name: control(1)}).model_dump_json())
    made = proving.judged(folder)
    assert (made.healthy, made.faults[0].outcome, made.faults[0].saw[0]) == (Verdict.PASS, "missed", "rpo")
    assert made.faults[0].says == "Not caught: the fault was never there. 0 of 1 planned faults were put in."
    assert proving.find_proof(tmp_path / "evidence", "proof-of") == folder
    assert proving.find_proof(tmp_path / "evidence", str(folder)) == folder
    assert proving.find_proof(tmp_path / "evidence", "proof-none") is None


def test_a_record_that_is_none_is_refused(sound: SealedEvidence, tmp_path: Path) -> None:
    """It says what may have happened."""
    folder = kept(sound, tmp_path, "{}")
    with pytest.raises(UnreadableRunError, match="no record of a proof") as refused:
        proving.judged(folder)
    assert refused.value.hint == "it was changed, or written by another version of drillmaster"


def test_a_proof_is_told_in_three_forms() -> None:
    """JUnit is for runs."""
    made = proof([trial(1)], [control(1)])
    assert Proof.model_validate_json(proving.render(made, "json")) == made
    assert proving.render(made, "text") == text(made)
    with pytest.raises(UnreadableRunError, match="a proof cannot be told as junit"):
        proving.render(made, "junit")
