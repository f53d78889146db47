"""The check `postgres-writable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql.session import databases, shown
from orchestrator.postgresql.writing import write
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class PostgresWritable(Check):
    """Make a table in every database, write, read and count in it, commit, and drop it again.

    Finds a server that reads and takes the ledger's rows but not an application's work: locks left behind, a missing
    tablespace, a database that only reads. Says nothing of the application's own rights and tables.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-writable: db"
    proves: ClassVar[str] = "Every database takes new tables, rows and commits."
    not_proven: ClassVar[tuple[str, ...]] = ("The application itself works: only its database was used.",)

    service: str = Field(description="The service to write to.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time for one database.")

    def look(self, lab: Lab) -> list[Finding]:
        """Write to every database; violated with the server's message."""
        failures: dict[str, str] = {}
        names: list[str] = []
        try:
            access = lab.access(self.service)
            names = databases(access)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        for name in names:
            try:
                write(access, name, self.within)
            except StepFailedError as error:
                failures[shown(name)] = error.message
        seen: dict[str, object] = {"databases": [shown(name) for name in names], "failures": failures}
        if failures:
            return [
                self._finding(State.VIOLATED, "; ".join(f"{name}: {says}" for name, says in failures.items()), seen)
            ]
        if not names:
            return [self._finding(State.UNKNOWN, "there is no database to write to", seen)]
        return [self._finding(State.HELD, f"{len(names)} databases take new tables, rows and commits", seen)]

    def _finding(self, state: State, says: str, seen: dict[str, object]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)
