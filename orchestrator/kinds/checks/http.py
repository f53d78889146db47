"""The check `http`."""

from __future__ import annotations

import re
import socket
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, IncompleteRead
from threading import Event, Timer
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Check
from orchestrator.core.units import Duration, Pattern  # noqa: TC001 - pydantic reads them
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

LARGEST = 2**20
"""So much of a body is read."""


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
            status, body = self._get(address)
        except TimeoutError:
            return [self._finding(State.VIOLATED, f"no answer within {self.within:g} s", {})]
        except HTTPException as error:
            return [self._finding(State.VIOLATED, f"the answer is no HTTP: {type(error).__name__}", {})]
        except OSError as error:
            return [self._finding(State.VIOLATED, f"no answer: {error.strerror}", {})]
        return [self._judged(status, body)]

    def _get(self, address: str) -> tuple[int, bytes]:
        """Return status and body; raises TimeoutError, OSError or HTTPException."""
        with closing(HTTPConnection(address, self.port, timeout=self.within)) as connection:
            connection.connect()
            with _no_longer_than(self.within, connection.sock):
                connection.request("GET", self.path, headers={"Connection": "close"})
                answer = connection.getresponse()
                body = answer.read(LARGEST)
                # Asked for so many bytes, the library takes fewer than were announced for an answer.
                if answer.length and len(body) < LARGEST:
                    raise IncompleteRead(body, answer.length)
                return answer.status, body

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


@contextmanager
def _no_longer_than(seconds: float, connection: socket.socket) -> Iterator[None]:
    """Hang up after so long: a connection's own timeout is of each read, and an answer that drips is never late."""
    passed = Event()

    def hang_up() -> None:
        passed.set()
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    late = Timer(seconds, hang_up)
    late.start()
    try:
        yield
    finally:
        late.cancel()
        # Whatever a torn answer looks like.
        if passed.is_set():
            raise TimeoutError
