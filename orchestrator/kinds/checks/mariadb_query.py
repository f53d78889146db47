"""The check `mariadb-query`."""

from __future__ import annotations

from typing import ClassVar

from orchestrator.core.query_check import QueryCheck


class MariadbQuery(QueryCheck):
    """Ask MariaDB and compare: one value with what is expected, or all rows with those of before.

    Proves what the query asks, no more. MariaDB's true is the number 1: expect that. Rows are kept out of the evidence:
    of an answer to be compared with that of before, it holds how many they were and a digest. As a `detect:` check it
    is what notices a disaster that leaves the service up.
    """

    example: ClassVar[str] = "mariadb-query: {service: db, query: SELECT COUNT(*) > 0 FROM orders, expect: 1}"
    proves: ClassVar[str] = "The queries asked of the recovered data gave the expected answers."
