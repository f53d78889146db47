"""What facts are made of: moments, words and small values, shared by journal, record and every rendering."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Fact(BaseModel):
    """A frozen value; unknown fields are refused so that a record of a newer kind is never half understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _day(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("no date, YYYY-MM-DD")
    return text


Day = Annotated[str, AfterValidator(_day)]
"""A date that there is, YYYY-MM-DD: days are compared as they are spelled."""


class Instant(Fact):
    """One moment, on the observer's monotonic clock and in UTC (RFC 3339, microseconds, `Z`)."""

    monotonic_ns: int
    utc: str


class State(StrEnum):
    """What a finding or objective says of its claim."""

    HELD = "held"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """The judgement of a run."""

    PASS = "PASS"  # noqa: S105 - a verdict, no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    ABORTED = "ABORTED"


class Phase(StrEnum):
    """The phases of a run, in order."""

    PLAN = "plan"
    PROVISION = "provision"
    PREPARE = "prepare"
    PROTECT = "protect"
    STEADY = "steady"
    DISASTER = "disaster"
    DETECT = "detect"
    RECOVER = "recover"
    SETTLE = "settle"
    CHECK = "check"
    COLLECT = "collect"
    TEAR_DOWN = "tear-down"


class Mark(StrEnum):
    """Moments the engine reaches; `service_restored` is not among them, for only the ledger knows it."""

    DISASTER_INJECTED = "disaster_injected"
    DISASTER_CONFIRMED = "disaster_confirmed"
    DETECTED = "detected"
    DECLARED = "declared"
    RECOVERY_STARTED = "recovery_started"
    RECOVERY_FINISHED = "recovery_finished"
    SERVICE_ANSWERED = "service_answered"
    """Of a service that nobody wrote to before: first of the last unbroken run of answers to an authenticated probe."""
    WORKLOAD_STOPPED = "workload_stopped"
    VERIFIED = "verified"


class Outcome(StrEnum):
    """How a phase, step or task ended."""

    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


class Finding(Fact):
    """What a look at the system states. `name` is what a control's `expect.by` refers to."""

    name: str
    state: State
    says: str = Field(description="One sentence for a person, free of rows and secrets.")
    seen: dict[str, Any] = Field(default_factory=dict, description="The figures behind the sentence.")


class ServiceObjectives(Fact):
    """What was promised of one service, in seconds. None: nothing beyond what the whole promises."""

    rto_s: float | None = None
    rpo_s: float | None = None
    rpo_none_because: str | None = Field(default=None, description="Set: its losses do not count against the whole.")
    given_up_s: float | None = None


class Objectives(Fact):
    """What was promised, in seconds. `rpo_s` None means `rpo: none`, with its reason."""

    rto_s: float
    rpo_s: float | None
    rpo_none_because: str | None = None
    given_up_s: float | None = None
    give_up_s: float = Field(description="How long the engine waits for the service before it stops waiting.")
    detect_within_s: float = 60.0
    common_point_s: float | None = None
    services: dict[str, ServiceObjectives] = {}


class Tier(Fact):
    """Services that are recovered one after another, beside those of other tiers that are not `after` them."""

    name: str
    after: tuple[str, ...]
    services: tuple[str, ...]


class Expectation(Fact):
    """What a negative control must end with, and the findings that must be violated (or unknown) for it."""

    verdict: Verdict
    by: tuple[str, ...]


class FileDigest(Fact):
    """A file the run depended on, by content."""

    path: str
    sha256: str
