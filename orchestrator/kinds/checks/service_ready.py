"""The check `service-ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class ServiceReady(Check):
    """Log in to a service as the application does, and see that it would not refuse writes and which version it is.

    Of any type of service; a web application has to answer its front page without an error. No write is waited for:
    what keeps one from being committed, such as a full disk or a standby that does not answer, need not show. Proves
    nothing of what the service holds: a new, empty one is ready too.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "service-ready: {service: db, version: '15'}"
    proves: ClassVar[str] = "The services take the application's login, and none of them only reads."
    not_proven: ClassVar[tuple[str, ...]] = (
        "The application itself is ready: only its services were asked.",
        "A write is committed: service-ready waits for none; a ledger does, and so does postgres-writable.",
    )

    service: str = Field(description="The service to ask.")
    version: str | None = Field(default=None, min_length=1, description="How its version must begin, such as '15'.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until it must be ready.")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask until it is ready; violated with what was seen last, or with another version."""
        try:
            software = lab.software(self.service)
            lab.wait_ready(self.service, self.within, history=not software.keeps_data)
            version = software.version(lab.access(self.service))
        except (NotReadyError, StepFailedError) as error:
            says = error.message.removeprefix(f"{self.service}: ")
            return [self._finding(State.VIOLATED, says, {})]
        seen = {"version": version}
        if self.version is not None and not _begins(version, self.version):
            return [self._finding(State.VIOLATED, f"its version is {version}, not {self.version}", seen)]
        return [self._finding(State.HELD, f"ready, version {version}", seen)]

    def _finding(self, state: State, says: str, seen: dict[str, str]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)


def _begins(version: str, wanted: str) -> bool:
    """Return whether a version begins with all of another: 15 begins 15.2, not 150."""
    return version.startswith(wanted) and not version[len(wanted) : len(wanted) + 1].isdecimal()
