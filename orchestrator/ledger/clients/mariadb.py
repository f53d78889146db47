"""MariaDB through PyMySQL on a socket of our own: every attempt ends at its deadline without a thread to watch it."""

from __future__ import annotations

import os
import select
import socket
from contextlib import contextmanager
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import SSCursor

from orchestrator.ledger.clients import AttemptFailedError, Identity, as_row
from orchestrator.ledger.clients.sockets import reset_on_close, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reports.facts.ledger import Row

# A server tells its start by how long ago it was, in whole seconds from the statement's own time: the difference of the
# two is the same at each connect. A recovered one runs in a new container, or began at another second.
WHO = """
SELECT CONCAT(@@server_id, '@', @@hostname), @@gtid_domain_id,
       DATE_FORMAT(TIMESTAMPADD(SECOND, UNIX_TIMESTAMP() - VARIABLE_VALUE, '1970-01-01'), '%Y-%m-%dT%H:%i:%sZ')
FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'
"""
INSERT = "INSERT INTO drillmaster_ledger VALUES ({}, {}, {})"
READ = "SELECT writer FROM drillmaster_ledger LIMIT 1"
# No index holds every column: the server must read the table itself.
READ_ALL = "SELECT * FROM drillmaster_ledger"

NO_DATA, LOST = "02000", "08"
DOUBTFUL = frozenset(
    {
        1026,  # the binlog could not be written
        1053,  # the server goes down
        1152,  # it gives this connection up
        1180,  # it failed within the commit
        1184,  # it gives this connection up
        1598,  # the binlog could not be written
        1927,  # somebody ended this connection
    }
)
"""Errors after which the write may or may not be there."""


def is_definite(code: int, sqlstate: str) -> bool:
    """Return whether an error is the server's definite no: neither a lost connection nor a failure within the commit.

    What the driver itself says, rather than the server, comes without an SQLSTATE.
    """
    return bool(sqlstate) and not sqlstate.startswith(LOST) and code not in DOUBTFUL


class MariadbClient:
    """A Client of MariaDB 10.6 or newer."""

    def __init__(self, *, user: str, database: str, password: str) -> None:
        self._user, self._database, self._password = user, database, password
        self._open: tuple[_Socket, pymysql.Connection[Any]] | None = None

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Connect, and ask for server id, host name, GTID domain and the server's start."""
        session = pymysql.Connection(
            user=self._user,
            database=self._database,
            password=self._password,
            autocommit=True,
            defer_connect=True,
            ssl_disabled=True,  # encryption would put another socket in the place of ours
        )
        connection = _Socket(deadline)
        self._open = (connection, session)
        connection.open(endpoint)
        with _failures():
            session.connect(connection)
            [(system, domain, started)] = self._ask(WHO, deadline)
        return Identity(system, int(domain), started)

    def write(self, row: Row, deadline: int) -> int:
        """Insert one row; its position in the binlog would be another question to the server: unknown."""
        with _failures():
            self._ask(INSERT.format(*row), deadline)
        return 0

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Read any one row."""
        with _failures():
            rows = self._ask(READ, deadline)
        if expect_row and not rows:
            raise AttemptFailedError("the table is empty", sqlstate=NO_DATA, definite=True)

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Read the whole table, row by row as the server finds them; there is no position."""
        connection, session = self._connection
        with _failures(), session.cursor(SSCursor) as cursor:
            connection.deadline = monotonic_ns() + patience_ns
            cursor.execute(READ_ALL)
            while (values := cursor.fetchone()) is not None:
                keep(as_row(values))
                connection.deadline = monotonic_ns() + patience_ns
        return None

    def close(self) -> None:
        """Close the socket; what the server was about to do, it may still do."""
        if self._open is not None:
            self._open[0].drop()
            self._open = None

    @property
    def _connection(self) -> tuple[_Socket, pymysql.Connection[Any]]:
        if self._open is None:
            raise AttemptFailedError("not connected")
        return self._open

    def _ask(self, statement: str, deadline: int) -> Sequence[tuple[Any, ...]]:
        connection, session = self._connection
        connection.deadline = deadline
        with session.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else ()


class _Socket(socket.socket):
    """A socket on which everything ends at `deadline`, whatever times its user sets."""

    def __init__(self, deadline: int) -> None:
        super().__init__()
        self.deadline = deadline

    def open(self, endpoint: tuple[str, int]) -> None:
        """Connect; raises AttemptFailedError."""
        super().settimeout(0)
        try:
            self.connect_ex(endpoint)
        except OSError as unresolved:
            raise AttemptFailedError(f"cannot connect: {unresolved.strerror}") from unresolved
        wait(self.fileno(), select.POLLOUT, self.deadline)
        if error := self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise AttemptFailedError(os.strerror(error))
        super().settimeout(None)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reset_on_close(self.fileno())

    def settimeout(self, value: float | None) -> None:
        """Do nothing: the driver's timeouts begin anew with every packet."""

    def recv_into(self, *arguments: Any) -> int:
        """Receive once something is there; raises AttemptFailedError past the deadline."""
        wait(self.fileno(), select.POLLIN, self.deadline)
        return super().recv_into(*arguments)

    def sendall(self, *arguments: Any) -> None:
        """Send, once the kernel has room: statements are shorter than that room; raises AttemptFailedError."""
        wait(self.fileno(), select.POLLOUT, self.deadline)
        super().sendall(*arguments)

    def drop(self) -> None:
        """Close it at once, though the driver still holds it; idempotent."""
        if (descriptor := self.detach()) >= 0:
            os.close(descriptor)


@contextmanager
def _failures() -> Iterator[None]:
    """Tell the driver's errors as failed attempts, with the server's own words."""
    try:
        yield
    except pymysql.MySQLError as error:
        code, says = (*error.args, 0, "")[:2]
        sqlstate = getattr(error, "sqlstate", None) or ""
        says = " ".join(f"{says} ({code})".split())
        raise AttemptFailedError(says, sqlstate=sqlstate, definite=is_definite(code, sqlstate)) from None
