"""The disaster `damage-sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.confirming import OwnDamage, answers_true

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class DamageSql(OwnDamage):
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

    statement: str = Field(alias="run", min_length=1, description="The SQL that damages, as the application's role.")
    question: str = Field(
        alias="confirm", min_length=1, description="A query that returns one boolean: true when the damage is there."
    )
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    def do(self, lab: Lab) -> str:
        """Run the SQL; raises StepFailedError with the server's message."""
        lab.sql(self.service, self.statement, self.database)
        return f"{self.service} ran `{self.statement}`"

    def is_there(self, lab: Lab) -> bool:
        """Ask the confirming query; raises StepFailedError when it returns no single boolean."""
        return answers_true(lab, self.service, self.question, self.database)
