"""A file service (nginx with WebDAV): how its container is configured, when it is ready, and what it says of itself."""

from __future__ import annotations

import json
import re
import socket
from base64 import b64encode
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, NotConnected, responses
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.instants import utc_text
from orchestrator.core.software_port import DataFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.errors import DrillmasterError
    from orchestrator.core.software_port import Access, Archiver

PASSWORD_FILE = "/run/secrets/files_password"  # noqa: S105 - a path, no password
ROOT = "/srv/files"
"""Where the files lie in the container."""
IDENTITY_FILE = f"{ROOT}/.identity"
"""What the image itself puts among them."""
OWN = "/drillmaster"
"""The drill's own folder in the service, which is nobody's data."""
LEDGER = f"{OWN}/ledger"
PROBE = f"{OWN}/probe"
IDENTITY, SETTINGS, TIME = "/-/identity", "/-/settings", "/-/time"

TIMEOUT_NS = 2_000_000_000
PAGE = 4096
CREATED, REPLACED, OK, ALREADY_THERE = 201, 204, 200, 405
MARKS = {
    "process-started": re.compile(r"nginx/"),
    "accepting-connections": re.compile(r"start worker process \d"),
}
LINE = re.compile(r"(?P<engine>\S+) .*\[notice\] \S+ (?P<message>.+)")


class StatusError(Exception):
    """A request was answered, and otherwise than it must be."""

    def __init__(self, method: str, path: str, status: int) -> None:
        super().__init__(f"{method} {path}: HTTP {status} {responses.get(status, '')}".rstrip())
        self.status = status


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    server: str
    body: bytes


class _Timed(socket.socket):
    """A socket each of whose waits ends at one moment: an answer that drips is late too."""

    deadline = 0

    def connect(self, address: Any) -> None:
        self._arm()
        super().connect(address)

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._arm()
        super().sendall(data, flags)

    def recv_into(self, *arguments: Any) -> int:
        self._arm()
        return super().recv_into(*arguments)

    def _arm(self) -> None:
        left_ns = self.deadline - monotonic_ns()
        if left_ns <= 0:
            raise TimeoutError("no answer within the deadline")
        self.settimeout(left_ns / 1e9)


