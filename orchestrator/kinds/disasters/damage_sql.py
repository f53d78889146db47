"""The disaster `damage-sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.confirming import answers_true, compared
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Disaster
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class DamageSql(Disaster):
    """Damage data with SQL, as a bad migration or a person with too many rights would; the service stays up.

    Proves that the data can be brought back to before the damage. The damage is confirmed by a query of your own, asked
    before and after: one that was already true shows no damage. Does not prove that anybody would notice the damage:
    the ledger does not, so give `detect` a check that does.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = (
        "damage-sql: {service: db, run: DROP TABLE orders, confirm: SELECT to_regclass('orders') IS NULL}"
    )
    proves: ClassVar[str] = "The data comes back after damage through SQL that the server itself took for right."
    not_proven: ClassVar[tuple[str, ...]] = (
        "That anybody but the drill would notice such damage: it knows what to look for, and when.",
    )
    stays_up: ClassVar[bool] = True

    service: str = Field(description="The service whose data is damaged.")
    statement: str = Field(alias="run", min_length=1, description="The SQL that damages, as the application's role.")
    question: str = Field(
        alias="confirm", min_length=1, description="A query that returns one boolean: true when the damage is there."
    )
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    def inject(self, lab: Lab) -> str:
        """Ask for the damage, damage, and return so; raises StepFailedError with the server's message."""
        before = self._damaged(lab)
        lab.remember(self.memory, self.service, before, f"before the damage, `{self.question}` answered {before}")
        lab.sql(self.service, self.statement, self.database)
        return f"{self.service} ran `{self.statement}`"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the query answers true and did not before; unknown if it cannot be asked."""
        before = lab.remembered(self.memory, self.service)
        try:
            after = self._damaged(lab)
        except StepFailedError as error:
            return self._finding(State.UNKNOWN, f"cannot tell: {error.message}", {"before": before})
        done, says = compared("damage", before=before, after=after)
        seen = {"before": before, "after": after}
        return self._finding(State.HELD if done else State.VIOLATED, says, seen)

    def _damaged(self, lab: Lab) -> bool:
        return answers_true(lab, self.service, self.question, self.database)

    def _finding(self, state: State, says: str, seen: dict[str, bool | None]) -> Finding:
        return Finding(name="disaster-confirmed", state=state, says=f"{self.service}: {says}", seen=seen)
