"""Whether harm to a table can be noticed at all: how many of its rows `postgres-content` compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.postgresql.content import Content, Database, Rows
from orchestrator.postgresql.session import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Check
    from orchestrator.core.lab import Lab

CONTENT = "postgres-content"


def mistakes(drill: Drill, service: str) -> Iterator[tuple[str, str]]:
    """Yield that nothing compares the service's tables, as a mistake in the setting `relation`."""
    if not _comparing(drill, service):
        yield "relation", f"no {CONTENT} of {service} compares it, so what is done to it need not matter"


def compared_rows(lab: Lab, service: str, relation: str) -> int:
    """Return how many rows of `schema.table`, in the service's database, were remembered for comparison."""
    memories = (lab.remembered(check.memory, service) for check in _comparing(lab.loaded.drill, service))
    contents = [Content.model_validate(memory) for memory in memories if memory is not None]
    own = shown(lab.service(service).database)
    databases = (content.databases.get(own, Database()) for content in contents)
    return max((database.tables.get(relation, Rows()).count for database in databases), default=0)


def _comparing(drill: Drill, service: str) -> list[Check]:
    return [check for check in drill.checks if check.kind == CONTENT and service in check.services()]
