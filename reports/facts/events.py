"""The facts a run appends to its journal: the contract between the half that makes them and the half that judges them.

Every duration is a difference of `monotonic_ns` values read by one observer process (or its ledger, on the same
machine and clock); `utc` is for people and never subtracted.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reports.facts.context import DiskProbed, LoadRead, PreviousRunFound, Surroundings
from reports.facts.existing import ExistingFact
from reports.facts.lab import ArchiverRead, BackupChosen, ImageResolved, LabKept, LabRemoved, ServiceReady, SettingsRead
from reports.facts.people import ContactCalled
from reports.facts.programme import Programme
from reports.facts.steps import FactsHandedBack, PhaseFinished, PhaseStarted, StepFinished, TaskFinished
from reports.facts.values import (
    Expectation,
    Fact,
    FileDigest,
    Finding,
    Instant,
    Mark,
    Objectives,
    Outcome,
    Phase,
    ServiceObjectives,
    State,
    Tier,
    Verdict,
)

__all__ = [
    "ArchiverRead",
    "BackupChosen",
    "ContactCalled",
    "DiskProbed",
    "Expectation",
    "Fact",
    "FactsHandedBack",
    "FileDigest",
    "Finding",
    "ImageResolved",
    "Instant",
    "LabKept",
    "LabRemoved",
    "LoadRead",
    "Mark",
    "Objectives",
    "Outcome",
    "Phase",
    "PhaseFinished",
    "PhaseStarted",
    "PreviousRunFound",
    "Programme",
    "ServiceObjectives",
    "ServiceReady",
    "SettingsRead",
    "State",
    "StepFinished",
    "Surroundings",
    "TaskFinished",
    "Tier",
    "Verdict",
]


class RunPlanned(Fact):
    """The criteria, fixed before anything is built. The first fact of every journal."""

    event: Literal["run-planned"] = "run-planned"
    run: str
    drill: str
    title: str
    system: str
    owner: str
    programme: Programme = Programme()
    effective_drill: dict[str, Any]
    drill_sha256: str
    objectives: Objectives
    altered: tuple[str, ...] = ()
    sabotage: tuple[str, ...] = ()
    expect: Expectation | None = None
    seed: int
    recover_to: str
    existing: bool = Field(default=False, description="A backup that was there is recovered; nothing is destroyed.")
    tabletop: str = Field(
        default="", description="Set: a tabletop, and the situation that people are told; nothing is destroyed."
    )
    assumed_detect_s: float = 0.0
    assumed_decide_s: float = 0.0
    procedures: tuple[FileDigest, ...] = ()
    not_proven: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    spared: tuple[str, ...] = Field(
        default=(), description="Services with a ledger that no disaster and no recovery step is meant for."
    )
    version: str
    operator: str
    trigger: str = "manual"


class BeforeDisaster(Fact):
    """The moment before damage to a service that stays up and does not go back: what is lost is looked up as of it."""

    event: Literal["before-disaster"] = "before-disaster"
    server_time: str


class TargetSet(Fact):
    """The recovery target. For a point in time: the server's own reading, and the same moment on our clock if known."""

    event: Literal["target-set"] = "target-set"
    service: str = Field(default="", description="Whose clock it was read from.")
    mode: Literal["latest", "time", "backup"]
    server_time: str | None = None
    monotonic_ns: int | None = None
    bound_ns: int | None = None
    drawn_from_s: float | None = None
    """The moment was drawn at random from this many seconds before the reading; None: it is the reading itself."""


class LedgerStarted(Fact):
    """The ledger began to write. `folder` is relative to the run's folder."""

    event: Literal["ledger-started"] = "ledger-started"
    service: str
    folder: str
    writers: int
    rate_per_s: float
    deadline_s: float


class LedgerClosed(Fact):
    """The ledger ended; `sha256` of its `closed.json`, which holds the digests of the rest. None: it never closed."""

    event: Literal["ledger-closed"] = "ledger-closed"
    service: str
    folder: str
    sha256: str | None
    says: str = ""


class ManifestTaken(Fact):
    """What a check remembered of the healthy system, by digest, before the disaster."""

    event: Literal["manifest-taken"] = "manifest-taken"
    check: str
    service: str
    sha256: str
    says: str


class SabotageDone(Fact):
    """A fault put in on purpose, and whether it was confirmed to matter."""

    event: Literal["sabotage-done"] = "sabotage-done"
    kind: str
    finding: Finding


class SteadyDrawn(Fact):
    """The instant drawn for the disaster: seconds after `steady` began."""

    event: Literal["steady-drawn"] = "steady-drawn"
    wait_s: float


class MarkReached(Fact):
    """A mark, with the instant it was reached (which may be earlier than the line that tells of it)."""

    event: Literal["mark-reached"] = "mark-reached"
    mark: Mark
    at: Instant
    says: str = ""


class DisasterDone(Fact):
    """A disaster, injected and looked at again. `stays_up`: the service goes on answering (damage to data)."""

    event: Literal["disaster-done"] = "disaster-done"
    kind: str
    service: str
    services: tuple[str, ...] = Field(
        default=(), description="All that it was meant for, and the endpoints that led there."
    )
    stays_up: bool
    says: str
    confirmation: Finding


class ServerMark(Fact):
    """A moment from a server's own log, placed on the observer's clock by the measured offset."""

    event: Literal["server-mark"] = "server-mark"
    service: str
    mark: Literal["process-started", "redo-started", "redo-done", "accepting-connections"]
    at: Instant


class CheckFinished(Fact):
    """A check and what it found."""

    event: Literal["check-finished"] = "check-finished"
    kind: str
    title: str
    started: Instant
    finished: Instant
    findings: tuple[Finding, ...]


class RunAborted(Fact):
    """The run ended without a judgement: a signal, an engine that died, an order to stop early."""

    event: Literal["run-aborted"] = "run-aborted"
    because: str
    by: Literal["engine", "sweep"]


class RunFinished(Fact):
    """The run came to its end and may be judged. The last fact of every judged journal."""

    event: Literal["run-finished"] = "run-finished"


AnyFact = Annotated[
    RunPlanned
    | Surroundings
    | PreviousRunFound
    | DiskProbed
    | SettingsRead
    | ArchiverRead
    | BackupChosen
    | ExistingFact
    | ContactCalled
    | LoadRead
    | PhaseStarted
    | PhaseFinished
    | ImageResolved
    | ServiceReady
    | StepFinished
    | TaskFinished
    | FactsHandedBack
    | BeforeDisaster
    | TargetSet
    | LedgerStarted
    | LedgerClosed
    | ManifestTaken
    | SabotageDone
    | SteadyDrawn
    | MarkReached
    | DisasterDone
    | ServerMark
    | CheckFinished
    | LabRemoved
    | LabKept
    | RunAborted
    | RunFinished,
    Field(discriminator="event"),
]


class Entry(Fact):
    """One line of a journal: `prev` is the SHA-256 of the line before it (64 zeros before the first)."""

    seq: int
    at: Instant
    prev: str
    fact: AnyFact
