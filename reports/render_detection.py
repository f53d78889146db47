"""The record of a proof as plain text for a terminal, and as one HTML page with the detection matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.page import page
from reports.words import counted, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.detection import FaultRow, Outcome, Proof

TONES: dict[Outcome, str] = {
    "caught": "held",
    "known-miss": "neutral",
    "missed": "violated",
    "inconclusive": "unknown",
    "aborted": "neutral",
    "not-run": "neutral",
}


def text(proof: Proof) -> str:
    """Return the proof as plain text without colour codes."""
    blocks = ("\n".join(plain(line) for line in section) for section in (_head(proof), _matrix(proof), proof.says))
    return "\n\n".join(block for block in blocks if block) + "\n"


def html(proof: Proof) -> str:
    """Return the proof as one self-contained HTML page, beside the folder of its healthy run."""
    return page("detection.html", f"Proof {proof.plan.proof}", proof=proof, tones=TONES)


def _head(proof: Proof) -> Iterator[str]:
    yield f"{proof.verdict}: {proof.caught} of {counted(proof.counted, 'fault')} caught in {proof.plan.drill}"
    yield f"{proof.plan.title}; proof {proof.plan.proof}"


def _matrix(proof: Proof) -> Iterator[str]:
    """Yield a line for each fault: what came of it, by what, and which other findings saw it."""
    if not proof.faults:
        return
    names = max(len("Fault"), *(len(row.trial.fault) for row in proof.faults))
    named = max(len("by"), *(len(_by(row)) for row in proof.faults))
    yield f"{'Fault':<{names}}  {'':<12}  {'by':<{named}}  also seen by"
    for row in proof.faults:
        also = ", ".join(name for name in row.saw if row.cell(name) == "also")
        yield f"{row.trial.fault:<{names}}  {row.outcome:<12}  {_by(row):<{named}}  {also}".rstrip()
    for row in proof.faults:
        if row.outcome != "caught":
            yield f"{row.trial.fault}: {row.says}"


def _by(row: FaultRow) -> str:
    return ", ".join(row.trial.by)
