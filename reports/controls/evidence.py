"""What record groups and conditions are made of, and what several of them read in a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.names import INTEGRITY, parted
from reports.facts.values import Finding, Outcome, Phase, State, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.controls.context import RunContext
    from reports.measures import Objective
    from reports.record import Record, StepRow

PROCEDURES = {"playbook", "command", "sql"}
"""Kinds of steps that can bring data back; the others only make or start a service."""
JUDGED = {Verdict.PASS, Verdict.FAIL}


@dataclass(frozen=True)
class Question:
    """A record group or a condition: what it is about, and the answer for a run."""

    about: str
    why_not: Callable[[RunContext], str | None]
    """None if the run's evidence has it, else why not, in one sentence."""


def finding(record: Record, name: str) -> Finding | None:
    """Return the finding of a name, or None."""
    return next((found for found in record.findings if found.name == name), None)


def why_not_held(record: Record, name: str, missing: str) -> str | None:
    """Return None if a finding is held, else what it says, or `missing` where there is none."""
    found = finding(record, name)
    if found is None:
        return missing
    return None if found.state == State.HELD else found.says


def objective(record: Record, name: str) -> Objective | None:
    """Return the objective of a name if something was promised, or None."""
    return next((one for one in record.objectives if one.name == name and one.objective_s is not None), None)


def steps(record: Record, phase: Phase) -> list[StepRow]:
    """Return a phase's steps that ended well."""
    return [step for step in record.steps if step.phase == phase and step.outcome == Outcome.OK]


def comparisons(record: Record) -> list[Finding]:
    """Return what was said of restored content: by checks of content, and of the ledger's writes one by one."""
    content = [found for check in record.checks if check.kind.endswith("-content") for found in check.findings]
    return content + [found for found in record.findings if parted(found.name)[1] in INTEGRITY]
