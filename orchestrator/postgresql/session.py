"""Sessions of PostgreSQL for looking around: longer and with more settings than a service type's own statements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from orchestrator.core.errors import CannotRunError, StepFailedError
from orchestrator.software.postgres import open_session, primary_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.software_port import Access

Session = psycopg.Connection[tuple[Any, ...]]

_SCHEMA = "SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = %s"
# A database whose removal was interrupted has the limit -2.
_DATABASES = """
    SELECT datname, datistemplate FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY datname
"""


def connect(access: Access, database: str, settings: Mapping[str, str]) -> Session:
    """Open a session with `settings`; raises psycopg.Error."""
    try:
        database.encode()
    except UnicodeEncodeError:
        raise psycopg.OperationalError("a database whose name is no UTF-8 text cannot be connected to") from None
    return open_session(replace(access, database=database), settings, connect_timeout_s=10)


def ask(session: Session, query: str) -> list[tuple[Any, ...]]:
    """Return a query's rows and undo it: thousands of tables' locks would fill the server's table of locks."""
    with session.transaction(force_rollback=True):
        return session.execute(query.encode(errors="surrogateescape")).fetchall()


def shown(name: str) -> str:
    r"""Return a name as every file can hold it: a byte that is no UTF-8 as \xNN, a backslash doubled."""
    doubled = name.replace("\\", "\\\\")
    return doubled.encode(errors="surrogateescape").decode(errors="backslashreplace")


def extension(session: Session, name: str) -> str:
    """Return the schema of an extension, made where it is not there; who rolls back leaves nothing of it.

    Raises CannotRunError when the server's installation lacks it, psycopg.Error otherwise.
    """
    try:
        session.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA pg_catalog").format(sql.Identifier(name)))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        raise CannotRunError(
            f"{name} is not installed beside the server: {primary_message(error)}",
            hint="it is part of PostgreSQL's contrib modules",
        ) from None
    [(schema,)] = session.execute(_SCHEMA, [name]).fetchall()
    return str(schema)


def databases(access: Access, *, templates: bool = False) -> list[str]:
    """Return the databases that can be connected to, as `connect` takes them: users', and `templates` if asked for.

    Raises StepFailedError with the server's message.
    """
    try:
        with connect(access, access.database, {}) as session:
            return [name for name, is_template in ask(session, _DATABASES) if templates or not is_template]
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None
