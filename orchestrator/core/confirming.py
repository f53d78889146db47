"""Harm of a drill's own, confirmed by a question of its own: no before, yes after."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


def answers_true(lab: Lab, service: str, question: str, database: str | None) -> bool:
    """Return what a query of one boolean answers; raises StepFailedError when it fails or answers anything else."""
    match lab.sql(service, question, database):
        case [(bool(answer),)]:
            return answer
    raise StepFailedError(f"the confirming query returned no single boolean: {question}")


def compared(harm: str, *, before: bool, after: bool) -> tuple[bool, str]:
    """Return whether two answers show that the harm was done, and a sentence that says so."""
    if before:
        return False, f"what confirms the {harm} was true before it, so nothing shows that it was done"
    if not after:
        return False, f"what confirms the {harm} is not true after it"
    return True, f"what confirms the {harm} was false before it and is true after it"


class OwnSabotage(Sabotage):
    """A fault that the drill itself spells out, done when the drill says."""

    service: str = Field(description="The service that is spoilt.")
    chosen: Moment = Field(default=Moment.AFTER_RECOVERY, alias="moment", description="When the fault is put in.")

    @property
    def when(self) -> Moment:
        """Return what the drill says."""
        return self.chosen

    @abstractmethod
    def do(self, lab: Lab) -> None:
        """Put the fault in; raises StepFailedError."""

    @abstractmethod
    def is_there(self, lab: Lab) -> bool:
        """Return whether the fault is there; raises StepFailedError when that cannot be told."""

    def spoil(self, lab: Lab) -> Finding:
        """Look, put the fault in, and look again."""
        before = self.is_there(lab)
        self.do(lab)
        after = self.is_there(lab)
        matters, says = compared("sabotage", before=before, after=after)
        return self.confirmation(f"{self.service}: {says}", matters=matters, seen={"before": before, "after": after})
