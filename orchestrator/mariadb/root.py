"""What only MariaDB's root may ask: of every database, and of all roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.core.software_port import Access


def access(lab: Lab, service: str, database: str | None = None) -> Access:
    """Return how root reaches a service now; raises NotReadyError while there is no address."""
    applications = lab.access(service, database)
    return replace(applications, user="root", password=lab.secrets.value(service, "root_password"))


def ask(lab: Lab, service: str, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
    """Run statements as root in the service's own database and return the rows of the last.

    Raises NotReadyError while there is no address, StepFailedError with the server's message, StepTimedOutError.
    """
    return lab.software(service).execute(access(lab, service), statement, timeout_s=timeout_s)
