"""The sabotage `turn-read-only`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.1
TRY = "BEGIN; CREATE TABLE drillmaster_try (); ROLLBACK"
READ_ONLY = "25006"


class TurnReadOnly(Sabotage):
    """Let every transaction of the recovered server be read-only by default, as a switch left over does.

    Everything that is read is right; nothing can be written. Confirmed by a table that cannot be made.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "turn-read-only: db"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service that takes no writes any more.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until the setting must be in force.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server whose writing is looked at."""
        for service in suiting.servers(drill, "postgres-writable"):
            yield cls(service=service), Expect.failed_by("postgres-writable")

    def spoil(self, lab: Lab) -> Finding:
        """Set it, and try to make a table until that is refused."""
        lab.sql(self.service, "ALTER SYSTEM SET default_transaction_read_only = on")
        lab.sql(self.service, "SELECT pg_reload_conf()")
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while not (refusal := self._refusal(lab)) and lab.clock.monotonic_ns() < deadline:
            lab.clock.sleep(POLL_S)
        return self.confirmation(
            f"{self.service}: making a table: {refusal or 'succeeded'}",
            matters=READ_ONLY in refusal,
            seen={"refusal": refusal},
        )

    def _refusal(self, lab: Lab) -> str:
        try:
            lab.sql(self.service, TRY)
        except StepFailedError as error:
            return error.message
        return ""
