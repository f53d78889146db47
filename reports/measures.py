"""What is measured of one run, as it stands in the record.

All seconds are differences on the observer's monotonic clock; offsets count from `disaster_injected` (negative before
it). None in a bound means that it is unknown or unbounded; the sentence beside it says which.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from reports.facts.values import Fact, State

FULL = 0.9
"""The share of its speed before at which a workload counts as back."""


class WriteClass(StrEnum):
    """What became of one write of the ledger."""

    KEPT = "kept"
    LOST = "lost"
    GIVEN_UP = "given-up"
    AT_TARGET = "at-target"
    """Acknowledged so close to the recovery target that present and absent are both right."""
    REFUSED = "refused"
    IN_DOUBT_PRESENT = "in-doubt-present"
    IN_DOUBT_ABSENT = "in-doubt-absent"
    UNSENT = "unsent"
    """Nothing was sent: there was no endpoint, or no connection could be made."""
    UNEXPECTED = "unexpected"
    CORRUPT = "corrupt"
    DUPLICATE = "duplicate"
    LATER_PRESENT = "later-present"
    """Acknowledged by an epoch first met after the disaster, and present."""
    LATER_MISSING = "later-missing"


BAD_CLASSES = frozenset(
    {
        WriteClass.LOST,
        WriteClass.UNEXPECTED,
        WriteClass.CORRUPT,
        WriteClass.DUPLICATE,
        WriteClass.LATER_MISSING,
    }
)
"""Classes of which the record holds examples."""


class Objective(Fact):
    """One promise against what was measured."""

    name: str = Field(
        description="rto, rpo, given-up or common-point; of one of several services, the service before it: db.rto."
    )
    objective_s: float | None = Field(description="Seconds promised; None when there is no such promise.")
    achieved: str = Field(description="The measure as a person reads it.")
    at_least_s: float | None = Field(description="Seconds; None: unknown.")
    at_most_s: float | None = Field(description="Seconds; None: unbounded or unknown. Compared with the objective.")
    state: State
    says: str


PartKind = Literal["detect", "confirm", "decide", "step", "replay", "first-write", "unexplained"]


class RtoPart(Fact):
    """One share of the recovery time; the parts do not overlap and add up to what was measured.

    Of steps side by side only those on the critical path are parts.
    """

    name: str
    kind: PartKind
    seconds: float
    started_s: float = Field(description="Seconds after the disaster; 0 for an assumed part.")
    assumed: bool = Field(default=False, description="Time of people that was added, not measured.")


class Flap(Fact):
    """A stretch in which writes were acknowledged during the outage, before something failed again."""

    from_s: float = Field(description="First acknowledgement, seconds after the disaster.")
    to_s: float = Field(description="Last acknowledgement, seconds after the disaster.")
    writes: int


class Rto(Fact):
    """The recovery time and its parts."""

    achieved_s: float | None = Field(description="Seconds, assumed people included; None: not back.")
    more_than_s: float | None = Field(default=None, description="Seconds watched in vain when `achieved_s` is None.")
    assumed_people_s: float = Field(description="Seconds of `achieved_s` that were assumed, not measured.")
    parts: tuple[RtoPart, ...]
    unexplained_s: float | None = Field(description="Seconds of the measured time that no part accounts for.")
    path: tuple[str, ...] = Field(
        default=(), description="The critical path: tiers that were waited for, first to last; empty: there are none."
    )
    flaps: tuple[Flap, ...] = ()
    time_to_verified_s: float | None = Field(description="Seconds from the disaster until the last check finished.")


class Rpo(Fact):
    """The recovery point: how far back from the end of the old epoch (or the recovery target) writes were lost."""

    at_least_s: float | None = Field(description="Seconds; None: unknown.")
    at_most_s: float | None = Field(description="Seconds; None: unbounded or unknown.")
    transactions: int | None = Field(description="Acknowledged writes lost; None: unknown.")
    wal_bytes: int | None = Field(description="Bytes of WAL from the last kept to the last lost write; None: unknown.")
    resolution_s: float | None = Field(description="Seconds between the two bounds.")
    given_up_s: float | None = Field(
        default=None, description="Seconds of acknowledged writes after the target that were given up."
    )
    given_up_transactions: int | None = Field(default=None, description="Acknowledged writes given up.")
    method: str = Field(description="One sentence on how the recovery point is known.")


class CallRow(Fact):
    """Somebody was called."""

    contact: str = Field(description="A role.")
    about: str
    offset_s: float | None = Field(description="Seconds after the exercise, or the disaster, began.")
    seconds: float = Field(description="Until they answered, or were given up.")
    answered: bool


class TabletopRow(Fact):
    """What people were told, and whom they called, in order."""

    situation: str
    calls: tuple[CallRow, ...] = ()


class ExistingRow(Fact):
    """The backup of a drill on one that was there before the run. None: it was not found, or does not tell."""

    source: str | None = Field(default=None, description="Where it lies on the engine's machine.")
    format: str | None = Field(default=None, description="What it was made with.")
    label: str | None = None
    picked: str | None = Field(default=None, description="newest, named, or random by the run's seed.")
    among: int | None = Field(default=None, description="How many there were to pick from.")
    version: str | None = Field(default=None, description="The server that it is of, with its major version.")
    server: str | None = Field(default=None, description="That server's own identifier.")
    started: str | None = Field(default=None, description="UTC.")
    stopped: str | None = Field(default=None, description="UTC.")
    until: str | None = Field(default=None, description="Where replay was to end.")
    archive_end: str | None = Field(default=None, description="The archive's last WAL segment.")
    recovered_as_of: str | None = Field(default=None, description="The moment that the recovered data is of, UTC.")
    says: str


class Example(Fact):
    """One write, named so that it can be looked for in the ledger's files."""

    writer: int
    sequence: int
    offset_s: float | None = Field(description="Seconds from disaster to attempt; None: never attempted.")


