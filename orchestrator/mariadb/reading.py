"""Reads all that a MariaDB server holds from the tables themselves: past every index, in one snapshot."""

from __future__ import annotations

import hashlib
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pymysql

from orchestrator.core.content import Content, Database, Rows
from orchestrator.core.errors import StepFailedError
from orchestrator.software.mariadb import message, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.core.software_port import Access

    Session = pymysql.Connection[Any]

WORKLOAD = "*.drillmaster_ledger"
"""The ledger's own table: the ledger judges its rows, one by one."""
LONGEST_S = 3600.0
OF_THE_SERVER = "('information_schema', 'mysql', 'performance_schema', 'sys')"
_DATABASES = f"""
    SELECT schema_name, CONCAT_WS(' ', default_character_set_name, default_collation_name)
    FROM information_schema.SCHEMATA WHERE schema_name NOT IN {OF_THE_SERVER} ORDER BY 1
"""  # noqa: S608 - constants
_TABLES = """
    SELECT table_name, table_type, auto_increment FROM information_schema.TABLES WHERE table_schema = %s ORDER BY 1
"""
_COLUMNS = """
    SELECT column_name, data_type, extra LIKE '%%auto_increment%%' FROM information_schema.COLUMNS
    WHERE table_schema = %s AND table_name = %s AND extra NOT LIKE '%%VIRTUAL%%' ORDER BY ordinal_position
"""
# Nothing that an execution changes, and not when each was made.
_OBJECTS = """
    SELECT CONCAT(LOWER(routine_type), ' ', routine_name),
           CONCAT_WS('|', dtd_identifier, routine_definition, is_deterministic, sql_data_access, security_type,
                     sql_mode, definer,
                     (SELECT GROUP_CONCAT(
                          CONCAT_WS(' ', parameter_mode, parameter_name, dtd_identifier) ORDER BY ordinal_position)
                      FROM information_schema.PARAMETERS AS p
                      WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name
                        AND p.routine_type = r.routine_type))
    FROM information_schema.ROUTINES AS r WHERE routine_schema = %(database)s
    UNION ALL
    SELECT CONCAT('trigger ', trigger_name),
           CONCAT_WS('|', action_timing, event_manipulation, event_object_table, action_order, action_statement,
                     sql_mode, definer)
    FROM information_schema.TRIGGERS WHERE trigger_schema = %(database)s
    UNION ALL
    SELECT CONCAT('event ', event_name),
           CONCAT_WS('|', event_definition, execute_at, interval_value, interval_field, starts, ends, status,
                     on_completion, sql_mode, definer)
    FROM information_schema.EVENTS WHERE event_schema = %(database)s
    UNION ALL
    SELECT CONCAT('view ', table_name), CONCAT_WS('|', view_definition, check_option, security_type, definer)
    FROM information_schema.VIEWS WHERE table_schema = %(database)s
"""
_USERS = "SELECT user, host, is_role FROM mysql.user ORDER BY 1, 2"
# A password is told by its hash without a salt, and that could be guessed at.
_PASSWORD = re.compile(r"(PASSWORD|USING) '[^']*'")
_COUNTED = re.compile(r" AUTO_INCREMENT=\d+")
_PART = re.compile(r"(?P<what>[A-Z ]*?) ?`(?P<name>(?:[^`]|``)+)`")


