"""PostgreSQL's own verifier, amcheck: every table's structure, and every B-tree index against its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from orchestrator.postgresql.session import ask, connect, extension
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.software_port import Access
    from orchestrator.postgresql.session import Session

_SETTINGS = {"search_path": "pg_catalog", "lock_timeout": "10s", "client_min_messages": "warning"}
# What pg_amcheck looks at: system tables and TOAST too, but no other session's temporary tables. Before PostgreSQL 14
# there is no verifier for tables.
_RELATIONS = """
    SELECT pg_class.oid, pg_class.oid::regclass::text, amname
    FROM pg_class
    JOIN pg_am ON pg_am.oid = relam
    LEFT JOIN pg_index ON indexrelid = pg_class.oid
    WHERE relpersistence <> 't'
      AND (relkind IN ('r', 'm', 't') AND amname = 'heap' AND current_setting('server_version_num')::int >= 140000
           OR relkind = 'i' AND amname = 'btree' AND indisvalid AND indisready AND indislive)
    ORDER BY 2
"""
_VERIFY = {
    "heap": "SELECT DISTINCT msg FROM {schema}.verify_heapam({oid}::regclass, check_toast => true) LIMIT 3",
    # It raises, or gives an empty text, which is no row here.
    "btree": "SELECT said::text FROM {schema}.bt_index_check({oid}::regclass, true) AS said WHERE said::text <> ''",
}


def verify(access: Access, database: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each relation of a database with what is wrong with it; a database that cannot be asked likewise.

    The extension is made where it is not there, in a transaction that is rolled back: the recovered data stays as it
    was found. Raises CannotRunError when the server's installation lacks it.
    """
    try:
        with connect(access, database, _SETTINGS) as session, session.transaction(force_rollback=True):
            schema = extension(session, "amcheck")
            for oid, name, method in ask(session, _RELATIONS):
                yield name, _problems(session, _VERIFY[method].format(schema=schema, oid=oid))
    except psycopg.Error as error:
        yield "the database", [primary_message(error)]


def _problems(session: Session, query: str) -> list[str]:
    try:
        return [message for (message,) in ask(session, query)]
    except psycopg.Error as error:
        if session.broken:
            raise
        return [primary_message(error)]
