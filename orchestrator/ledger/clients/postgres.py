"""PostgreSQL through libpq, never blocking: every attempt ends at its deadline without a thread to watch it."""

from __future__ import annotations

import select
from time import monotonic_ns
from typing import TYPE_CHECKING

from psycopg import OperationalError, pq
from psycopg.conninfo import make_conninfo
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, PollingStatus

from orchestrator.ledger.clients import AttemptFailedError, Identity, as_row
from orchestrator.ledger.clients.sockets import reset_on_close, wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGconn, PGresult

    from reports.facts.ledger import Row

# pg_control_checkpoint() tells the old timeline until the first checkpoint after a promotion; the WAL's name does not.
WHO = b"""
SELECT system_identifier,
       CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END,
       to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM pg_control_system()
"""
# The transaction's id is for observers on the wire: with it they find the commit in the server's log.
INSERT = b"""
INSERT INTO drillmaster.ledger VALUES ($1::smallint, $2::bigint, $3::bigint)
RETURNING (pg_current_wal_insert_lsn() - '0/0')::bigint, pg_current_xact_id()::text
"""
READ = b"SELECT writer FROM drillmaster.ledger LIMIT 1"
# An index may be damaged, or lack what the table holds; and a scan that joins another one begins in the middle.
SEQUENTIAL = b"""
SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;
SET max_parallel_workers_per_gather = 0; SET synchronize_seqscans = off
"""
POSITION = b"SELECT CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_lsn() - '0/0')::bigint END"
READ_ALL = b"COPY (SELECT * FROM drillmaster.ledger) TO STDOUT"

APPLICATION = "drillmaster-ledger"
INSERT_NAME = b"insert"
NO_DATA, WARNING = "02000", "01000"
LOST, GOING_DOWN, UNKNOWN_COMPLETION = "08", "57P0", "40003"


def is_definite(sqlstate: str, severity: str = "ERROR") -> bool:
    """Return whether an error is the server's definite no: neither a lost connection nor a server going down."""
    return bool(sqlstate) and severity != "PANIC" and not sqlstate.startswith((LOST, GOING_DOWN, UNKNOWN_COMPLETION))


class PostgresClient:
    """A Client of PostgreSQL 13 or newer."""

    def __init__(self, *, user: str, database: str, password: str) -> None:
        self._login = {"user": user, "dbname": database, "password": password}
        self._open: PGconn | None = None
        self._prepared = False
        self._warned = False

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Connect, and ask for system identifier, timeline and the server's start."""
        conninfo = make_conninfo(
            **self._login, host=endpoint[0], port=endpoint[1], application_name=APPLICATION, gssencmode="disable"
        )
        self._open = connection = pq.PGconn.connect_start(conninfo.encode())
        self._prepared = False
        connection.notice_handler = self._note
        polled = PollingStatus.WRITING
        while polled != PollingStatus.OK:
            if polled == PollingStatus.FAILED or connection.status == ConnStatus.BAD:
                raise AttemptFailedError(_one_line(connection.error_message))
            self._wait(select.POLLOUT if polled == PollingStatus.WRITING else select.POLLIN, deadline)
            polled = PollingStatus(connection.connect_poll())
        reset_on_close(connection.socket)
        connection.nonblocking = 1
        system, timeline, started = self._run(deadline, connection.send_query, WHO)
        return Identity(system.decode(), int(timeline), started.decode())

    def write(self, row: Row, deadline: int) -> int:
        """Insert one row; return its position in the WAL. A warning (committed here, not replicated) is a doubt."""
        if not self._prepared:
            self._run(deadline, self._connection.send_prepare, INSERT_NAME, INSERT)
            self._prepared = True
        self._warned = False
        values = [b"%d" % value for value in row]
        position, _ = self._run(deadline, self._connection.send_query_prepared, INSERT_NAME, values)
        if self._warned:
            raise AttemptFailedError("the server warned of the commit", sqlstate=WARNING)
        return int(position)

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Read any one row."""
        if not self._run(deadline, self._connection.send_query, READ) and expect_row:
            raise AttemptFailedError("the table is empty", sqlstate=NO_DATA, definite=True)

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Copy the table out by a sequential scan; the position is None while the server is in recovery."""
        connection = self._connection
        self._run(monotonic_ns() + patience_ns, connection.send_query, SEQUENTIAL)
        (position,) = self._run(monotonic_ns() + patience_ns, connection.send_query, POSITION)
        self._run(monotonic_ns() + patience_ns, connection.send_query, READ_ALL)
        try:
            while (copied := connection.get_copy_data(1))[0] >= 0:
                if copied[0]:
                    keep(as_row(bytes(copied[1]).split(b"\t")))
                else:
                    self._receive(monotonic_ns() + patience_ns)
            self._results(monotonic_ns() + patience_ns)
        except OperationalError as error:
            raise AttemptFailedError(_one_line(str(error).encode())) from error
        return int(position) if position else None

    def close(self) -> None:
        """Close the socket; what the server was about to do, it may still do."""
        if self._open is not None:
            self._open.finish()
            self._open = None

    @property
    def _connection(self) -> PGconn:
        if self._open is None:
            raise AttemptFailedError("not connected")
        return self._open

    def _run(self, deadline: int, send: Callable[..., None], *arguments: object) -> list[bytes]:
        """Send, and return the first row answered (NULL as b""), once the server says it is ready for more.

        Only that proves a commit: the row and the statement's end are told before it.
        """
        try:
            send(*arguments)
            while self._connection.flush():
                self._wait(select.POLLIN | select.POLLOUT, deadline)
                self._connection.consume_input()
            results = self._results(deadline)
        except OperationalError as error:
            raise AttemptFailedError(_one_line(str(error).encode())) from error
        return next((_first_row(result) for result in results if result.ntuples), [])

    def _results(self, deadline: int) -> list[PGresult]:
        results: list[PGresult] = []
        while (result := self._next_result(deadline)) is not None:
            if result.status == ExecStatus.FATAL_ERROR:
                sqlstate = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
                severity = (result.error_field(DiagnosticField.SEVERITY_NONLOCALIZED) or b"").decode()
                # The primary message only: details hold rows.
                says = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or _one_line(result.error_message).encode()
                raise AttemptFailedError(
                    says.decode(errors="replace"), sqlstate=sqlstate, definite=is_definite(sqlstate, severity)
                )
            results.append(result)
            if result.status == ExecStatus.COPY_OUT:
                break
        return results

    def _next_result(self, deadline: int) -> PGresult | None:
        while self._connection.is_busy():
            self._receive(deadline)
        return self._connection.get_result()

    def _receive(self, deadline: int) -> None:
        self._wait(select.POLLIN, deadline)
        self._connection.consume_input()

    def _wait(self, events: int, deadline: int) -> None:
        wait(self._connection.socket, events, deadline)

    def _note(self, notice: PGresult) -> None:
        self._warned |= notice.error_field(DiagnosticField.SQLSTATE) == WARNING.encode()


def _first_row(result: PGresult) -> list[bytes]:
    return [result.get_value(0, column) or b"" for column in range(result.nfields)]


def _one_line(message: bytes) -> str:
    return " ".join(message.decode(errors="replace").split())
