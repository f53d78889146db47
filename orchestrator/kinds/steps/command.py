"""The step `command`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

LAST_LINES = 3


class Command(Step):
    """Run a shell command inside a service's container.

    An exit code other than 0 fails the step, with the last lines that were printed.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "command: {service: db, as: postgres, run: pgbench -i -q -s 10}"

    service: str = Field(description="The service in whose container the command runs.")
    command: str = Field(alias="run", min_length=1, description="The command, as `sh -c` reads it.")
    as_user: str = Field(
        default="", alias="as", description="The user inside the container; the image's own by default."
    )

    def run(self, lab: Lab) -> str:
        """Run it and return where it ran; raises StepFailedError or StepTimedOutError."""
        argv = ("sh", "-c", self.command)
        done = lab.execute(self.service, argv, user=self.as_user, timeout_s=self.timeout)
        if done.exit_code:
            printed = lab.redact(done.output.encode()).decode().strip().splitlines()
            last_words = " | ".join(printed[-LAST_LINES:]) or "it printed nothing"
            raise StepFailedError(f"{self.service}: exit code {done.exit_code}: {last_words}")
        return f"ended with exit code 0 in {self.service}"
