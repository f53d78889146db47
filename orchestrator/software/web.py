"""A web application: how it is asked for a page, and when it is ready. What it keeps lies in other services."""

from __future__ import annotations

import socket
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage, IncompleteRead
from threading import Event, Timer
from typing import TYPE_CHECKING

from orchestrator.core.errors import NotReadyError, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.software_port import Access, Archiver, DataFile

LARGEST = 2**20
"""So much of a body is read."""
PROBE_TIMEOUT_S = 2.0
SERVER_ERROR = 500
NO_DATA = "a web application keeps no data of its own: ask the service that does"


@dataclass(frozen=True)
class Page:
    """An answer over HTTP."""

    status: int
    headers: HTTPMessage
    body: bytes
    """The first MiB of it."""


def get(host: str, port: int, path: str, within_s: float) -> Page:
    """Ask for a page on a connection of its own; a redirect is an answer and is not followed.

    `within_s` is the longest time to connect, and as long again for the whole answer. Raises NotReadyError with what
    was seen in place of an answer.
    """
    try:
        with closing(HTTPConnection(host, port, timeout=within_s)) as connection:
            connection.connect()
            with _no_longer_than(within_s, connection.sock):
                connection.request("GET", path, headers={"Connection": "close"})
                answer = connection.getresponse()
                body = answer.read(LARGEST)
                # Asked for so many bytes, the library takes fewer than were announced for an answer.
                if answer.length and len(body) < LARGEST:
                    raise IncompleteRead(body, answer.length)
                return Page(answer.status, answer.headers, body)
    except TimeoutError:
        raise NotReadyError(f"no answer within {within_s:g} s") from None
    except HTTPException as error:
        raise NotReadyError(f"the answer is no HTTP: {type(error).__name__}") from None
    except OSError as error:
        raise NotReadyError(f"no answer: {error.strerror}") from None


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


class Web:
    """A web application in an image that serves HTTP on port 80; a service's settings are its environment."""

    type = "web"
    port = 80
    user = ""
    database = ""
    target_step_us = 1_000_000
    numbers_for_booleans = False
    keeps_data = False

    def environment(self, service: Service) -> dict[str, str]:
        """Return the service's settings: applications are configured by their environment."""
        return {name: _text(value) for name, value in service.settings.items()}

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return a secret of its own, to sign with; passwords of others come with `uses`."""
        return {"secret_key": "/run/secrets/secret_key"}

    def command(self, service: Service) -> tuple[str, ...]:  # noqa: ARG002 - the port's signature
        """Return nothing: the image's own command is right."""
        return ()

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when its front page is answered; with `history`, only if that is no error of the server's.

        Before there is any data an application may rightly answer that it cannot serve. Raises NotReadyError with what
        was seen.
        """
        page = get(access.host, access.port, "/", PROBE_TIMEOUT_S)
        if history and page.status >= SERVER_ERROR:
            raise NotReadyError(f"its front page is answered with {page.status}")

    def version(self, access: Access) -> str:
        """Return what serves it, in its own words."""
        return get(access.host, access.port, "/", PROBE_TIMEOUT_S).headers.get("Server", "unknown")

    def bounding_settings(self, access: Access) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return nothing: it keeps nothing that could be lost."""
        return {}

    def settings(self, access: Access) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return nothing: HTTP has no question for it."""
        return {}

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None: no archiving."""
        return None

    def prepare_ledger(self, access: Access) -> None:  # noqa: ARG002 - the port's signature
        """Raise StepFailedError: nothing can be written into it."""
        raise StepFailedError(NO_DATA)

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:  # noqa: ARG002
        """Raise StepFailedError: it takes no statements."""
        raise StepFailedError(NO_DATA)

    def data_file(self, access: Access, relation: str) -> DataFile:  # noqa: ARG002 - the port's signature
        """Raise StepFailedError: it has no such file."""
        raise StepFailedError(NO_DATA)

    def server_time(self, access: Access) -> str:  # noqa: ARG002 - the port's signature
        """Raise StepFailedError: HTTP tells it in whole seconds only, and nothing here goes back to a moment."""
        raise StepFailedError(NO_DATA)

    def server_marks(self, log: str) -> list[tuple[str, str]]:  # noqa: ARG002 - the port's signature
        """Return none: there is no log that all applications write."""
        return []


def _text(value: str | float | bool) -> str:  # noqa: FBT001 - the value of a setting
    return str(value).lower() if isinstance(value, bool) else str(value)