def take(access: Access, exclude: Sequence[str]) -> Content:
    """Read everything (MariaDB 10.6 or newer) as root, in one snapshot; tables without transactions as they are now.

    A table that cannot be read carries the server's message instead of its content. Raises StepFailedError when
    anything else cannot be read.
    """
    excluded = (WORKLOAD, *exclude)
    try:
        with open_session(access, LONGEST_S) as session:
            for statement in (
                "SET SESSION group_concat_max_len = 1048576, sql_mode = ''",
                "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            ):
                _ask(session, statement)
            databases = dict(_ask(session, _DATABASES))
            [(version,)] = _ask(session, "SELECT @@version")
            return Content(
                major=int(version.split(".")[0]) * 100 + int(version.split(".")[1]),
                excluded=excluded,
                objects={f"database {name}": worded for name, worded in databases.items()} | dict(_users(session)),
                databases={name: _database(session, name, excluded) for name in databases},
            )
    except pymysql.MySQLError as error:
        raise StepFailedError(message(error)) from None


def parts_of(table: str, definition: str) -> dict[str, str]:
    """Return a table's columns, keys and constraints, and what it is besides, each by name, of its CREATE TABLE."""
    parts: dict[str, str] = {}
    rest: list[str] = []
    for line in _COUNTED.sub("", definition).splitlines()[1:]:
        text = line.strip().removesuffix(",")
        if text.startswith("PRIMARY KEY"):
            parts[f"primary key of {table}"] = text
        elif (named := _PART.match(text)) and line.startswith("  "):
            what = named["what"].lower() or "column"
            parts[f"{what} {named['name']} of {table}"] = text
            rest.append(named["name"] if what == "column" else "")
        else:
            rest.append(text)
    return parts | {f"relation {table}": "\n".join(filter(None, rest))}


def _database(session: Session, name: str, excluded: Sequence[str]) -> Database:
    objects = {str(name): str(definition) for name, definition in _ask(session, _OBJECTS, {"database": name})}
    tables: dict[str, Rows] = {}
    counted: dict[str, int] = {}
    for table, kind, next_number in _ask(session, _TABLES, [name]):
        place = f"{_quoted(name)}.{_quoted(table)}"
        if kind == "SEQUENCE":
            [(reached, step)] = _ask(session, f"SELECT next_not_cached_value, increment FROM {place}")  # noqa: S608 - quoted
            counted[table] = reached if step >= 0 else -reached
        if kind == "VIEW":
            continue
        [(_, definition)] = _ask(session, f"SHOW CREATE TABLE {place}")
        objects |= parts_of(table, definition)
        columns = _ask(session, _COLUMNS, [name, table])
        for column in (_quoted(column) for column, _, counts in columns if counts):
            # After a crash it goes on behind the last number used, not behind the last that was held ready.
            query = f"SELECT LEAST(%s, COALESCE(MAX({column}), 0) + 1) FROM {place}"  # noqa: S608 - quoted
            [(counted[f"of {table} (auto_increment)"],)] = _ask(session, query, [next_number])
        if kind != "SEQUENCE" and not any(fnmatchcase(f"{name}.{table}", pattern) for pattern in excluded):
            tables[table] = _rows(session, place, columns)
    return Database(objects={each: _digest(text) for each, text in objects.items()}, tables=tables, sequences=counted)


def _rows(session: Session, place: str, columns: Sequence[tuple[Any, ...]]) -> Rows:
    # Each by itself first: a row as a whole may be longer than max_allowed_packet, and would be null.
    values = ", ".join(f"COALESCE(CONCAT(LENGTH({value}), ':', MD5({value})), '-')" for value in map(_value, columns))
    # Hashed as a whole, values cannot change places; summed, neither the order of rows matters, nor do twins cancel.
    hashed = f"CAST(CONV(LEFT(MD5(CONCAT({values})), 15), 16, 10) AS UNSIGNED)"
    try:
        [(count, total)] = _ask(session, f"SELECT COUNT(*), COALESCE(SUM({hashed}), 0) FROM {place} USE INDEX ()")  # noqa: S608 - quoted
    except pymysql.MySQLError as error:
        if not session.open:
            raise
        return Rows(error=message(error))
    return Rows(count=count, digest=str(total))


def _value(column: tuple[Any, ...]) -> str:
    """Return the expression of a value's bytes: exact, and free of character sets and collations."""
    name, kind, _ = column
    # As text a FLOAT is rounded; a DOUBLE is not.
    exact = f"CAST({_quoted(name)} AS DOUBLE)" if kind == "float" else _quoted(name)
    return f"CAST({exact} AS BINARY)"


def _users(session: Session) -> Iterator[tuple[str, str]]:
    for user, host, is_role in _ask(session, _USERS):
        name = f"{_quoted(user)}" if is_role == "Y" else f"{_quoted(user)}@{_quoted(host)}"
        grants = sorted(_PASSWORD.sub(r"\1 (set)", str(grant)) for (grant,) in _ask(session, f"SHOW GRANTS FOR {name}"))
        yield ("role " if is_role == "Y" else "user ") + name.replace("`", ""), _digest("\n".join(grants))


def _digest(definition: str) -> str:
    return hashlib.sha256(definition.encode()).hexdigest()[:16]


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _ask(session: Session, query: str, arguments: Any = None) -> list[tuple[Any, ...]]:
    with session.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())
