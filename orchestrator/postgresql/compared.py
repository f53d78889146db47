"""Whether harm to a table can be noticed at all: how many of its rows `postgres-content` compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.postgresql.content import Content, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

CONTENT = "postgres-content"


def mistakes(drill: Drill, service: str) -> Iterator[tuple[str, str]]:
    """Yield that nothing compares the service's tables, as a mistake in the setting `relation`."""
    if not any(check.kind == CONTENT and service in check.services() for check in drill.checks):
        yield "relation", f"no {CONTENT} of {service} compares it, so what is done to it need not matter"


def compared_rows(lab: Lab, service: str, relation: str) -> int:
    """Return how many rows of `schema.table`, in the service's database, were remembered for comparison."""
    remembered = lab.remembered(CONTENT, service)
    if remembered is None:
        return 0
    databases = Content.model_validate(remembered).databases
    return databases[lab.service(service).database].tables.get(relation, Rows()).count
