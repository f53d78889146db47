"""Whether a PostgreSQL database takes all that an application asks of it: a new table, a row, a number, a commit."""

from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING, Any

import psycopg

from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql.session import connect
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from orchestrator.core.software_port import Access
    from orchestrator.postgresql.session import Session

_WRITE = """
    DROP SCHEMA IF EXISTS drillmaster_writable CASCADE;
    CREATE SCHEMA drillmaster_writable;
    CREATE TABLE drillmaster_writable.written (number bigserial PRIMARY KEY, word text);
    INSERT INTO drillmaster_writable.written (word) VALUES ('kept');
"""
_READ = "SELECT number, word, nextval('drillmaster_writable.written_number_seq') FROM drillmaster_writable.written"
# What is undone need not be confirmed by a standby that may not be there.
_UNDO = "SET synchronous_commit = local; DROP SCHEMA drillmaster_writable CASCADE"


def write(access: Access, database: str, within_s: float) -> None:
    """Make a table, write, commit, read and count in it, and drop it again.

    Raises StepFailedError with the server's message when it refuses, warns (a commit that no standby confirmed is only
    warned of), or does not finish within `within_s`.
    """
    settings = {"lock_timeout": f"{within_s * 500:.0f}ms", "client_min_messages": "warning"}
    warnings: list[str] = []
    try:
        with connect(access, database, settings) as session:
            session.add_notice_handler(lambda notice: warnings.append(notice.message_primary or "a warning"))
            # Not statement_timeout: it ends before the wait for a standby begins.
            late = Timer(within_s, session.cancel_safe)
            late.start()
            try:
                rows = _write_and_read(session)
            finally:
                late.cancel()
            session.execute(_UNDO)
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
    if warnings:
        raise StepFailedError(warnings[0])
    if rows != [(1, "kept", 2)]:
        raise StepFailedError("what was written is not what was read")


def _write_and_read(session: Session) -> list[tuple[Any, ...]]:
    session.execute(_WRITE)
    session.commit()
    return session.execute(_READ).fetchall()
