"""The check `postgres-query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class PostgresQuery(Check):
    """Ask PostgreSQL for one value and compare it with the expected one.

    Proves what the query asks, no more. The value itself is kept out of the evidence. As a `detect:` check it is what
    notices a disaster that leaves the service up.
    """

    main: ClassVar[str] = "query"
    example: ClassVar[str] = "postgres-query: {service: db, query: SELECT count(*) > 0 FROM orders}"
    proves: ClassVar[str] = "The queries asked of the recovered data gave the expected answers."

    service: str = Field(description="The service to ask.")
    query: str = Field(min_length=1, description="A query that returns one value.")
    expect: bool | int | float | str = Field(default=True, description="The value, compared as text.")
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask; violated if the answer is another, not one value, or an error."""
        try:
            rows = lab.sql(self.service, self.query, self.database)
        except StepFailedError as error:
            return [self._finding(State.VIOLATED, f"the query failed: {error.message}")]
        if [len(row) for row in rows] != [1]:
            return [self._finding(State.VIOLATED, f"the query returned {len(rows)} rows, not one value")]
        if _text(rows[0][0]) != _text(self.expect):
            return [self._finding(State.VIOLATED, "the query's value is not the expected one")]
        return [self._finding(State.HELD, "the query's value is the expected one")]

    def _finding(self, state: State, says: str) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}: {self.query}")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
