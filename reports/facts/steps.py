"""Facts of what was done: the phases of a run, their steps, and the tasks within a step."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from reports.facts.values import Fact, Instant, Outcome, Phase


class PhaseStarted(Fact):
    """A phase began."""

    event: Literal["phase-started"] = "phase-started"
    phase: Phase


class PhaseFinished(Fact):
    """A phase ended; `says` names the cause when it did not end well."""

    event: Literal["phase-finished"] = "phase-finished"
    phase: Phase
    outcome: Outcome
    says: str = ""


class StepFinished(Fact):
    """One step of a phase, with its own start and end."""

    event: Literal["step-finished"] = "step-finished"
    phase: Phase
    tier: str = Field(default="", description="The tier that it recovers; empty: the recovery has none.")
    number: int = Field(description="1 for the phase's first step.")
    kind: str
    title: str
    started: Instant
    finished: Instant
    outcome: Outcome
    says: str = ""


class TaskFinished(Fact):
    """One Ansible task within the step `number` of `phase`."""

    event: Literal["task-finished"] = "task-finished"
    phase: Phase
    number: int
    task: str
    service: str
    outcome: Outcome
    started: Instant
    finished: Instant
    says: str = ""


class FactsHandedBack(Fact):
    """Facts a playbook returned with `set_stats`."""

    event: Literal["facts-handed-back"] = "facts-handed-back"
    facts: dict[str, Any]