class Store:
    """One connection to a file service. Deadlines are moments of the monotonic clock, in nanoseconds.

    Every verb but `close` raises OSError or HTTPException when no whole answer came in time.
    """

    def __init__(self, user: str, password: str) -> None:
        login = b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self._connection: HTTPConnection | None = None
        self._socket: _Timed | None = None

    def connect(self, endpoint: tuple[str, int], deadline: int) -> None:
        """Connect anew; nothing is asked yet."""
        self.close()
        self._connection = HTTPConnection(*endpoint)
        # Else a connection that the server ended would be made again in silence, to whoever is there then.
        self._connection.auto_open = 0
        self._connection.sock = self._socket = made = _Timed()
        made.deadline = deadline
        made.connect(endpoint)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def descriptor(self) -> int:
        """Return the socket's file descriptor, -1 when there is none."""
        return self._socket.fileno() if self._socket else -1

    def ask(self, method: str, path: str, deadline: int, body: bytes | None = None) -> Answer:
        """Ask, and return the answer, whatever its status."""
        connection = self._connection
        if connection is None or self._socket is None or connection.sock is None:
            raise NotConnected("not connected")
        self._socket.deadline = deadline
        connection.request(method, quote(path), body, self._headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheader("Server", ""), answer.read())

    def get(self, path: str, deadline: int) -> bytes:
        """Return a file, or the listing of a folder, whose path ends with a slash; raises StatusError."""
        answer = self.ask("GET", path, deadline)
        if answer.status != OK:
            raise StatusError("GET", path, answer.status)
        return answer.body

    def put(self, path: str, body: bytes, deadline: int) -> None:
        """Put a file, whole or not at all; raises StatusError."""
        status = self.ask("PUT", path, deadline, body).status
        if status not in {CREATED, REPLACED}:
            raise StatusError("PUT", path, status)

    def below(self, folder: str, deadline: Callable[[], int]) -> Iterator[str]:
        """Yield the path of each file below a folder, each folder listed when it is come to; raises StatusError."""
        for entry in json.loads(self.get(f"{folder}/", deadline())):
            path = f"{folder}/{entry['name']}"
            if entry["type"] == "directory":
                yield from self.below(path, deadline)
            else:
                yield path

    def close(self) -> None:
        """Drop the connection without waiting for anything; idempotent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._socket = None


class Files:
    """nginx with WebDAV in an image that takes its settings as arguments; one user, who may read and write all.

    It acknowledges a file before anything of it is flushed: who kills it loses nothing, a power cut what was written in
    the last half minute.
    """

    type = "files"
    port = 8080
    user = "files"
    database = ""
    target_step_us = 1
    numbers_for_booleans = False
    keeps_data = True

    def environment(self, service: Service) -> dict[str, str]:
        """Return what makes the image let the application's user in."""
        return {"FILES_USER": service.user, "FILES_PASSWORD_FILE": PASSWORD_FILE}

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the application's password and where it lies."""
        return {"password": PASSWORD_FILE}

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the server's command line: the service's own settings."""
        return ("serve", *(f"{name}={value}" for name, value in service.worded_settings.items()))

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when the application's user may write here and, with `history`, a file of the ledger's is there.

        A new, empty server takes writes too. Raises NotReadyError with what was seen.
        """
        with _asking(access, NotReadyError) as store:
            store.put(PROBE, b"", _soon())
            if history and next(store.below(LEDGER, _soon), None) is None:
                raise NotReadyError(f"it takes writes, but not on the files of before: {LEDGER} is empty")

    def version(self, access: Access) -> str:
        """Return nginx's version."""
        with _asking(access) as store:
            return store.ask("GET", IDENTITY, _soon()).server.partition("/")[2]

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return how often the files are backed up."""
        return {name: value for name, value in self.settings(access).items() if name == "back_up_every"}

    def settings(self, access: Access) -> dict[str, str]:
        """Return what the image was told; there are no secrets among it."""
        with _asking(access) as store:
            lines = store.get(SETTINGS, _soon()).decode().splitlines()
        return dict(sorted(line.split("=", 1) for line in lines))

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None: nothing is archived; what the backups are is known to their repository alone."""
        return None

    def prepare_ledger(self, access: Access) -> None:
        """Make the ledger's folder; raises StepFailedError, also when it is there already."""
        with _asking(access) as store:
            for folder, fine in ((OWN, {CREATED, ALREADY_THERE}), (LEDGER, {CREATED})):
                if (status := store.ask("MKCOL", f"{folder}/", _soon()).status) not in fine:
                    raise StatusError("MKCOL", folder, status)

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:  # noqa: ARG002
        """Raise StepFailedError: files are no statements."""
        raise StepFailedError("a file service runs no statements", hint="use the step `command`")

    def data_file(self, access: Access, relation: str) -> DataFile:
        """Return a file by its path in the service; raises StepFailedError when it is not there, or empty."""
        path = f"/{relation.lstrip('/')}"
        with _asking(access) as store:
            size = len(store.get(path, _soon()))
        if not size:
            raise StepFailedError(f"{relation}: it is empty")
        return DataFile(f"{ROOT}{path}", PAGE, -(-size // PAGE))

    def server_time(self, access: Access) -> str:
        """Return the server's clock in UTC, at a tick: it tells thousandths, and is asked until one begins."""
        with _asking(access) as store:
            first = now = store.get(TIME, _soon())
            while now == first:
                now = store.get(TIME, _soon())
        return datetime.fromtimestamp(float(now), UTC).isoformat(timespec="microseconds")

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return the marks of a log whose lines the container engine has stamped: nginx itself tells whole seconds."""
        return [
            (mark, utc_text(datetime.fromisoformat(line["engine"]).replace(tzinfo=UTC)))
            for line in filter(None, map(LINE.match, log.splitlines()))
            for mark, message in MARKS.items()
            if message.match(line["message"])
        ]


def says(error: Exception) -> str:
    """Return what came instead of an answer, in words."""
    if isinstance(error, OSError):
        return error.strerror or str(error) or "no answer within the deadline"
    return str(error) if isinstance(error, StatusError) else f"no whole answer: {type(error).__name__}"


@contextmanager
def _asking(access: Access, failure: type[DrillmasterError] = StepFailedError) -> Iterator[Store]:
    """Connect for a few requests; what goes wrong is raised as `failure`."""
    store = Store(access.user, access.password)
    try:
        store.connect((access.host, access.port), _soon())
        yield store
    except (StatusError, OSError, HTTPException) as error:
        raise failure(says(error)) from error
    finally:
        store.close()


def _soon() -> int:
    return monotonic_ns() + TIMEOUT_NS
