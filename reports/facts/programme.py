"""What a drill is part of: how much hangs on the system, the plan it tests, why this disaster, who takes part."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reports.facts.values import Fact

Level = Literal["low", "moderate", "high", "critical"]
Words = Annotated[str, Field(min_length=1)]


class PlanBasis(Fact):
    """The recovery plan that a drill tests."""

    reference: Words = Field(description="Where the plan is kept: a document's number or address.")
    version: Words = Field(description="The version tested: a number, a date or a digest.")


class Rationale(Fact):
    """Why this disaster is drilled."""

    why: Words = Field(description="One sentence: what makes this disaster worth a drill.")
    likelihood: Level | None = Field(default=None, description="How likely it is held to be.")
    impact: Level | None = Field(default=None, description="How bad it would be.")


class Programme(Fact):
    """What the drill declares for people; whatever is absent was not declared."""

    criticality: Level | None = Field(default=None, description="How much hangs on the system.")
    plan: PlanBasis | None = Field(default=None, description="The recovery plan that the drill tests.")
    rationale: Rationale | None = Field(default=None, description="Why this disaster is drilled.")
    excluded: dict[str, str] = Field(default_factory=dict, description="What is out of scope, and why.")
    participants: tuple[str, ...] = Field(default=(), description="Roles that take part; names stand elsewhere.")
    two_person: bool = Field(
        default=False, description="Two people must review the run, and neither of them may have operated it."
    )
