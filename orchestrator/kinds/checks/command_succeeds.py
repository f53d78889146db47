"""The check `command-succeeds`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration, Pattern  # noqa: TC001 - pydantic reads them
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.docker_port import Completed
    from orchestrator.core.lab import Lab

NO_SUCH_COMMAND = 127


class CommandSucceeds(Check):
    """Run a shell command in a service's container: its exit code, and what it prints, must be as expected.

    It runs once before the disaster too: one that was there then and is not there now did not come back, and one that
    never was there tells nothing: unknown. Proves what the command looks at, no more. What it printed is kept out of
    the evidence.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "command-succeeds: {service: db, run: pgbackrest --stanza=main check, as: postgres}"
    proves: ClassVar[str] = "The commands run in the recovered services ended and printed as expected."

    service: str = Field(description="The service in whose container the command runs.")
    command: str = Field(alias="run", min_length=1, description="The command, as `sh -c` reads it.")
    as_user: str = Field(
        default="", alias="as", description="The user inside the container; the image's own by default."
    )
    exit_code: int = Field(default=0, ge=0, le=255, description="The exit code it must end with.")
    prints: Pattern | None = Field(default=None, description="A regular expression that must match what it prints.")
    within: Duration = Field(default=60.0, gt=0, description="Longest time it may take.")

    def remember(self, lab: Lab) -> None:
        """Run it, to see whether it is there; raises StepFailedError."""
        there = self._run(lab).exit_code != NO_SUCH_COMMAND
        lab.remember(self.memory, self.service, there, f"the command is {'there' if there else 'not there'}")

    def look(self, lab: Lab) -> list[Finding]:
        """Run it; violated if it ends otherwise, prints something else, takes longer or has no container to run in."""
        try:
            done = self._run(lab)
        except StepFailedError as error:
            return [self._finding(State.VIOLATED, error.message)]
        if done.exit_code == NO_SUCH_COMMAND != self.exit_code:
            if lab.remembered(self.memory, self.service):
                return [self._finding(State.VIOLATED, "the command was there before the disaster, and is no more")]
            return [self._finding(State.UNKNOWN, "the container has no such command")]
        if done.exit_code != self.exit_code:
            return [self._finding(State.VIOLATED, f"exit code {done.exit_code}, not {self.exit_code}")]
        if self.prints is not None and not re.search(self.prints, done.output):
            return [self._finding(State.VIOLATED, f"what it printed does not match {self.prints!r}")]
        return [self._finding(State.HELD, f"exit code {done.exit_code}, as expected")]

    def _run(self, lab: Lab) -> Completed:
        return lab.execute(self.service, ("sh", "-c", self.command), user=self.as_user, timeout_s=self.within)

    def _finding(self, state: State, says: str) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}: {self.command}")
