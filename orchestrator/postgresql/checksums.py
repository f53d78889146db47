"""The checksums of all data pages: computed from what is on disk, compared with what the pages say.

Past the server's own cache: a page that it holds in memory may have rotted below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from orchestrator.core.errors import CannotRunError, StepFailedError
from orchestrator.postgresql.session import ask, connect, extension
from orchestrator.software.postgres import primary_message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orchestrator.core.software_port import Access
    from orchestrator.postgresql.session import Session

LOOKS = 3
"""A page that is just being written may be seen half old, half new: damaged is what is so at every look."""

_SETTINGS = {"search_path": "pg_catalog", "lock_timeout": "10s", "client_min_messages": "warning", "jit": "off"}
_ENABLED = "SELECT current_setting('data_checksums') = 'on'"
# Every segment of every fork, in all databases and tablespaces; only temporary relations have other names.
_FILES = r"""
    WITH folder AS (
        SELECT 'global' AS path
        UNION ALL SELECT 'base/' || name FROM pg_ls_dir('base') AS name WHERE name ~ '^\d+$'
        UNION ALL SELECT concat_ws('/', 'pg_tblspc', space, version, name)
        FROM pg_ls_dir('pg_tblspc') AS space, pg_ls_dir('pg_tblspc/' || space) AS version,
             pg_ls_dir(concat_ws('/', 'pg_tblspc', space, version)) AS name
        WHERE version LIKE 'PG\_' || current_setting('server_version_num')::int / 10000 || '\_%' AND name ~ '^\d+$'
    )
    SELECT path || '/' || name FROM folder, pg_ls_dir(path, true, false) AS name
    WHERE name ~ '^\d+(_(fsm|vm|init))?(\.\d+)?$'
"""
# What was dropped or cut off since the listing has no bytes; a page that was never used is all zeros. OFFSET 0 keeps
# what it ends from being computed more than once.
_PAGES = r"""
    SELECT count(*), coalesce(array_agg(file) FILTER (WHERE damaged), '{{}}'),
           coalesce(array_agg(number) FILTER (WHERE damaged), '{{}}')
    FROM (
        SELECT file, number, CASE upper WHEN 0 THEN page <> decode(repeat('00', bytes), 'hex')
                                        ELSE {schema}.page_checksum(page, first + number) <> checksum END AS damaged
        FROM unnest({files}::text[]) AS file,
             LATERAL (SELECT current_setting('block_size')::int AS bytes OFFSET 0) AS block,
             LATERAL (SELECT coalesce(substring(file FROM '\.(\d+)$')::bigint, 0)
                             * pg_size_bytes(current_setting('segment_size')) / bytes AS first OFFSET 0) AS segment,
             pg_stat_file(file, true) AS stat,
             generate_series(0, stat.size / bytes - 1) AS number,
             LATERAL (SELECT pg_read_binary_file(file, number * bytes, bytes, true) AS page OFFSET 0) AS read,
             {schema}.page_header(page) AS header
        WHERE length(page) = bytes
        OFFSET 0
    ) AS pages
"""
_RELATION = r"""
    SELECT pg_filenode_relation(0, substring({file} FROM '(\d+)[^/]*$')::oid)::regclass::text FROM pg_database
    WHERE datname = current_database() AND {file} LIKE 'base/' || oid || '/%'
"""


@dataclass(frozen=True)
class Verified:
    """How much was verified, and the damaged pages: each with its file, and its relation where that can be told."""

    files: int
    pages: int
    damaged: tuple[str, ...]


def verify(access: Access) -> Verified:
    """Verify every page of the server's data on disk.

    The extension is made where it is not there, in a transaction that is rolled back. Raises CannotRunError when the
    cluster has no checksums or the installation no pageinspect, StepFailedError with the server's message.
    """
    try:
        with connect(access, access.database, _SETTINGS) as session, session.transaction(force_rollback=True):
            if ask(session, _ENABLED) != [(True,)]:
                raise CannotRunError(
                    "the cluster has no data checksums, so no page can be verified",
                    hint="initdb --data-checksums, or pg_checksums --enable while the server is stopped",
                )
            schema = extension(session, "pageinspect")
            files = [file for (file,) in ask(session, _FILES)]
            pages, damaged = _look(session, schema, files)
            for _ in range(LOOKS - 1):
                damaged &= _look(session, schema, {file for file, _ in damaged})[1] if damaged else damaged
            named = tuple(_name(session, file, page) for file, page in sorted(damaged))
            return Verified(len(files), pages, named)
    except psycopg.Error as error:
        raise StepFailedError(primary_message(error)) from None


def _look(session: Session, schema: str, files: Iterable[str]) -> tuple[int, set[tuple[str, int]]]:
    """Return how many pages these files have, and which of them, by file and number, have a wrong checksum."""
    query = sql.SQL(_PAGES).format(schema=sql.SQL(schema), files=sql.Literal(list(files)))
    [(pages, damaged, numbers)] = ask(session, query.as_string())
    return pages, set(zip(damaged, numbers, strict=True))


def _name(session: Session, file: str, page: int) -> str:
    names = ask(session, sql.SQL(_RELATION).format(file=sql.Literal(file)).as_string())
    relation = next((name for (name,) in names if name), None)
    return f"{file} page {page}" + (f" of {relation}" if relation else "")
