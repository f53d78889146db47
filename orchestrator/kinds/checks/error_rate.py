"""The check `error-rate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.software.web import get
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.software.web import Page

WRONG = 400
"""From this status on an answer is an error."""


class ErrorRate(Check):
    """Ask for the same thing again and again, as clients do: too few may end in an error.

    A window is so many requests one after the other, each on a connection of its own: a statement, or a page. As a
    `detect:` check it is what notices a bad deployment that leaves the service up: it looks window after window, and
    the moment of detection is that of the answer by which a window's errors were too many, whatever was to come. Below
    the threshold nobody notices. An error is the server's own, a status from 400 on, or no answer in time.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = 'error-rate: {service: db, statement: "SELECT shop.place_order()", above: 10}'
    proves: ClassVar[str] = "What clients ask for fails no more often than it may."
    not_proven: ClassVar[tuple[str, ...]] = ("That requests fail as rarely which nobody made in the drill.",)

    service: str = Field(description="The service to ask.")
    statement: str | None = Field(
        default=None, min_length=1, description="What clients run there, in its own language."
    )
    path: str | None = Field(default=None, pattern=r"^/[!-~]*$", description="The page they ask for, in its place.")
    port: int = Field(default=80, ge=1, le=65535, description="The port that pages are asked for at.")
    requests: int = Field(default=20, ge=1, description="How many requests are a window.")
    above: float = Field(default=5.0, ge=0, lt=100, description="The percentage of a window that errors must not pass.")
    within: Duration = Field(default=2.0, gt=0, description="Longest time to wait for an answer.")

    @model_validator(mode="after")
    def _one_request(self) -> Self:
        if (self.statement is None) == (self.path is None):
            raise ValueError("give one of statement and path")
        return self

    def look(self, lab: Lab) -> list[Finding]:
        """Ask until the window is full, or its errors are too many already."""
        began, errors, last = lab.clock.monotonic_ns(), 0, ""
        for number in range(1, self.requests + 1):
            if error := self._error(lab):
                errors, last = errors + 1, error
            if errors * 100 > self.above * self.requests:
                took_s = (lab.clock.monotonic_ns() - began) / 1e9
                return [self._finding(State.VIOLATED, number, errors, f" after {took_s:.3f} s; the last: {last}")]
        return [self._finding(State.HELD, self.requests, errors)]

    def _error(self, lab: Lab) -> str:
        """Return what a request ended in; empty where its answer was right."""
        try:
            if self.path is not None:
                return status_error(get(lab.access(self.service).host, self.port, self.path, self.within))
            lab.sql(self.service, str(self.statement), timeout_s=self.within)
        except (NotReadyError, StepFailedError) as error:
            return error.message
        return ""

    def _finding(self, state: State, asked: int, errors: int, more: str = "") -> Finding:
        says = f"{self.service}: {errors} of {asked} requests ended in an error{more}"
        return Finding(
            name=self.kind,
            state=state,
            says=f"{says}; allowed: {self.above:g} % of {self.requests}",
            seen={"asked": asked, "errors": errors, "window": self.requests, "above": self.above},
        )


def status_error(page: Page) -> str:
    """Return what is wrong with an answer by its status; empty where nothing is."""
    return f"status {page.status}" if page.status >= WRONG else ""
