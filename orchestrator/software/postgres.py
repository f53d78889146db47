"""PostgreSQL: how its container is configured, when it is ready, and what it says of itself."""

from __future__ import annotations

import re
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from psycopg.adapt import Loader

from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.instants import utc_text
from orchestrator.core.software_port import Archiver, DataFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.abc import Buffer

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.software_port import Access

PASSWORD_FILE = "/run/secrets/postgres_password"  # noqa: S105 - a path, no password
CONNECT_TIMEOUT_S = 2
PROBE_TIMEOUT_S = READ_TIMEOUT_S = 2.0
TEXTS = ("text", "varchar", "bpchar", "name", '"char"', 0)
"""What the driver reads as text; 0 stands for every type that it does not know."""
LONGEST_MS = 2**31 - 1
"""The longest time PostgreSQL takes for a setting: 24 days."""

# The drill's defaults; a service's own `settings` win.
DEFAULTS = {
    "listen_addresses": "*",
    # All that the server says must reach the container's log, in words and times that server_marks() can read.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # DETAIL and STATEMENT lines hold rows, and the log becomes an artifact.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

BOUNDING = (
    "archive_command",
    "archive_library",
    "archive_mode",
    "archive_timeout",
    "checkpoint_timeout",
    "commit_delay",
    "data_checksums",
    "fsync",
    "full_page_writes",
    "io_method",
    "max_wal_size",
    "recovery_init_sync_method",
    "recovery_prefetch",
    "shared_buffers",
    "synchronous_commit",
    "synchronous_standby_names",
    "wal_compression",
    "wal_level",
    "wal_sync_method",
)

# No primary key: a write applied twice must show. The index gives amcheck something to hold the table against.
LEDGER = """
    CREATE SCHEMA drillmaster;
    CREATE TABLE drillmaster.ledger (writer smallint NOT NULL, sequence bigint NOT NULL, payload bigint NOT NULL);
    CREATE INDEX ledger_writer_sequence ON drillmaster.ledger (writer, sequence);
"""
SECRET = ("primary_conninfo", "ssl_passphrase_command")
"""Settings that hold passwords, or may."""
OF_THE_MOMENT = ("in_hot_standby", "is_superuser", "role", "session_authorization")
"""Settings that tell of a state or a session."""

LINE = re.compile(
    r"(?P<engine>\S+) (?:(?P<server>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) UTC )?(?:\S+ )*?LOG:  (?P<message>.+)"
)
MARKS = {
    "process-started": re.compile(r"starting PostgreSQL "),
    "redo-started": re.compile(r"starting .*recovery|redo starts at "),
    "redo-done": re.compile(r"redo done at "),
    "accepting-connections": re.compile(r"database system is ready to accept connections"),
}

DATA_FILE = sql.SQL("""
    SELECT current_setting('data_directory') || '/' || pg_relation_filepath({relation}::regclass), page,
           least(pg_relation_size({relation}::regclass), pg_size_bytes(current_setting('segment_size'))) / page
    FROM (SELECT current_setting('block_size')::int AS page) AS settings
""")
PAGE_HEADER = struct.Struct("<12x3H")
"""Position, checksum and flags; then the ends of the item pointers, of the free space, and of the items."""


class Postgres:
    """PostgreSQL in an image that keeps the official image's contract; its application's role is the superuser."""

    type = "postgres"
    port = 5432
    user = database = "postgres"
    target_step_us = 1
    numbers_for_booleans = False
    keeps_data = True

    def environment(self, service: Service) -> dict[str, str]:
        """Return what makes the image create the application's role and database."""
        return {
            "POSTGRES_USER": service.user,
            "POSTGRES_DB": service.database,
            "POSTGRES_PASSWORD_FILE": PASSWORD_FILE,
        }

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the application's role's password and where it lies."""
        return {"password": PASSWORD_FILE}

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the server's command line: the drill's defaults, then the service's own settings."""
        settings = DEFAULTS | service.worded_settings
        return ("postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")))

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when the application's role may write here and, with `history`, finds rows in the ledger's table.

        That the server takes connections or reads proves nothing: it does both while replay is unfinished or paused,
        and a new, empty cluster even takes writes. Raises NotReadyError with what was seen.
        """
        try:
            with _connect(access, PROBE_TIMEOUT_S) as connection:
                query = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool"
                [(in_recovery, read_only)] = connection.execute(query).fetchall()
                if in_recovery:
                    raise NotReadyError("it answers, but is still in recovery: no writes yet")
                if read_only:
                    raise NotReadyError("it answers, but only reads: transaction_read_only is on")
                if history and connection.execute("SELECT 1 FROM drillmaster.ledger LIMIT 1").fetchone() is None:
                    raise NotReadyError("it takes writes, but not on the data of before: drillmaster.ledger is empty")
        except psycopg.errors.UndefinedTable as error:
            raise NotReadyError(f"it takes writes, but not on the data of before: {primary_message(error)}") from None
        except psycopg.Error as error:
            raise NotReadyError(primary_message(error)) from None

    def version(self, access: Access) -> str:
        """Return the server's version, with its packager's."""
        return str(self.execute(access, "SHOW server_version")[0][0])

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return those of BOUNDING that this version knows, with units."""
        names = ", ".join(f"'{name}'" for name in BOUNDING)
        query = f"SELECT name, current_setting(name) FROM pg_settings WHERE name IN ({names}) ORDER BY name"  # noqa: S608 - constants
        return {str(name): str(value) for name, value in self.execute(access, query)}

    def settings(self, access: Access) -> dict[str, str]:
        """Return every setting but those of a session, with units; of what may hold a password only whether it is set.

        Raises StepFailedError, or StepTimedOutError after READ_TIMEOUT_S.
        """
        query = f"""
            SELECT name, CASE WHEN name IN {SECRET} AND setting <> '' THEN '(set)' ELSE current_setting(name) END
            FROM pg_settings
            WHERE source NOT IN ('client', 'session') AND name NOT IN {OF_THE_MOMENT}
              AND name NOT LIKE 'transaction_%'
            ORDER BY name
        """  # noqa: S608 - constants
        return {str(name): str(value) for name, value in self.execute(access, query, timeout_s=READ_TIMEOUT_S)}

    def archiver(self, access: Access) -> Archiver | None:
        """Return what pg_stat_archiver and the archive's status folder say; None with archive_mode=off.

        Raises StepFailedError, or StepTimedOutError after READ_TIMEOUT_S.
        """
        query = """
            SELECT archived_count, failed_count,
                   (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'),
                   coalesce(last_archived_wal, ''),
                   extract(epoch FROM clock_timestamp() - last_archived_time)::float8
            FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'
        """
        rows: list[tuple[Any, ...]] = self.execute(access, query, timeout_s=READ_TIMEOUT_S)
        return Archiver(*rows[0]) if rows else None

    def prepare_ledger(self, access: Access) -> None:
        """Make the ledger's table; raises StepFailedError with the server's message."""
        self.execute(access, LEDGER)

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
        """Run one or more statements in autocommit and return the rows of the last.

        Raises StepFailedError with the server's primary message and SQLSTATE, StepTimedOutError past `timeout_s`.
        """
        try:
            with _connect(access, timeout_s) as connection, connection.cursor() as cursor:
                cursor.execute(statement.encode())
                while cursor.nextset():
                    pass
                return cursor.fetchall() if cursor.description else []
        # `from None`: the server's error carries a DETAIL, which holds rows.
        except psycopg.errors.QueryCanceled as error:
            raise StepTimedOutError(primary_message(error)) from None
        except psycopg.Error as error:
            raise StepFailedError(primary_message(error)) from None

    def data_file(self, access: Access, relation: str) -> DataFile:
        """Return the first file of a table or index; raises StepFailedError with the server's message, or if empty."""
        query = DATA_FILE.format(relation=sql.Literal(relation)).as_string()
        [(path, page, pages)] = self.execute(access, query)
        if not pages:
            raise StepFailedError(f"{relation}: it is empty: its file has no page")
        return DataFile(str(path), int(str(page)), int(str(pages)), _used)

    def server_time(self, access: Access) -> str:
        """Return the server's clock in UTC, in the form that `recovery_target_time` reads without doubt."""
        query = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
        return str(self.execute(access, query)[0][0])

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return the marks of a log whose lines the container engine has stamped; the server's own time is preferred.

        Recovery announces itself twice (that it starts, and that redo starts): the first of the two counts.
        """
        marks: list[tuple[str, str]] = []
        for line in filter(None, map(LINE.match, log.splitlines())):
            for mark, message in MARKS.items():
                repeated = mark == "redo-started" and bool(marks) and marks[-1][0] == mark
                if message.match(line["message"]) and not repeated:
                    marks.append((mark, _utc(line)))
        return marks


def open_session(
    access: Access, settings: Mapping[str, str], *, autocommit: bool = False, connect_timeout_s: int = CONNECT_TIMEOUT_S
) -> psycopg.Connection[tuple[Any, ...]]:
    """Open a session with `settings`; raises psycopg.Error.

    Statements are UTF-8, whatever the database's encoding. What is no UTF-8 in a database of encoding SQL_ASCII comes
    as surrogates, and goes back as the same bytes when encoded with `surrogateescape`.
    """
    session = psycopg.connect(
        host=access.host,
        port=access.port,
        user=access.user,
        password=access.password,
        dbname=access.database,
        autocommit=autocommit,
        connect_timeout=connect_timeout_s,
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        # A container that vanishes says no goodbye: without these a read would wait for ever.
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=3,
    )
    try:
        _agree_on_text(session)
    except psycopg.Error:
        session.close()
        raise
    return session


def _agree_on_text(session: psycopg.Connection[tuple[Any, ...]]) -> None:
    for kind in TEXTS:
        session.adapters.register_loader(kind, _AnyText)
    # SQL_ASCII is no encoding: the server converts nothing, and would refuse bytes that are not the client's encoding.
    wanted = "SQL_ASCII" if session.info.parameter_status("server_encoding") == "SQL_ASCII" else "UTF8"
    if session.info.parameter_status("client_encoding") != wanted:
        session.execute("SELECT set_config('client_encoding', %s, false)", [wanted])
        session.commit()


class _AnyText(Loader):
    def load(self, data: Buffer) -> str:
        return bytes(data).decode(errors="surrogateescape")


def _connect(access: Access, statement_timeout_s: float) -> psycopg.Connection[tuple[Any, ...]]:
    return open_session(
        access, {"statement_timeout": str(min(round(statement_timeout_s * 1000), LONGEST_MS))}, autocommit=True
    )


def primary_message(error: psycopg.Error) -> str:
    """Return the error's first sentence and its SQLSTATE; never its DETAIL, which holds rows."""
    text = error.diag.message_primary or str(error).strip().partition("\n")[0]
    return f"{text} (SQLSTATE {error.sqlstate})" if error.sqlstate else text


def _used(page: bytes) -> range:
    """Return where the items of a page lie: after its free space, before what its access method keeps at its end."""
    lower, upper, special = PAGE_HEADER.unpack_from(page)
    return range(upper, special) if 0 < lower <= upper <= special <= len(page) else range(0)


def _utc(line: re.Match[str]) -> str:
    return utc_text(datetime.fromisoformat(line["server"] or line["engine"]).replace(tzinfo=UTC))
