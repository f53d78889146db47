"""MariaDB: how its container is configured, when it is ready, and what it says of itself."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.constants import CLIENT

from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.instants import utc_text
from orchestrator.core.software_port import DataFile

if TYPE_CHECKING:
    from orchestrator.core.declared_lab import Service
    from orchestrator.core.software_port import Access, Archiver

PASSWORD_FILE = "/run/secrets/mariadb_password"  # noqa: S105 - a path, no password
ROOT_PASSWORD_FILE = "/run/secrets/mariadb_root_password"  # noqa: S105 - a path, no password
CONNECT_TIMEOUT_S = 2
PROBE_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 2.0
GRACE_S = 2.0
"""How much longer than a statement may take its answer is waited for: a container that vanishes says no goodbye."""
STATEMENT_TIMED_OUT, NO_SUCH_TABLE = 1969, 1146
QUOTES_VALUES = frozenset({1062, 1292, 1366, 1411, 1525, 1586, 1761, 1762})
"""Errors whose message repeats what a row holds, or was to hold, in quotes."""

# The drill's defaults; a service's own `settings` win.
DEFAULTS = {
    "bind-address": "*",
    # A name server that does not answer would hold up every connect.
    "skip-name-resolve": "on",
    # The rows themselves, not the statements that made them: those need not do the same again.
    "binlog-format": "ROW",
}

BOUNDING = (
    "binlog_format",
    "binlog_row_image",
    "innodb_buffer_pool_size",
    "innodb_doublewrite",
    "innodb_fast_shutdown",
    "innodb_flush_log_at_trx_commit",
    "innodb_flush_method",
    "innodb_log_file_size",
    "log_bin",
    "max_binlog_size",
    "rpl_semi_sync_master_enabled",
    "sync_binlog",
)

# No primary key: a write applied twice must show.
LEDGER = """
    CREATE TABLE drillmaster_ledger (
        writer SMALLINT NOT NULL, sequence BIGINT NOT NULL, payload BIGINT NOT NULL,
        KEY ledger_writer_sequence (writer, sequence)
    ) ENGINE = InnoDB
"""
SECRET = re.compile(r"(password|token|secret|filekey|sst_auth)$")
"""Settings that hold passwords and keys, or may."""
OF_THE_MOMENT = (
    *("gtid_binlog_pos", "gtid_binlog_state", "gtid_current_pos", "gtid_slave_pos"),
    *("general_log_file", "hostname", "log_slow_query_file", "server_uid", "slow_query_log_file", "wsrep_node_name"),
)
"""Settings that tell of a state or, like names made of its own, of a machine."""

MARKS = {
    "process-started": re.compile(r"Starting MariaDB "),
    "redo-started": re.compile(r"InnoDB: Starting crash recovery "),
    "redo-done": re.compile(r"Crash table recovery finished"),
    "accepting-connections": re.compile(r"\S+: ready for connections"),
}
LINE = re.compile(r"(?P<engine>\S+) \d{4}-\d\d-\d\d +\d+:\d\d:\d\d \d+ \[Note\] (?P<message>.+)")

FILE = """
    SELECT CONCAT(@@datadir, table_schema, '/', table_name, '.ibd'), @@innodb_page_size,
           (data_length + index_length + data_free) DIV @@innodb_page_size
    FROM information_schema.TABLES
    WHERE table_schema = SUBSTRING_INDEX(%s, '.', 1) AND table_name = SUBSTRING_INDEX(%s, '.', -1)
      AND engine = 'InnoDB' AND table_rows > 0
"""

PAGE_HEADER = struct.Struct(">24xH12x2xH")
"""The page's type in the header of InnoDB's files, and the end of its records in that of an index's pages."""
AN_INDEXS, FIRST_RECORD = 17855, 120


