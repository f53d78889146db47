"""The check `postgres-amcheck`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.postgresql.amcheck import verify
from orchestrator.postgresql.session import databases, shown
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

NAMED = 20


class PostgresAmcheck(Check):
    """Let PostgreSQL verify the structure of every table, and that every B-tree index finds every row of its table.

    In all databases, system tables included, with amcheck's verify_heapam and bt_index_check (heapallindexed). Finds a
    damaged index, which no comparison of rows can. Does not compare values with what they should be:
    postgres-content does. Before PostgreSQL 14 indexes only: it has no verifier for tables.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-amcheck: db"
    proves: ClassVar[str] = "Tables are sound and B-tree indexes complete."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Indexes other than B-trees are sound: PostgreSQL has no verifier for them.",
    )

    service: str = Field(description="The service to verify.")

    def look(self, lab: Lab) -> list[Finding]:
        """Verify every relation; unknown if there was none. Raises CannotRunError where amcheck is not installed."""
        verified: dict[str, list[str]] = {}
        try:
            access = lab.access(self.service)
            for database in databases(access):
                verified |= {shown(f"{database}: {relation}"): wrong for relation, wrong in verify(access, database)}
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._judged(verified)]

    def _judged(self, verified: dict[str, list[str]]) -> Finding:
        problems = [f"{relation}: {problem}" for relation, wrong in verified.items() for problem in wrong]
        seen = {"relations": len(verified), "problems": problems[:NAMED]}
        if problems:
            damaged = sum(1 for wrong in verified.values() if wrong)
            says = f"{damaged} of {len(verified)} relations are damaged: {problems[0]}"
            return Finding(name=self.kind, state=State.VIOLATED, says=f"{self.service}: {says}", seen=seen)
        state = State.HELD if verified else State.UNKNOWN
        says = f"{len(verified)} tables and indexes verified" if verified else "there was no relation to verify"
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)
