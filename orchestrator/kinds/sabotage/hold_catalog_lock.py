"""The sabotage `hold-catalog-lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# In share mode everybody may read the list of types, and nobody add to it, as every new table does.
HOLD = "BEGIN; LOCK TABLE pg_catalog.pg_type IN SHARE MODE; PREPARE TRANSACTION 'drillmaster-orphan'"
TRY = "SET lock_timeout = '500ms'; BEGIN; CREATE TABLE drillmaster_try (); ROLLBACK"
LOCK_NOT_AVAILABLE = "55P03"


class HoldCatalogLock(Sabotage):
    """Leave behind a prepared transaction that holds a lock: rows are read and written, no table can be made.

    What a transaction manager that died with the disaster leaves; it survives restarts. Confirmed by a table that
    cannot be made.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "hold-catalog-lock: db"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service in whose database the lock is held; needs max_prepared_transactions.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that takes prepared transactions, and whose taking of new tables is looked at."""
        for service in suiting.servers(drill, "postgres-writable"):
            if drill.lab.services[service].settings.get("max_prepared_transactions"):
                yield cls(service=service), Expect.failed_by("postgres-writable")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that the server takes no prepared transactions."""
        service = drill.lab.services.get(self.service)
        if service and not service.settings.get("max_prepared_transactions"):
            yield (
                "service",
                f"{self.service} needs max_prepared_transactions in its settings: by default there are none",
            )

    def spoil(self, lab: Lab) -> Finding:
        """Leave the lock, and try to make a table."""
        lab.sql(self.service, HOLD)
        try:
            lab.sql(self.service, TRY)
            refusal = ""
        except StepFailedError as error:
            refusal = error.message
        return self.confirmation(
            f"{self.service}: making a table: {refusal or 'succeeded'}",
            matters=LOCK_NOT_AVAILABLE in refusal,
            seen={"refusal": refusal},
        )