class Mariadb:
    """MariaDB in an image that keeps the official image's contract; its application's role owns one database."""

    type = "mariadb"
    port = 3306
    user = database = "app"
    # The binlog tells in whole seconds when a transaction began.
    target_step_us = 1_000_000
    numbers_for_booleans = True
    keeps_data = True

    def environment(self, service: Service) -> dict[str, str]:
        """Return what makes the image create the application's role and database."""
        return {
            "MARIADB_USER": service.user,
            "MARIADB_DATABASE": service.database,
            "MARIADB_PASSWORD_FILE": PASSWORD_FILE,
            "MARIADB_ROOT_PASSWORD_FILE": ROOT_PASSWORD_FILE,
        }

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the passwords of the application's role and of root, and where they lie."""
        return {"password": PASSWORD_FILE, "root_password": ROOT_PASSWORD_FILE}

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the server's command line: the drill's defaults, then the service's own settings."""
        own = {name.replace("_", "-"): value for name, value in service.worded_settings.items()}
        return ("mariadbd", *(f"--{name}={value}" for name, value in (DEFAULTS | own).items()))

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when the server takes writes and, with `history`, finds rows in the ledger's table.

        That the server takes connections or reads proves nothing: one that only reads does both, and a new, empty one
        even takes writes. Raises NotReadyError with what was seen.
        """
        try:
            [(read_only,)] = _run(access, "SELECT @@global.read_only OR @@global.innodb_read_only", PROBE_TIMEOUT_S)
            if read_only:
                raise NotReadyError("it answers, but only reads: read_only is on")
            if history and not _run(access, "SELECT 1 FROM drillmaster_ledger LIMIT 1", PROBE_TIMEOUT_S):
                raise NotReadyError("it takes writes, but not on the data of before: drillmaster_ledger is empty")
        except pymysql.MySQLError as error:
            gone = code_of(error) == NO_SUCH_TABLE
            says = f"it takes writes, but not on the data of before: {message(error)}" if gone else message(error)
            raise NotReadyError(says) from None

    def version(self, access: Access) -> str:
        """Return the server's version, with its packager's."""
        return str(self.execute(access, "SELECT VERSION()")[0][0])

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return those of BOUNDING that this version knows."""
        settings = self.settings(access)
        return {name: settings[name] for name in BOUNDING if name in settings}

    def settings(self, access: Access) -> dict[str, str]:
        """Return every global setting; of what may hold a password only whether it is set.

        Raises StepFailedError, or StepTimedOutError after READ_TIMEOUT_S.
        """
        query = """
            SELECT LOWER(variable_name), COALESCE(global_value, '') FROM information_schema.SYSTEM_VARIABLES
            WHERE variable_scope <> 'SESSION ONLY' ORDER BY 1
        """
        found = {str(name): str(value) for name, value in self.execute(access, query, timeout_s=READ_TIMEOUT_S)}
        return {
            name: "(set)" if value and SECRET.search(name) else value
            for name, value in found.items()
            if name not in OF_THE_MOMENT
        }

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None: the server does not archive its binlog; who does so reads it from outside."""
        return None

    def prepare_ledger(self, access: Access) -> None:
        """Make the ledger's table; raises StepFailedError with the server's message."""
        self.execute(access, LEDGER)

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
        """Run one or more statements in autocommit and return the rows of the last.

        Raises StepFailedError with the server's message and error code, StepTimedOutError past `timeout_s`.
        """
        try:
            return _run(access, statement, timeout_s)
        # `from None`: the server's own words may hold values.
        except pymysql.MySQLError as error:
            timed_out = code_of(error) == STATEMENT_TIMED_OUT
            raise (StepTimedOutError if timed_out else StepFailedError)(message(error)) from None

    def data_file(self, access: Access, relation: str) -> DataFile:
        """Return the file of a table (database.table) of InnoDB; raises StepFailedError when it has no rows."""
        literal = f"'{pymysql.converters.escape_string(relation)}'"
        rows = self.execute(access, FILE.replace("%s", literal))
        if not rows:
            raise StepFailedError(f"{relation}: no table of InnoDB with rows has this name")
        [(path, page, pages)] = rows
        return DataFile(str(path), int(str(page)), int(str(pages)), _used)

    def server_time(self, access: Access) -> str:
        """Return the server's clock in UTC."""
        return str(self.execute(access, "SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%f+00:00')")[0][0])

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return the marks of a log, dated by the container engine: the server's own times are whole seconds."""
        lines = filter(None, map(LINE.match, log.splitlines()))
        return [
            (mark, utc_text(datetime.fromisoformat(line["engine"]).astimezone(UTC)))
            for line in lines
            for mark, text in MARKS.items()
            if text.match(line["message"])
        ]


def open_session(access: Access, timeout_s: float, *, multi: bool = False) -> pymysql.Connection[Any]:
    """Open a session in autocommit whose statements end after `timeout_s`; raises pymysql.MySQLError."""
    return pymysql.connect(
        host=access.host,
        port=access.port,
        user=access.user,
        password=access.password,
        database=access.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=timeout_s + GRACE_S,
        write_timeout=timeout_s + GRACE_S,
        ssl_disabled=True,  # to make ready for encryption takes 15 ms; a lab's network is its own
        init_command=f"SET SESSION max_statement_time = {timeout_s}, time_zone = '+00:00'",
        client_flag=CLIENT.MULTI_STATEMENTS if multi else 0,
    )


def code_of(error: pymysql.MySQLError) -> object:
    """Return the error's number, the server's or the driver's; None if it has none."""
    return error.args[0] if error.args else None


def message(error: pymysql.MySQLError) -> str:
    """Return the error in one line with its number; without the values of rows, which the server puts in quotes."""
    code, says = (*error.args, 0, "")[:2]
    text = re.sub(r"'.*'", "'…'", str(says), flags=re.DOTALL) if code in QUOTES_VALUES else str(says)
    return f"{' '.join(text.split())} ({code})"


def _run(access: Access, statement: str, timeout_s: float) -> list[tuple[object, ...]]:
    with open_session(access, timeout_s, multi=True) as session, session.cursor() as cursor:
        cursor.execute(statement)
        while True:
            rows = list(cursor.fetchall()) if cursor.description else []
            if not cursor.nextset():
                return rows


def _used(page: bytes) -> range:
    """Return where the records of an index's page lie, a table's own among them; other pages hold no rows."""
    kind, end = PAGE_HEADER.unpack_from(page)
    return range(FIRST_RECORD, max(end, FIRST_RECORD)) if kind == AN_INDEXS and end <= len(page) else range(0)
