"""The part of every check that asks a query of its own: what the answer must be, and how it is told."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

Row = tuple[object, ...]


class QueryCheck(Check):
    """Ask the service and compare: one value with what is expected, or all rows with those of before."""

    main: ClassVar[str] = "query"

    service: str = Field(description="The service to ask.")
    query: str = Field(min_length=1, description="The query; it returns one value, unless its answer is compared.")
    expect: bool | int | float | str | None = Field(
        default=None, description="The value it must be, compared as text; true when nothing else is asked for."
    )
    at_least: int | float | None = Field(default=None, description="The smallest number it may be.")
    at_most: int | float | None = Field(default=None, description="The largest number it may be.")
    compare: Literal["before"] | None = Field(
        default=None, description="`before`: the rows, in any order, must be those of the end of `protect`."
    )
    database: str | None = Field(default=None, description="The database; the service's own by default.")
    within: Duration = Field(default=60.0, gt=0, description="Longest time until the answer is there.")

    @model_validator(mode="after")
    def _one_expectation(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        if [self.expect is not None, bounded, self.compare is not None].count(True) > 1:
            raise ValueError("give one of expect, at_least and at_most, or compare")
        return self

    def remember(self, lab: Lab) -> None:
        """Take the answer to compare with; raises StepFailedError with the server's message."""
        if self.compare:
            answer = self._answer(lab)
            lab.remember(self.memory, self.service, answer, f"{answer['rows']} rows: {self.query}")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask; violated if the answer is another or an error, unknown if there is none of before to compare with."""
        try:
            return [self._compared(lab) if self.compare else self._valued(self._rows(lab))]
        except StepFailedError as error:
            return [self._finding(State.VIOLATED, f"the query failed: {error.message}")]

    def _rows(self, lab: Lab) -> list[Row]:
        return lab.sql(self.service, self.query, self.database, timeout_s=self.within)

    def _answer(self, lab: Lab) -> dict[str, Any]:
        rows = sorted(map(repr, self._rows(lab)))
        digest = hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()
        return {"rows": len(rows), "sha256": digest}

    def _compared(self, lab: Lab) -> Finding:
        before, now = lab.remembered(self.memory, self.service), self._answer(lab)
        if before is None:
            return self._finding(State.UNKNOWN, "nothing was remembered before the disaster to compare with")
        seen = {"before": before, "now": now}
        if now == before:
            return self._finding(State.HELD, f"the {now['rows']} rows are those of before", seen)
        if now["rows"] != before["rows"]:
            return self._finding(State.VIOLATED, f"{now['rows']} rows, not {before['rows']} as before", seen)
        return self._finding(State.VIOLATED, f"the {now['rows']} rows are not those of before", seen)

    def _valued(self, rows: list[Row]) -> Finding:
        if [len(row) for row in rows] != [1]:
            return self._finding(State.VIOLATED, f"the query returned {len(rows)} rows, not one value")
        [[value]] = rows
        if self.at_least is None and self.at_most is None:
            held, expected = _text(value) == _text(True if self.expect is None else self.expect), "the expected one"
        elif isinstance(value, bool) or not isinstance(value, int | float | Decimal) or isnan(value):
            return self._finding(State.VIOLATED, "the query's value is no number")
        else:
            low, high = self.at_least, self.at_most
            held = (low is None or value >= low) and (high is None or value <= high)
            bounds = {"at least": low, "at most": high}
            expected = " and ".join(f"{word} {bound}" for word, bound in bounds.items() if bound is not None)
        return self._finding(
            State.HELD if held else State.VIOLATED, f"the query's value is {'' if held else 'not '}{expected}"
        )

    def _finding(self, state: State, says: str, seen: dict[str, object] | None = None) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}: {self.query}", seen=seen or {})


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
