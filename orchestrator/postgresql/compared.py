"""Whether harm to a table can be noticed at all: which tables' rows `postgres-content` compares, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.content import Rows
from orchestrator.core.content_check import largest_tables, remembered_databases
from orchestrator.postgresql.session import shown
from orchestrator.postgresql.suiting import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Check
    from orchestrator.core.lab import Lab


def mistakes(drill: Drill, service: str, setting: str = "relation") -> Iterator[tuple[str, str]]:
    """Yield that nothing compares what the service holds, as a mistake in a setting."""
    if not _comparing(drill, service):
        yield setting, f"no {CONTENT} of {service} compares it, so what is done to it need not matter"


def tables(lab: Lab, service: str, chosen: str | None = None) -> list[str]:
    """Return the chosen table, or else those of the service's database whose rows are compared, the largest first.

    Raises StepFailedError when none is chosen and no rows are compared.
    """
    if chosen is not None:
        return [chosen]
    return largest_tables(lab, CONTENT, service, shown(lab.service(service).database))


def compared_rows(lab: Lab, service: str, relation: str) -> int:
    """Return how many rows of `schema.table`, in the service's database, were remembered for comparison."""
    databases = remembered_databases(lab, CONTENT, service, shown(lab.service(service).database))
    return max((database.tables.get(relation, Rows()).count for database in databases), default=0)


def _comparing(drill: Drill, service: str) -> list[Check]:
    return [check for check in drill.checks if check.kind == CONTENT and service in check.services()]
