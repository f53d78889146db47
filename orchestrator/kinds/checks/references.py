"""The check `references`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class References(Check):
    """Ask one service what it refers to, and see that another has all of it: sessions of accounts, jobs of orders.

    Proves that two services, each recovered by itself, still fit together in what the two queries ask for. Values are
    compared as text and kept out of the evidence: it holds how many there were. Says nothing of what the other service
    has and nobody refers to.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = (
        "references: {service: orders, query: SELECT customer FROM orders, to: crm, to_query: SELECT id FROM customers}"
    )
    proves: ClassVar[str] = "What one recovered service refers to is there in the other."

    service: str = Field(description="The service that refers.")
    query: str = Field(min_length=1, description="Asked of it: returns one column, what it refers to.")
    to: str = Field(description="The service that is referred to.")
    to_query: str = Field(min_length=1, description="Asked of that: returns one column, what there is.")
    at_least: int = Field(default=1, ge=0, description="The fewest different values that must be referred to.")
    within: Duration = Field(default=60.0, gt=0, description="Longest time until each answer is there.")

    def services(self) -> tuple[str, ...]:
        """Return both services."""
        return (self.service, self.to)

    def look(self, lab: Lab) -> list[Finding]:
        """Ask both; violated if anything is missing, too little refers, or a query fails.

        Unknown if a query is not one of values.
        """
        asked = ((self.service, self.query), (self.to, self.to_query))
        try:
            answers = [lab.sql(service, query, timeout_s=self.within) for service, query in asked]
        except StepFailedError as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=f"a query failed: {error.message}")]
        for (service, query), rows in zip(asked, answers, strict=True):
            if any(len(row) != 1 for row in rows):
                says = f"{service}: the query returns more than one column, so nothing is compared: {query}"
                return [Finding(name=self.kind, state=State.UNKNOWN, says=says)]
        return [self._compared(*map(values, answers))]

    def _compared(self, wanted: set[str], there: set[str]) -> Finding:
        missing, few = len(wanted - there), len(wanted) < self.at_least
        if missing:
            says = f"{missing} of the {len(wanted)} values it refers to are not in {self.to}"
        elif few:
            says = f"it refers to {len(wanted)} values; {self.at_least} at least were expected"
        else:
            says = f"all of the {len(wanted)} values it refers to are in {self.to}"
        state = State.VIOLATED if missing or few else State.HELD
        seen = {"referred_to": len(wanted), "missing": missing, "there": len(there)}
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)


def values(rows: list[tuple[object, ...]]) -> set[str]:
    """Return the values of an answer's one column, as text; what refers to nothing, null, is none."""
    return {
        value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        for (value,) in rows
        if value is not None
    }
