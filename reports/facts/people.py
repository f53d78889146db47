"""Facts of what people did."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reports.facts.values import Fact, Instant


class ContactCalled(Fact):
    """Somebody was called, and answered or not."""

    event: Literal["contact-called"] = "contact-called"
    contact: str = Field(description="A role, never a name.")
    about: str
    began: Instant
    ended: Instant = Field(description="When they answered, or were given up.")
    answered: bool
