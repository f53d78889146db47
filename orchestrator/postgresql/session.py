"""Sessions of PostgreSQL for looking around: longer and with more settings than a service type's own statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.software_port import Access

Session = psycopg.Connection[tuple[Any, ...]]

_DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"


def connect(access: Access, database: str, settings: Mapping[str, str]) -> Session:
    """Open a session with `settings`; raises psycopg.Error."""
    return psycopg.connect(
        host=access.host,
        port=access.port,
        user=access.user,
        password=access.password,
        dbname=database,
        connect_timeout=10,
        options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
        # A container that vanishes says no goodbye: without these a read would wait for ever.
        keepalives_idle=2,
        keepalives_interval=1,
        keepalives_count=3,
    )


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


def primary_message(error: psycopg.Error) -> str:
    """Return an error's message and SQLSTATE, without its DETAIL, which may hold rows."""
    message = error.diag.message_primary or str(error).strip().partition("\n")[0]
    return f"{message} (SQLSTATE {error.sqlstate})" if error.sqlstate else message
