"""What a control is held against: the record of a run, and what the register says of that run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reports.facts.values import Fact
from reports.record import Record  # noqa: TC001 - pydantic reads it


class Review(Fact):
    """A person looked at the run's evidence and decided."""

    by: str = Field(description="A person's id.")
    decision: Literal["accepted", "accepted-with-remarks", "rejected"]
    utc: str


class Action(Fact):
    """Something to be mended because of the run."""

    action: str = Field(description="Its id.")
    owner: str = Field(description="A person's id.")
    due: str = Field(description="A date, YYYY-MM-DD.")
    closed_utc: str = Field(default="", description="Empty: it is open.")
    retest: str = Field(default="", description="The run that showed it mended; empty: open, or the risk was accepted.")


class Schedule(Fact):
    """The schedule the run belongs to."""

    due: str = Field(description="When the run was due, in UTC.")
    state: Literal["on-time", "late", "deferred"]


class RunContext(Fact):
    """One run with all that stands in the register about it. What is not known is left empty."""

    record: Record
    sealed: bool = Field(default=False, description="Its seal was verified.")
    operator: str = Field(default="", description="A person's id; empty: which person it was is not known.")
    reviewed: tuple[Review, ...] = Field(default=(), description="In order.")
    actions: tuple[Action, ...] = ()
    schedule: Schedule | None = Field(default=None, description="None: it was on no schedule.")
