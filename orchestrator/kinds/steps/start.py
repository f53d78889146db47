"""The step `start`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Start(Step):
    """Bring a service back as declared, and wait until it takes the application's writes on the data of before.

    Its own command runs, on the lab's network: one that was cut off is joined to it again, a frozen one is killed
    first, as by the operator's reset button. A server that merely answers is not enough: it must be out of recovery,
    and the ledger's rows must be in it. A standby never is: with `wait: false` it is left to the next playbook to see
    that it follows.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "start: db"

    service: str = Field(description="The service to start.")
    wait: bool = Field(default=True, description="Whether to wait until it takes writes; a standby takes none.")

    def run(self, lab: Lab) -> str:
        """Start it and return how long it took to be ready; raises StepFailedError or StepTimedOutError."""
        if not self.wait:
            lab.launch(self.service)
            return f"{self.service} was started"
        began = lab.clock.monotonic_ns()
        try:
            lab.start(self.service, self.timeout)
        except NotReadyError as error:
            # A container that still runs was waited for in vain; one that ended has failed.
            failure = StepTimedOutError if lab.is_running(self.service) else StepFailedError
            raise failure(error.message, hint=error.hint) from error
        return f"{self.service} was ready after {(lab.clock.monotonic_ns() - began) / 1e9:.2f} s"
