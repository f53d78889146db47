"""The record: the evidence document of one run, from which every rendering is made.

All seconds are differences on the observer's monotonic clock; offsets count from `disaster_injected` (negative before
it). None in a bound means that it is unknown or unbounded; the sentence beside it says which.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Literal

from pydantic import Field

from reports.facts.events import Fact, FileDigest, Finding, Outcome, Phase, State, Verdict

SCHEMA_VERSION: Final = "1.0"


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


class DrillInfo(Fact):
    """Which drill was run."""

    name: str
    title: str
    system: str
    owner: str
    sha256: str = Field(description="Digest of the effective drill, journaled before anything was built.")


class Control(Fact):
    """A negative control: how it had to end, and whether it was caught for the right reason."""

    expected: Verdict
    by: tuple[str, ...] = Field(description="Names of the findings that had to be the reason.")
    caught: bool
    sentence: str


class Objective(Fact):
    """One promise against what was measured."""

    name: Literal["rto", "rpo", "given-up"]
    objective_s: float | None = Field(description="Seconds promised; None when there is no such promise.")
    achieved: str = Field(description="The measure as a person reads it.")
    at_least_s: float | None = Field(description="Seconds; None: unknown.")
    at_most_s: float | None = Field(description="Seconds; None: unbounded or unknown. Compared with the objective.")
    state: State
    says: str


PartKind = Literal["detect", "confirm", "decide", "step", "replay", "first-write", "unexplained"]


class RtoPart(Fact):
    """One share of the recovery time; the parts do not overlap and add up to what was measured."""

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


class TimelineRow(Fact):
    """One line of the run's story."""

    offset_s: float | None = Field(description="Seconds after the disaster; None when none was injected.")
    utc: str
    what: str
    detail: str = ""
    duration_s: float | None = Field(default=None, description="Seconds; None: an instant.")


class TaskRow(Fact):
    """One Ansible task."""

    task: str
    service: str
    outcome: Outcome
    seconds: float
    says: str = ""


class StepRow(Fact):
    """One step, with its tasks if it was a playbook."""

    phase: Phase
    number: int
    kind: str
    title: str
    outcome: Outcome
    seconds: float
    says: str = ""
    tasks: tuple[TaskRow, ...] = ()


class CheckRow(Fact):
    """One check; its findings are among the record's."""

    kind: str
    title: str
    seconds: float
    findings: tuple[Finding, ...]


class Image(Fact):
    """Where a service's image came from."""

    service: str
    image: str
    image_id: str
    how: str


class ServiceRow(Fact):
    """A service as it first was ready, with the settings that bound loss and duration."""

    service: str
    type: str
    version: str
    settings: dict[str, str]


class JournalHead(Fact):
    """The end of the journal's hash chain: a record can be traced to exactly one journal."""

    sha256: str
    entries: int


class Record(Fact):
    """The evidence document of one run; a pure function of its folder."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    run: str
    drill: DrillInfo
    verdict: Verdict
    sentence: str = Field(description="One sentence: why.")
    altered: tuple[str, ...] = Field(description="What `--set` changed in objectives, checks or steps; empty: nothing.")
    control: Control | None = Field(description="Set for negative controls only.")
    sabotage: tuple[str, ...] = Field(description="Faults put in on purpose.")
    recover_to: str
    operator: str
    trigger: str
    seed: int
    started_utc: str
    ended_utc: str
    objectives: tuple[Objective, ...]
    findings: tuple[Finding, ...] = Field(description="All findings but the objectives' and the instrument's.")
    instrument: tuple[Finding, ...] = Field(description="Self-checks: whether the measures can be believed.")
    rto: Rto
    rpo: Rpo
    writes: tuple[LedgerWrites, ...]
    timeline: tuple[TimelineRow, ...]
    steps: tuple[StepRow, ...]
    checks: tuple[CheckRow, ...]
    images: tuple[Image, ...]
    services: tuple[ServiceRow, ...]
    environment: dict[str, Any] = Field(description="The machine, the engine and the configuration of the run.")
    procedures: tuple[FileDigest, ...]
    not_proven: tuple[str, ...]
    lab_removed: bool | None = Field(description="None: the journal does not say.")
    lab_says: str = Field(description="What was removed, left or kept on purpose.")
    journal: JournalHead
    version: str = Field(description="Version of the engine that made the journal.")
    judged_by: str = Field(description="Version of the judge that made this record.")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the record."""
    return Record.model_json_schema(mode="serialization")
