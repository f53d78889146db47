"""The check `http`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration, Pattern  # noqa: TC001 - pydantic reads them
from orchestrator.software.web import get
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Http(Check):
    """Get a page from a service over HTTP: its status, and its body, must be as expected.

    Asked from the engine's machine at the service's address on the lab's network. A redirect is an answer and is not
    followed. What the body held is kept out of the evidence. Proves that this page was there, no more.
    """

    main: ClassVar[str] = "path"
    example: ClassVar[str] = "http: {service: web, port: 8080, path: /health, body: ok}"
    proves: ClassVar[str] = "The pages asked for were answered as expected."

    service: str = Field(description="The service to ask.")
    port: int = Field(default=80, ge=1, le=65535, description="The port it listens on.")
    path: str = Field(default="/", pattern=r"^/[!-~]*$", description="The path, beginning with /, URL-encoded.")
    status: int = Field(default=200, ge=100, le=599, description="The status it must answer with.")
    body: Pattern | None = Field(
        default=None, description="A regular expression that must match in the first MiB of the body."
    )
    within: Duration = Field(default=5.0, gt=0, description="Longest time to connect, and as long for the answer.")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask; violated if nothing, something that is no HTTP, or another status or body is answered."""
        address = lab.address(self.service)
        if address is None:
            return [self._finding(State.VIOLATED, "its container is not running", {})]
        try:
            page = get(address, self.port, self.path, self.within)
        except NotReadyError as error:
            return [self._finding(State.VIOLATED, error.message, {})]
        return [self._judged(page.status, page.body)]

    def _judged(self, status: int, body: bytes) -> Finding:
        seen = {"status": status, "bytes": len(body)}
        if status != self.status:
            return self._finding(State.VIOLATED, f"answered {status}, not {self.status}", seen)
        if self.body is not None and not re.search(self.body, body.decode(errors="replace")):
            return self._finding(State.VIOLATED, f"its body does not match {self.body!r}", seen)
        return self._finding(State.HELD, f"answered {status}, as expected", seen)

    def _finding(self, state: State, says: str, seen: dict[str, int]) -> Finding:
        return Finding(
            name=self.kind, state=state, says=f"{self.service}: {says}: port {self.port}, {self.path}", seen=seen
        )
