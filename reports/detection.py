"""The record of a proof: every fault put into one drill, and what caught it. A pure function of the runs' records.

A fault counts as caught only if it was seen to matter, and the finding that was named before the run is the reason for
its verdict. What else saw it stands beside that; so does what no fault ever made fail: that is as yet unproven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from reports.facts.names import INTEGRITY
from reports.facts.values import Fact, State, Verdict
from reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reports.facts.values import Finding
    from reports.record import Objective, Record

PROOF = "proof.json"
PROOF_VERSION: Final = "1.0"

Outcome = Literal["caught", "known-miss", "missed", "inconclusive", "aborted", "not-run"]
Cell = Literal["caught", "missed", "also", ""]


class Trial(Fact):
    """One fault that was to be put in, and how it had to be caught: fixed before any run."""

    fault: str = Field(description="The fault's name; of a control file the control's.")
    control: str = Field(description="Name of the negative control, and of its runs' folder in the evidence directory.")
    does: tuple[str, ...] = Field(description="What is put in; empty: the control changes the drill itself.")
    title: str
    expected: Verdict
    by: tuple[str, ...] = Field(description="Names of the findings that had to be the reason.")
    known_miss: str = Field(default="", description="Why the drill is known not to catch it; empty: it should.")
    run: str = Field(default="", description="Its run; empty: none was made.")


class ProofPlan(Fact):
    """What was to be done, and what came of it: all of a proof that its runs' folders do not tell."""

    proof: str
    drill: str
    title: str
    healthy: str = Field(description="The run without a fault; its folder lies beside the proof's.")
    trials: tuple[Trial, ...]
    ended_early: str = Field(default="", description="Why not all runs were made; empty: all were.")


class FaultRow(Fact):
    """One fault, and what came of it."""

    trial: Trial
    verdict: Verdict | None = Field(description="None: no run was made.")
    outcome: Outcome
    says: str = Field(description="How it was caught, or why it counts as missed.")
    saw: tuple[str, ...] = Field(description="Every finding that was violated, or that was named and saw it.")

    def cell(self, finding: str) -> Cell:
        """Return what a finding has to do with the fault; empty: nothing."""
        if finding in self.trial.by:
            return "caught" if finding in self.saw and self.outcome == "caught" else "missed"
        return "also" if finding in self.saw else ""


class Proof(Fact):
    """The evidence document of a proof."""

    schema_version: Literal["1.0"] = PROOF_VERSION
    plan: ProofPlan
    verdict: Verdict = Field(description="PASS: the healthy run passed, and every fault but known misses was caught.")
    healthy: Verdict
    healthy_says: str = Field(description="The healthy run's sentence.")
    faults: tuple[FaultRow, ...]
    caught: int
    counted: int = Field(description="Faults that had to be caught: all but the known misses.")
    findings: tuple[str, ...] = Field(description="All findings that were named or saw a fault: the matrix's columns.")
    unproven: tuple[str, ...] = Field(description="Checks and objectives that no fault made fail.")
    says: tuple[str, ...]


def proof_of(plan: ProofPlan, healthy: Record, controls: Mapping[str, Record]) -> Proof:
    """Return the record of a proof; `controls` are the records of its trials' runs, by run."""
    faults = tuple(_fault(trial, controls.get(trial.run)) for trial in plan.trials)
    known = sum(fault.outcome == "known-miss" for fault in faults)
    ordered = _in_order(healthy, faults)
    seen = {name for fault in faults for name in fault.saw}
    named = {name for fault in faults for name in fault.trial.by}
    judged = [*(objective.name for objective in healthy.objectives), *_checked(healthy)]
    proof = Proof(
        plan=plan,
        verdict=_verdict(healthy.verdict, {fault.outcome for fault in faults}),
        healthy=healthy.verdict,
        healthy_says=healthy.sentence,
        faults=faults,
        caught=sum(fault.outcome == "caught" for fault in faults),
        counted=len(faults) - known,
        findings=tuple(name for name in ordered if name in seen | named),
        unproven=tuple(name for name in dict.fromkeys(judged) if name not in seen),
        says=(),
    )
    return proof.model_copy(update={"says": tuple(_says(proof))})


def _fault(trial: Trial, record: Record | None) -> FaultRow:
    if record is None:
        return FaultRow(trial=trial, verdict=None, outcome="not-run", says="No run was made.", saw=())
    control = record.control
    caught = control is not None and control.caught
    says = control.sentence if control else "Not caught: its run is no negative control."
    if record.verdict is Verdict.ABORTED:
        outcome: Outcome = "aborted"
        says = record.sentence
    elif caught:
        outcome = "caught"
    elif trial.known_miss:
        outcome = "known-miss"
    else:
        outcome = "inconclusive" if record.verdict is Verdict.INCONCLUSIVE else "missed"
    return FaultRow(trial=trial, verdict=record.verdict, outcome=outcome, says=says, saw=_saw(trial, record))


def _saw(trial: Trial, record: Record) -> tuple[str, ...]:
    statements = _statements(record)
    violated = [one.name for one in statements if one.state is State.VIOLATED]
    unknown = [one.name for one in statements if one.state is State.UNKNOWN and one.name in trial.by]
    return tuple(dict.fromkeys([*violated, *(unknown if trial.expected is Verdict.INCONCLUSIVE else [])]))


def _statements(record: Record) -> tuple[Finding | Objective, ...]:
    return (*record.objectives, *record.findings, *record.instrument)


def _verdict(healthy: Verdict, outcomes: set[Outcome]) -> Verdict:
    if healthy is not Verdict.PASS:
        return healthy
    if "missed" in outcomes:
        return Verdict.FAIL
    if outcomes & {"aborted", "not-run"}:
        return Verdict.ABORTED
    return Verdict.INCONCLUSIVE if "inconclusive" in outcomes else Verdict.PASS


def _in_order(healthy: Record, faults: Sequence[FaultRow]) -> list[str]:
    """Return the names of all findings, those of the healthy run first and in its order."""
    statements = _statements(healthy)
    others = [name for fault in faults for name in (*fault.trial.by, *fault.saw)]
    return list(dict.fromkeys([*(one.name for one in statements), *others]))


def _checked(record: Record) -> list[str]:
    """Return the findings that judge what was recovered: the checks', and those on the ledger's writes."""
    checks = {finding.name for check in record.checks for finding in check.findings}
    return [finding.name for finding in record.findings if finding.name in checks | INTEGRITY]


def _says(proof: Proof) -> Iterator[str]:
    """Yield what the proof shows, what it does not, and what was left out of the score."""
    share = f" ({proof.caught / proof.counted:.0%})" if proof.counted else ""
    yield (
        f"{proof.caught} of {counted(proof.counted, 'fault')} caught by the finding named for it{share}; "
        f"the healthy run is {proof.healthy}."
    )
    if proof.plan.ended_early:
        yield f"Ended early: {proof.plan.ended_early}."
    if proof.healthy is not Verdict.PASS:
        yield f"The healthy run shows what no fault is to blame for: {proof.healthy_says}"
    for fault in proof.faults:
        if fault.outcome == "known-miss":
            yield f"Known not to be caught, and not in the score: {fault.trial.fault}: {fault.trial.known_miss}"
        elif fault.trial.known_miss and fault.outcome == "caught":
            yield f"{fault.trial.fault} is listed as a known miss and was caught: take it off the list."
    if proof.unproven and any(fault.verdict for fault in proof.faults):
        yield f"No fault made these fail, so nothing shows that they can: {', '.join(proof.unproven)}."
