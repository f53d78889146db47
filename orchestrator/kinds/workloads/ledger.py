"""The workload `ledger`."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.discovery import names_in
from orchestrator.core.kind import Workload
from orchestrator.core.ledger_port import LedgerSettings
from orchestrator.core.units import Duration, Rate  # noqa: TC001 - pydantic reads them
from reports.facts.events import LedgerStarted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import RunningLedger

SOFTWARE, CLIENTS = "orchestrator.software", "orchestrator.ledger.clients"


class Ledger(Workload):
    """Write numbered rows into a service all through the run, and remember the answer to each.

    It measures which acknowledged writes are there after the recovery, and from when on clients could write again. It
    shows the fate of its own small writes; it says nothing of long transactions or of the application's own load.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "ledger: {service: db, writers: 4, rate: 200/s}"

    service: str = Field(description="The service to write to, or the endpoint to follow wherever it is moved.")
    writers: int = Field(default=4, ge=1, le=64, description="Connections that write at the same time.")
    rate: Rate = Field(default=200.0, gt=0, description="Writes of all writers together.")
    deadline: Duration = Field(
        default=1.0,
        gt=0,
        description="An attempt without an answer for this long is in doubt and its connection dropped.",
    )

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is no ledger for a type of service that keeps no data of its own."""
        declared = drill.lab.services.get(self.service)
        if declared and declared.type in {*names_in(SOFTWARE)} - {*names_in(CLIENTS)}:
            yield "service", f"there is no ledger for {self.service}: a service of type {declared.type} keeps no data"

    def prepare(self, lab: Lab) -> None:
        """Make what it writes into."""
        lab.software(self.service).prepare_ledger(lab.access(self.service))

    def start(self, lab: Lab) -> RunningLedger:
        """Start to write, in a process of its own."""
        folder = lab.folder / "ledger" / self.service
        ledger = lab.ports.ledgers.start(
            LedgerSettings(
                service=self.service,
                type=lab.service(self.service).type,
                container=lab.container(self.service),
                network=lab.network,
                port=lab.software(self.service).port,
                user=lab.service(self.service).user,
                database=lab.service(self.service).database,
                password=lab.secret(self.service, "password"),
                via=self._via(lab),
                writers=self.writers,
                rate_per_s=self.rate,
                deadline_s=self.deadline,
                # Random, so that no row of another run can pass for one of this run's.
                nonce=f"{lab.run}-{secrets.token_hex(8)}",
                folder=folder,
            )
        )
        fact = LedgerStarted(
            service=self.service,
            folder=str(folder.relative_to(lab.folder)),
            writers=self.writers,
            rate_per_s=self.rate,
            deadline_s=self.deadline,
        )
        lab.ports.journal.append(fact)
        return ledger

    def _via(self, lab: Lab) -> tuple[str, int] | None:
        for name, endpoint in lab.loaded.drill.lab.endpoints.items():
            if self.service in (name, endpoint.service) and endpoint.via:
                host, _, port = endpoint.via.rpartition(":")
                return host, int(port)
        return None
