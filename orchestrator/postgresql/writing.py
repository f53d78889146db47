"""Whether a PostgreSQL database takes all that an application asks of it: a new table, a row, a number, a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from orchestrator.core.errors import StepFailedError
from orchestrator.postgresql.session import connect, primary_message

if TYPE_CHECKING:
    from orchestrator.core.ports import Access

_UNDO = "DROP SCHEMA IF EXISTS drillmaster_writable CASCADE"
_WRITE = """
    CREATE SCHEMA drillmaster_writable;
    CREATE TABLE drillmaster_writable.written (number bigserial PRIMARY KEY, word text);
    INSERT INTO drillmaster_writable.written (word) VALUES ('kept');
"""
_READ = "SELECT number, word, nextval('drillmaster_writable.written_number_seq') FROM drillmaster_writable.written"


def write(access: Access, database: str, within_s: float) -> None:
    """Make a table, write, read and count in it, and drop it again.

    Raises StepFailedError with the server's message, also for a warning (a commit that no standby confirmed is one) and
    for a statement that takes longer than `within_s`.
    """
    patience = f"{within_s * 1000:.0f}ms"
    settings = {"lock_timeout": patience, "statement_timeout": patience, "client_min_messages": "warning"}
    warnings: list[str] = []
    try:
        with connect(access, database, settings) as session:
            session.add_notice_handler(lambda notice: warnings.append(notice.message_primary or "a warning"))
            session.execute(_UNDO)
            session.execute(_WRITE)
            session.commit()
            rows = session.execute(_READ).fetchall()
            session.execute(_UNDO)
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
    if warnings:
        raise StepFailedError(warnings[0])
    if rows != [(1, "kept", 2)]:
        raise StepFailedError("what was written is not what was read")
