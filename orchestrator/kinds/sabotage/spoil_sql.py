"""The sabotage `spoil-sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.confirming import OwnSabotage, answers_true

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class SpoilSql(OwnSabotage):
    """Put a fault of your own in with SQL, to see that a check of yours catches it.

    Confirmed by a query of your own, asked before and after: one that was already true shows no fault.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = (
        "spoil-sql: {service: db, run: DELETE FROM orders, confirm: SELECT count(*) = 0 FROM orders}"
    )

    statement: str = Field(alias="run", min_length=1, description="The SQL that spoils, as the application's role.")
    question: str = Field(
        alias="confirm", min_length=1, description="A query that returns one boolean: true when the fault is there."
    )
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    def do(self, lab: Lab) -> None:
        """Run the SQL; raises StepFailedError with the server's message."""
        lab.sql(self.service, self.statement, self.database)

    def is_there(self, lab: Lab) -> bool:
        """Ask the confirming query; raises StepFailedError when it returns no single boolean."""
        return answers_true(lab, self.service, self.question, self.database)
