"""Sessions of PostgreSQL for looking around: longer and with more settings than a service type's own statements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from orchestrator.core.errors import StepFailedError
from orchestrator.software.postgres import open_session, primary_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.software_port import Access

Session = psycopg.Connection[tuple[Any, ...]]

_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"


def connect(access: Access, database: str, settings: Mapping[str, str]) -> Session:
    """Open a session with `settings`; raises psycopg.Error."""
    return open_session(replace(access, database=database), settings, connect_timeout_s=10)


def ask(session: Session, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows and undo it: thousands of tables' locks would fill the server's table of locks."""
    with session.transaction(force_rollback=True):
        return session.execute(query.encode()).fetchall()


def databases(access: Access) -> list[str]:
    """Return the databases that hold users' data; raises StepFailedError with the server's message."""
    try:
        with connect(access, access.database, {}) as session:
            return [name for (name,) in ask(session, _DATABASES)]
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
