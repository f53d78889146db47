"""Whether harm to a table can be noticed at all: which tables' rows `postgres-content` compares, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.content import Content, Database, Rows
from orchestrator.core.errors import StepFailedError
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
    sizes = [(-rows.count, name) for database in _databases(lab, service) for name, rows in database.tables.items()]
    found = [name for size, name in sorted(sizes) if size]
    if not found:
        raise StepFailedError(f"{service}: {CONTENT} compares no rows in it, so there is no table to spoil")
    return found


def compared_rows(lab: Lab, service: str, relation: str) -> int:
    """Return how many rows of `schema.table`, in the service's database, were remembered for comparison."""
    databases = _databases(lab, service)
    return max((database.tables.get(relation, Rows()).count for database in databases), default=0)


def _databases(lab: Lab, service: str) -> list[Database]:
    """Return what each check remembers of the service's own database."""
    memories = (lab.remembered(check.memory, service) for check in _comparing(lab.loaded.drill, service))
    contents = [Content.model_validate(memory) for memory in memories if memory is not None]
    own = shown(lab.service(service).database)
    return [content.databases.get(own, Database()) for content in contents]


def _comparing(drill: Drill, service: str) -> list[Check]:
    return [check for check in drill.checks if check.kind == CONTENT and service in check.services()]
