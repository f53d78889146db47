"""What a lab is made with: ports to the world, the run's secrets, and where in the drill it stands."""

from __future__ import annotations

import secrets as random_secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.events import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.docker_port import Docker
    from orchestrator.core.ledger_port import Ledgers
    from orchestrator.core.ports import Clock, Guard, Journal, Links, Machine, Person, Playbooks
    from orchestrator.core.software_port import Software


@dataclass(frozen=True)
class Ports:
    """All the lab touches the world through."""

    clock: Clock
    journal: Journal
    machine: Machine
    docker: Docker
    guard: Guard
    links: Links
    playbooks: Playbooks
    ledgers: Ledgers
    person: Person
    software: Mapping[str, Software]


class SecretValues:
    """The run's secrets, generated on first use or given, and kept in memory only."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}

    def value(self, service: str, name: str) -> str:
        """Return the secret, the same at every call."""
        return self._values.setdefault((service, name), random_secrets.token_urlsafe(24))

    def keep(self, service: str, name: str, value: str) -> None:
        """Keep a secret that was given, so that it is taken out of all that is written down."""
        self._values[service, name] = value

    def all(self) -> tuple[str, ...]:
        """Return every value handed out so far, for redaction."""
        return tuple(self._values.values())


@dataclass
class Progress:
    """Where in the drill the run stands; task facts are filed under it."""

    phase: Phase = Phase.PLAN
    step: int = 0
    tier: str = ""
