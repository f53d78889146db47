"""A small catalogue of throw-away kinds, and a drill of them to put mistakes into."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.catalogue import Catalogue
from orchestrator.core.kind import Check, Disaster, Kind, Moment, Sabotage, Step, Workload
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import RunningLedger

NOTHING = Finding(name="nothing", state=State.UNKNOWN, says="nothing was done")


class Mend(Step):
    """Mend a service."""

    kind: ClassVar[str] = "mend"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "mend: db"
    service: str = Field(description="The service to mend.")

    def run(self, lab: Lab) -> str:
        """Do nothing."""
        return f"{self.service} of {lab.run}"


class Playbook(Step):
    """Run a playbook."""

    kind: ClassVar[str] = "playbook"
    main: ClassVar[str] = "playbook"
    example: ClassVar[str] = "playbook: mend.yml"
    playbook: str = Field(description="The playbook.")
    tags: tuple[str, ...] = Field(default=(), description="Its tags.")

    def run(self, lab: Lab) -> str:
        """Do nothing."""
        return f"{self.playbook} of {lab.run}"


class Traffic(Workload):
    """Send traffic."""

    kind: ClassVar[str] = "traffic"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "traffic: db"
    service: str = Field(description="Where to.")

    def prepare(self, lab: Lab) -> None:
        """Do nothing."""

    def start(self, lab: Lab) -> RunningLedger:
        """Never called."""
        raise NotImplementedError


class LoseVolume(Disaster):
    """Lose a volume."""

    kind: ClassVar[str] = "lose-volume"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "lose-volume: {service: db, volume: data}"
    service: str = Field(description="The service.")
    volume: str = Field(description="The volume.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield an unknown volume."""
        service = drill.lab.services.get(self.service)
        if service and self.volume not in service.volumes:
            yield "volume", f"{self.service} has no volume {self.volume!r}"

    def inject(self, lab: Lab) -> str:
        """Do nothing."""
        return lab.run

    def confirm(self, lab: Lab) -> Finding:  # noqa: ARG002 - the port's signature
        """Confirm nothing."""
        return NOTHING


class RowsContent(Check):
    """Compare rows."""

    kind: ClassVar[str] = "rows-content"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "rows-content: db"
    service: str = Field(default="db", description="Where.")

    def look(self, lab: Lab) -> list[Finding]:  # noqa: ARG002 - the port's signature
        """Find nothing."""
        return [NOTHING]


class Answers(RowsContent):
    """See that it answers."""

    kind: ClassVar[str] = "answers"


class Spoil(Sabotage):
    """Spoil something."""

    kind: ClassVar[str] = "spoil"
    main: ClassVar[str] = "what"
    example: ClassVar[str] = "spoil: backup"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    what: str = Field(description="What to spoil.")

    def spoil(self, lab: Lab) -> Finding:  # noqa: ARG002 - the port's signature
        """Spoil nothing."""
        return NOTHING


KINDS: tuple[type[Kind], ...] = (Mend, Playbook, Traffic, LoseVolume, RowsContent, Answers, Spoil)
CATALOGUE = Catalogue({kind.kind: kind for kind in KINDS}, ("postgres", "redis"))

DRILL = """\
drill: lost-disk
title: The disk is gone
system: orders
owner: data-platform
objectives: {rto: 2m, rpo: 5s}
lab:
  services:
    db:
      type: postgres
      image: postgres:15
      memory: 1GiB
      volumes: {data: /data, repo: /repo}
      settings: {archive_timeout: 2s}
workload:
  - traffic: db
disaster:
  - lose-volume: {service: db, volume: data}
recover:
  - mend: db
checks:
  - rows-content: db
"""
