"""The record: the evidence document of one run, from which every rendering is made."""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from pydantic import Field

from reports.facts.events import Fact, FileDigest, Finding, Outcome, Phase, Programme, Verdict
from reports.measures import (
    BAD_CLASSES,
    CallRow,
    CriticalStep,
    Example,
    ExistingRow,
    Flap,
    FullSpeed,
    LedgerWrites,
    Objective,
    PartKind,
    RatePicture,
    Rpo,
    Rto,
    RtoPart,
    ServiceMeasures,
    TabletopRow,
    WriteClass,
)

SCHEMA_VERSION: Final = "1.4"

__all__ = [
    "BAD_CLASSES",
    "CallRow",
    "CriticalStep",
    "Example",
    "ExistingRow",
    "Flap",
    "FullSpeed",
    "LedgerWrites",
    "Objective",
    "PartKind",
    "RatePicture",
    "Rpo",
    "Rto",
    "RtoPart",
    "ServiceMeasures",
    "TabletopRow",
    "WriteClass",
]


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


class TimelineRow(Fact):
    """One line of the run's story."""

    offset_s: float | None = Field(description="Seconds after the disaster; None when none was injected.")
    utc: str
    what: str
    detail: str = ""
    duration_s: float | None = Field(default=None, description="Seconds; None: an instant.")


class PhaseRow(Fact):
    """One phase of the run."""

    phase: Phase
    offset_s: float | None = Field(description="Seconds from the disaster to its start; None when none was injected.")
    seconds: float | None = Field(description="None: it never ended.")
    outcome: Outcome | None = Field(description="None: it never ended.")


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
    tier: str = Field(default="", description="The tier that it recovered; empty: none.")
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


class BackupTaken(Fact):
    """A backup as the playbook that took it tells of it."""

    label: str = Field(description="Its name in the repository; empty: not told.")
    offset_s: float | None = Field(description="Seconds from the disaster to when it was told.")
    facts: dict[str, Any] = Field(description="All that was told, the label among it.")


class BackupRow(Fact):
    """The backup that recovery was told to use for its age."""

    label: str
    stopped: str = Field(description="When it ended, in UTC, as whoever took it says.")
    age_s: float = Field(description="Seconds from its end to the disaster.")
    asked_s: float = Field(description="Seconds it had to be old at least.")
    says: str


class ArchiverRow(Fact):
    """What a service said of its archiving just before the disaster: what its recovery point hung on."""

    service: str
    archived: int
    failed: int
    waiting: int = Field(description="Finished files that waited to be archived.")
    last_archived: str
    last_archived_age_s: float | None = Field(description="Seconds since it was archived; None: nothing ever was.")
    says: str


class SettingDifference(Fact):
    """A setting of the recovered service that is not what its source has."""

    service: str
    setting: str
    here: str = Field(description="Value on the recovered service; empty: it has no such setting.")
    source: str = Field(description="Value at the source; empty: it has no such setting.")
    against: Literal["before-disaster", "production"] = Field(
        description="The source: the service before the disaster, or what the drill declares of production."
    )


class PreviousRun(Fact):
    """The last judged run of the same drill, to compare with."""

    run: str
    started_utc: str
    verdict: Verdict
    rto_s: float | None = Field(description="Seconds; None: unknown, or not back.")
    rpo_at_most_s: float | None = Field(description="Seconds; None: unknown or unbounded.")
    drill_sha256: str = Field(description="Another digest than this run's: the drill was declared otherwise.")
    changes: tuple[str, ...] | None = Field(
        default=None, description="How drill and procedures differ from what they were then; None: cannot be told."
    )


class Timing(Fact):
    """What the durations depend on beside the system itself. None: not told."""

    cpus: int | None
    memory: str
    load_before: float | None = Field(description="Load average of the last minute, just before the disaster.")
    load_after: float | None = Field(description="The same when the service had settled.")
    steal_share: float | None = Field(description="Share of all cores' time between the two that others were given.")
    pressure: dict[str, float] = Field(
        description="Share of the time between the two in which some task waited for cpu, io or memory."
    )
    other_labs: int | None = Field(description="Labs of other runs at work, at the worse of the two moments.")
    other_containers: int | None = Field(description="Other running containers, at the worse of the two moments.")
    limits: dict[str, str] = Field(description="Service to its limits.")
    fsync_s: float | None = Field(description="Seconds a small durable write took on the evidence directory's disk.")
    durability: str = Field(description="What that says of durability.")
    cold: str = Field(description="What was cold when the recovery began, and what was not.")


class JournalHead(Fact):
    """The end of the journal's hash chain: a record can be traced to exactly one journal."""

    sha256: str
    entries: int


class Record(Fact):
    """The evidence document of one run; a pure function of its folder."""

    schema_version: Literal["1.4"] = SCHEMA_VERSION
    run: str
    drill: DrillInfo
    programme: Programme = Programme()
    verdict: Verdict
    sentence: str = Field(description="One sentence: why.")
    altered: tuple[str, ...] = Field(description="What `--set` changed in objectives, checks or steps; empty: nothing.")
    control: Control | None = Field(description="Set for negative controls only.")
    sabotage: tuple[str, ...] = Field(description="Faults put in on purpose.")
    recover_to: str
    existing: ExistingRow | None = Field(
        default=None, description="Set for drills on an existing backup: no disaster, no ledger, other clocks."
    )
    tabletop: TabletopRow | None = Field(
        default=None, description="Set for tabletops only: people, and no system; their one objective is `exercise`."
    )
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
    by_service: tuple[ServiceMeasures, ...] = Field(
        default=(), description="Empty: one service was measured, and it is the whole."
    )
    full_speed: FullSpeed | None = Field(default=None, description="None: there was no outage that ended.")
    critical_step: CriticalStep | None = Field(default=None, description="None: no recovery time is known.")
    rate: RatePicture | None = Field(default=None, description="None: there was no disaster, or no ledger.")
    previous: PreviousRun | None = Field(default=None, description="None: this is the first judged run.")
    backups: tuple[BackupTaken, ...] = Field(default=(), description="Backups that playbooks told of, in order.")
    backup: BackupRow | None = Field(default=None, description="None: the drill asks for no age.")
    archivers: tuple[ArchiverRow, ...] = Field(default=(), description="Empty: not told.")
    differences: tuple[SettingDifference, ...] = Field(default=(), description="By service and setting.")
    timing: Timing | None = Field(default=None, description="None: not told.")
    writes: tuple[LedgerWrites, ...]
    timeline: tuple[TimelineRow, ...]
    marks: dict[str, float] = Field(
        default_factory=dict,
        description="Mark to seconds after the disaster; `outage_began` and `service_restored` are the ledger's.",
    )
    phases: tuple[PhaseRow, ...] = ()
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


def is_newer(version: str) -> bool:
    """Return whether a record says of itself that it has a newer schema than is known here, or none that is one."""
    if not re.fullmatch(r"\d+\.\d+", version):
        return True
    theirs, ours = ([int(number) for number in one.split(".")] for one in (version, SCHEMA_VERSION))
    return theirs > ours
