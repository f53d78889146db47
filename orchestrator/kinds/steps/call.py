"""The step `call`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.core.kind import Step
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import ContactCalled
from reports.words import duration

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Call(Step):
    """Call people in order until one of them answers: the escalation, rehearsed, each answer timed.

    Somebody at the terminal calls for real and types `done` when the person called has answered; any other line, or no
    line within `each`, and the next one is called. The wait counts towards the RTO. Nobody answers: the step fails.
    """

    main: ClassVar[str] = "about"
    example: ClassVar[str] = "call: {about: The orders database is gone, contacts: [on-call DBA, head of operations]}"

    by_people: ClassVar[bool] = True

    about: str = Field(min_length=1, description="What they are told.")
    contacts: tuple[str, ...] = Field(
        min_length=1, description="Who is called, in order: roles, not names, for these stand in the evidence."
    )
    each: Duration = Field(default=300.0, gt=0, description="How long to wait for each one's answer.")
    timeout: Duration = Field(default=3600.0, gt=0, description="Longest time for all of them together.")

    def run(self, lab: Lab) -> str:
        """Call them and return who answered when; raises StepFailedError when nobody did, or StepTimedOutError."""
        called: list[str] = []
        deadline = lab.clock.monotonic_ns() + int(self.timeout * 1e9)
        for contact in self.contacts:
            began = lab.clock.now()
            left = (deadline - began.monotonic_ns) / 1e9
            if left <= 0:
                raise StepTimedOutError("; ".join([*called, f"{duration(self.timeout)} were over before {contact}"]))
            answered = lab.ports.person.confirm(f"Call {contact}: {self.about}", min(self.each, left))
            fact = ContactCalled(
                contact=contact, about=self.about, began=began, ended=lab.clock.now(), answered=answered
            )
            lab.ports.journal.append(fact)
            took = duration((fact.ended.monotonic_ns - began.monotonic_ns) / 1e9)
            if answered:
                return "; ".join([*called, f"{contact} answered after {took}"])
            called.append(f"{contact} gave no answer within {took}")
        raise StepFailedError(
            "; ".join(called), hint="run it on a terminal, or with --assume-manual to rehearse without people"
        )