class LedgerWrites(Fact):
    """What became of every write of one ledger."""

    service: str
    counts: dict[WriteClass, int] = Field(description="Every class, zeros included.")
    total: int = Field(description="Writes attempted, and rows found that never were.")
    examples: dict[WriteClass, tuple[Example, ...]] = Field(description="At most 10 of each bad class, earliest first.")


class FullSpeed(Fact):
    """When the workload was back at its speed: a mark of its own, for a service may write long before it is warm."""

    before_per_s: float = Field(description="Acknowledged writes per second in steady, the median of its windows.")
    threshold_per_s: float = Field(description="90 % of it.")
    reached_s: float | None = Field(
        description="Seconds from the disaster to the first write of the first window as fast as that; None: none was."
    )
    window_s: float = Field(description="Length in seconds of the windows in which writes are counted.")
    says: str


class RatePicture(Fact):
    """Writes around the outage, counted in bins of equal length."""

    bin_s: float = Field(description="Seconds a bin covers.")
    from_s: float = Field(description="Where the first bin begins, in seconds after the disaster.")
    acknowledged: tuple[int, ...] = Field(description="Writes acknowledged, a number for each bin.")
    failed: tuple[int, ...] = Field(description="Attempts that failed, reads and connects included, for each bin.")


class ServiceMeasures(Fact):
    """What was measured of one of several services: the whole is as good as the worst of them."""

    service: str
    spared: bool = Field(description="No disaster and no recovery step was meant for it.")
    was_out: bool = Field(description="False: it was spared, and clients could write all the time.")
    outage_began_s: float | None = Field(description="Seconds after the disaster; None: clients saw none.")
    rto: Rto
    rpo: Rpo
    full_speed: FullSpeed | None
    rate: RatePicture | None


class CriticalStep(Fact):
    """The largest part of the recovery time that a team can shorten: what to speed up first."""

    name: str
    seconds: float
    share: float = Field(description="Share of the whole recovery time, 0 to 1.")
    says: str
