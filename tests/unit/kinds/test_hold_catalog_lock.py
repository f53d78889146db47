"""The sabotage `hold-catalog-lock`: what it needs. What it does: tests/real/test_sabotage.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.declared_lab import LabDeclaration
from orchestrator.kinds.sabotage.hold_catalog_lock import HoldCatalogLock

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


def test_it_needs_prepared_transactions(lab: Lab) -> None:
    """A server takes none unless it is told how many."""
    drill, service = lab.loaded.drill, lab.service("db")
    says = "db needs max_prepared_transactions in its settings: by default there are none"
    assert list(HoldCatalogLock(service="db").mistakes(drill)) == [("service", says)]
    told = service.model_copy(update={"settings": {"max_prepared_transactions": 1}})
    ready = drill.model_copy(update={"lab": LabDeclaration(services={"db": told})})
    assert list(HoldCatalogLock(service="db").mistakes(ready)) == []
