"""Redis over one socket that never blocks: every attempt ends at its deadline without a thread to watch it."""

from __future__ import annotations

import errno
import os
import select
import socket
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import hiredis

from orchestrator.ledger.clients import AttemptFailedError, Identity, numbered
from orchestrator.ledger.clients.sockets import reset_on_close, wait
from orchestrator.software.redis import HEAD, LEDGER, information

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.facts.ledger import Row

PACK: Callable[..., bytes] = hiredis.pack_command
CHUNK = 1000
"""Rows asked for at once when all are read back."""
RECEIVE = 65536
REJECTIONS = frozenset(
    {
        "BUSY",
        "CLUSTERDOWN",
        "LOADING",
        "MASTERDOWN",
        "MISCONF",
        "MOVED",
        "NOAUTH",
        "NOPERM",
        "NOREPLICAS",
        "OOM",
        "READONLY",
        "WRONGTYPE",
    }
)
"""How Redis says that it did not run a command. ERR is none of them: proxies say it of a server that fell silent."""


def failure(says: str) -> AttemptFailedError:
    """Return the failure that an error of the server is; its first word, the code, tells whether it is definite."""
    code = says.partition(" ")[0]
    return AttemptFailedError(says, sqlstate=code, definite=code in REJECTIONS)


def row_from(element: bytes) -> Row:
    """Return the row in an element of the ledger's list; raises AttemptFailedError when it is none of a ledger's."""
    try:
        writer, sequence, payload = map(int, element.split(b" "))
    except ValueError:
        raise AttemptFailedError("the list holds what no ledger writes", definite=True) from None
    return numbered(writer, sequence, payload, "list")


class RedisClient:
    """A Client of Redis 6 or newer."""

    def __init__(self, *, user: str, database: str, password: str) -> None:
        self._login = (("AUTH", user, password), ("SELECT", database))
        self._open: socket.socket | None = None
        self._reader = hiredis.Reader()

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Connect, and ask for the history that the data follow and for the process; raises while it is loading.

        Redis tells no moment of its start, and after each start calls itself by another random `run_id`.
        """
        self._open = connection = socket.socket()
        self._reader = hiredis.Reader()
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reset_on_close(connection.fileno())
        try:
            began = connection.connect_ex(endpoint)
        except OSError as error:  # a name that cannot be resolved
            raise AttemptFailedError(f"cannot connect: {error.strerror}") from error
        if began == errno.EINPROGRESS:
            wait(connection.fileno(), select.POLLOUT, deadline)
            began = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if began:
            raise AttemptFailedError(f"cannot connect: {os.strerror(began)}")
        says = information(self._ask(deadline, *self._login, ("INFO",))[-1].decode(errors="replace"))
        if says["loading"] != "0":
            raise AttemptFailedError("it is loading its data", sqlstate="LOADING")
        # A promoted replica goes on as the same process, and its history parts from the old one at an offset.
        return Identity(says["master_replid"], int(says["second_repl_offset"]) + 1, says["run_id"])

    def write(self, row: Row, deadline: int) -> int:
        """Append one row to the list, which must be there; Redis tells no position in its log."""
        (length,) = self._ask(deadline, ("RPUSHX", LEDGER, b"%d %d %d" % row))
        if not length:
            raise AttemptFailedError("the ledger's list is gone", definite=True)
        return 0

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Read the first row."""
        if self._ask(deadline, ("LINDEX", LEDGER, 1)) == [None] and expect_row:
            raise AttemptFailedError("the list is empty", definite=True)

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Read the list from its first element to its last, CHUNK at a time."""
        at = 0
        while True:
            (elements,) = self._ask(monotonic_ns() + patience_ns, ("LRANGE", LEDGER, at, at + CHUNK - 1))
            for element in elements:
                if element != HEAD.encode():
                    keep(row_from(element))
            if len(elements) < CHUNK:
                break
            at += CHUNK
        if not at and not elements:
            raise AttemptFailedError("the ledger's list is gone", definite=True)
        return None

    def close(self) -> None:
        """Close the socket; what the server was about to do, it may still do."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _ask(self, deadline: int, *commands: tuple[str | int | bytes, ...]) -> list[Any]:
        """Send commands together and return their replies; raises AttemptFailedError for the first that is an error."""
        if self._open is None:
            raise AttemptFailedError("not connected")
        try:
            self._send(self._open, b"".join(map(PACK, commands)), deadline)
            replies = [self._reply(self._open, deadline) for _ in commands]
        except OSError as error:
            raise AttemptFailedError(f"the connection broke: {error.strerror}") from error
        except hiredis.ProtocolError:
            raise AttemptFailedError("what answers is no Redis") from None
        for reply in replies:
            if isinstance(reply, hiredis.ReplyError):
                raise failure(str(reply))
        return replies

    @staticmethod
    def _send(connection: socket.socket, message: bytes, deadline: int) -> None:
        while message:
            wait(connection.fileno(), select.POLLOUT, deadline)
            message = message[connection.send(message) :]

    def _reply(self, connection: socket.socket, deadline: int) -> Any:
        while (reply := self._reader.gets()) is False:
            wait(connection.fileno(), select.POLLIN, deadline)
            if not (received := connection.recv(RECEIVE)):
                raise AttemptFailedError("the server ended the connection")
            self._reader.feed(received)
        return reply
