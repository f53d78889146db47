"""The check `postgres-query`."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.core.query_check import QueryCheck


class PostgresQuery(QueryCheck):
    """Ask PostgreSQL and compare: one value with what is expected, or all rows with those of before.

    Proves what the query asks, no more. Rows are kept out of the evidence: of an answer to be compared with that of
    before, it holds how many they were and a digest. As a `detect:` check it is what notices a disaster that leaves
    the service up.
    """

    example: ClassVar[str] = "postgres-query: {service: db, query: SELECT count(*) FROM orders, at_least: 1000}"
    proves: ClassVar[str] = "The queries asked of the recovered data gave the expected answers."
