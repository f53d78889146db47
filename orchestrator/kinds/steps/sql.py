"""The step `sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Sql(Step):
    """Run SQL statements on a service, as the application's role (by the image's contract a superuser).

    Several statements separated by semicolons are one transaction. An error of the server fails the step.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "sql: {service: db, run: CREATE TABLE orders (id int PRIMARY KEY)}"

    service: str = Field(description="The service that runs the statements.")
    statement: str = Field(alias="run", min_length=1, description="The SQL statements.")
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    def run(self, lab: Lab) -> str:
        """Run them and return how many rows the last returned; raises StepFailedError or StepTimedOutError."""
        rows = lab.sql(self.service, self.statement, self.database, timeout_s=self.timeout)
        return f"rows returned by {self.service}: {len(rows)}"
