"""Endpoints that a fail-over moves: clients, the ledger among them, follow at their next connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError
from reports.facts.lab import ENDPOINT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.lab import Lab

HINT = f"hand back {ENDPOINT} as a service's name, or as {{endpoint: service}} where the lab has several endpoints"


def move(lab: Lab, facts: Mapping[str, object]) -> None:
    """Move the endpoint that is among the facts a playbook handed back, if one is, and tell its ledger.

    Raises StepFailedError where it leads nowhere that the endpoint's clients could go.
    """
    if ENDPOINT not in facts:
        return
    told = _moves(facts[ENDPOINT], [*lab.endpoints])
    moves = {endpoint: _alike(lab, endpoint, service) for endpoint, service in told.items()}
    lab.endpoints |= moves
    for written, ledger in lab.ledgers.items():
        if written in moves:
            ledger.move(lab.container(written))


def _moves(told: object, known: list[str]) -> dict[str, object]:
    if isinstance(told, str) and len(known) == 1:
        return {known[0]: told}
    if isinstance(told, dict) and told.keys() <= {*known}:
        return told
    endpoints = ", ".join(known) or "none"
    raise StepFailedError(f"a playbook moved an endpoint to {told!r}; the lab's endpoints: {endpoints}", hint=HINT)


def _alike(lab: Lab, endpoint: str, service: object) -> str:
    """Return the service if it is one that the endpoint's clients can talk to; raises StepFailedError."""
    services = lab.loaded.drill.lab.services
    if not isinstance(service, str) or service not in services:
        known = ", ".join(services)
        raise StepFailedError(f"a playbook moved {endpoint} to {service!r}; the lab's services: {known}", hint=HINT)
    if (there := services[service].type) != (here := lab.service(endpoint).type):
        raise StepFailedError(f"a playbook moved {endpoint} to {service}, which is {there} and not {here}", hint=HINT)
    return service
