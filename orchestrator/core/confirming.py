"""Harm of a drill's own, confirmed by a question of its own: no before, yes after."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Disaster, Moment, Sabotage
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


def answers_true(lab: Lab, service: str, question: str, database: str | None) -> bool:
    """Return what a query of one boolean answers; raises StepFailedError when it fails or answers anything else."""
    match lab.sql(service, question, database):
        case [(bool() as answer,)]:
            return answer
        case [(0 | 1 as answer,)] if lab.software(service).numbers_for_booleans:
            return bool(answer)
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


class OwnDamage(Disaster):
    """Damage that the drill itself spells out; the service stays up."""

    stays_up: ClassVar[bool] = True
    not_proven: ClassVar[tuple[str, ...]] = (
        "That anybody but the drill would notice such damage: it knows what to look for, and when.",
    )

    service: str = Field(description="The service that is damaged, or through which the damage is done.")

    @abstractmethod
    def do(self, lab: Lab) -> str:
        """Damage, and return what was done; raises StepFailedError."""

    @abstractmethod
    def is_there(self, lab: Lab) -> bool:
        """Return whether the damage is there; raises StepFailedError when that cannot be told."""

    def inject(self, lab: Lab) -> str:
        """Look, damage, and return what was done; raises StepFailedError."""
        before = self.is_there(lab)
        lab.remember(self.memory, self.service, before, f"before the damage, what confirms it was {before}")
        return self.do(lab)

    def confirm(self, lab: Lab) -> Finding:
        """Held if what confirms the damage is true and was not before; unknown if that cannot be told."""
        before = lab.remembered(self.memory, self.service)
        try:
            after = self.is_there(lab)
        except StepFailedError as error:
            return self._finding(State.UNKNOWN, f"cannot tell: {error.message}", {"before": before})
        done, says = compared("damage", before=before, after=after)
        return self._finding(State.HELD if done else State.VIOLATED, says, {"before": before, "after": after})

    def _finding(self, state: State, says: str, seen: dict[str, bool | None]) -> Finding:
        return Finding(name="disaster-confirmed", state=state, says=f"{self.service}: {says}", seen=seen)
