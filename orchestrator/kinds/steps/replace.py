"""The step `replace`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepTimedOutError
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Replace(Step):
    """Make a service's container anew, with empty volumes in place of those that are gone, as new hardware would come.

    Volumes that still exist are kept. What still runs is stopped politely before, so that it can archive what it has;
    what is frozen is killed. The new container waits idle, so that a playbook can fill it before `start` runs the
    software: started on an empty volume, most images would make a new, empty, writable database.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "replace: db"

    service: str = Field(description="The service to make anew.")

    def run(self, lab: Lab) -> str:
        """Make it anew and return so; raises StepTimedOutError when it took longer than allowed."""
        began = lab.clock.monotonic_ns()
        lab.replace(self.service)
        if (took := (lab.clock.monotonic_ns() - began) / 1e9) > self.timeout:
            raise StepTimedOutError(
                f"{self.service}: made anew, but in {took:.1f} s where {self.timeout:g} s were allowed"
            )
        return f"{self.service} made anew; it waits idle"
