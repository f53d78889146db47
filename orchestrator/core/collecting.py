"""What is collected when a drill has ended, whatever way: the ledger's account, and what the services said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core import service_log
from orchestrator.core.errors import StepFailedError
from reports.facts.events import AnyFact, LedgerClosed, ServerMark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab


def closed(lab: Lab) -> Iterator[AnyFact]:
    """End each ledger and yield its account; one that is gone gave none."""
    for service, ledger in lab.ledgers.items():
        folder = f"ledger/{service}"
        try:
            yield LedgerClosed(service=service, folder=folder, sha256=ledger.close())
        except StepFailedError as error:
            yield LedgerClosed(service=service, folder=folder, sha256=None, says=error.message)


def server_marks(lab: Lab) -> Iterator[AnyFact]:
    """Yield the moments that the services' logs tell."""
    for service in lab.loaded.drill.lab.services:
        for mark, at in service_log.marks(lab, service):
            yield ServerMark.model_validate({"service": service, "mark": mark, "at": at})


def keep_logs(lab: Lab) -> None:
    """Keep every service's log among the evidence."""
    for service in lab.loaded.drill.lab.services:
        service_log.keep(lab, service)
