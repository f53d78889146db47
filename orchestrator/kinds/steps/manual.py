"""The step `manual`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Manual(Step):
    """Ask a person to do something by hand, and wait until it is confirmed.

    The wait counts towards the RTO: people are part of a recovery. Refused, unanswered in time, or nobody there to be
    asked: the step fails.
    """

    main: ClassVar[str] = "instructions"
    example: ClassVar[str] = "manual: Call the storage team and have the standby array promoted"

    by_people: ClassVar[bool] = True

    instructions: str = Field(min_length=1, description="What the person is to do, in words.")

    def run(self, lab: Lab) -> str:
        """Ask and wait; raises StepFailedError when it was not confirmed."""
        if not lab.ports.person.confirm(self.instructions, self.timeout):
            raise StepFailedError(
                f"not confirmed by a person within {self.timeout:g} s: {self.instructions}",
                hint="run it on a terminal, or with --assume-manual to rehearse without people",
            )
        return "confirmed by a person"
