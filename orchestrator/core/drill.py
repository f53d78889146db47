"""The static form of a drill file. The loader narrows the lists of kinds to those it discovers."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path  # noqa: TC003 - pydantic reads it
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SerializeAsAny, model_validator

from orchestrator.core.declared_lab import LabDeclaration, PlainName
from orchestrator.core.kind import Check, Disaster, Kind, Sabotage, Settings, Step, Workload
from orchestrator.core.units import Duration, duration_source
from reports.facts.events import Verdict
from reports.facts.programme import Level, PlanBasis, Rationale, Words  # noqa: TC001 - pydantic reads it


def _at_least_a_second(value: float) -> float:
    if value < 1:
        raise ValueError(f"must be at least 1s, not {duration_source(value)}")
    return value


SecondOrMore = Annotated[Duration, AfterValidator(_at_least_a_second)]


LONGEST_NAME = 100
RpoOrNone = Annotated[Duration, Field(gt=0)] | Literal["none"]


def _require_reason(rpo: object, reason: str | None) -> None:
    if rpo == "none" and reason is None:
        raise ValueError("`rpo: none` needs rpo_reason, which says why")


class ServiceObjectives(Settings):
    """What the recovery of one of several services promises, beyond what the whole does."""

    rto: Duration | None = Field(
        default=None, gt=0, description="Longest time from the disaster until its clients write again."
    )
    rpo: RpoOrNone | None = Field(
        default=None,
        description="Longest stretch of its acknowledged writes that may be lost; `none`, with a reason, leaves it out "
        "of the whole's too.",
    )
    rpo_reason: str | None = Field(default=None, min_length=1, description="Why it has no RPO.")
    given_up: Duration | None = Field(
        default=None, gt=0, description="Longest stretch of its writes after the recovery target that may be given up."
    )

    @model_validator(mode="after")
    def _no_rpo_has_a_reason(self) -> Self:
        _require_reason(self.rpo, self.rpo_reason)
        return self


class Objectives(Settings):
    """What the recovery promises, of all services together: the worst of them counts."""

    rto: Duration = Field(
        gt=0, description="Longest time from the disaster until clients write again, people included."
    )
    rpo: RpoOrNone = Field(
        description="Longest stretch of acknowledged writes that may be lost, or `none` with a reason."
    )
    rpo_reason: str | None = Field(
        default=None, min_length=1, description="Why there is no RPO; needed with `rpo: none`."
    )
    given_up: Duration | None = Field(
        default=None, gt=0, description="Longest stretch of writes after the recovery target that may be given up."
    )
    common_point: Duration | None = Field(
        default=None, gt=0, description="How far apart in time what several services hold after the recovery may be."
    )
    services: dict[str, ServiceObjectives] | None = Field(
        default=None, description="What is promised of single services that ledgers write to, by name."
    )

    @model_validator(mode="after")
    def _no_rpo_has_a_reason(self) -> Self:
        _require_reason(self.rpo, self.rpo_reason)
        return self


class Tier(Settings):
    """Services that are recovered one step after another; other tiers are recovered beside it."""

    after: tuple[str, ...] = Field(default=(), description="Tiers that must be recovered before it begins.")
    services: tuple[str, ...] | None = Field(default=None, description="Its services; default: that of its own name.")


class Steady(Settings):
    """The time between protection and disaster."""

    wait: SecondOrMore = Field(default=10.0, alias="for", description="Shortest time before the disaster.")
    jitter: Duration = Field(default=5.0, description="The disaster comes at a random instant within this much more.")


class Assume(Settings):
    """Times of people that the run does not spend but the RTO counts, marked as assumed."""

    detect: Duration = Field(default=0.0, validate_default=False, description="Until somebody notices.")
    decide: Duration = Field(default=0.0, validate_default=False, description="Until recovery is decided.")


class Expect(Settings):
    """What a negative control must end with."""

    verdict: Verdict = Field(description="The verdict it must end with.")
    by: tuple[str, ...] = Field(min_length=1, description="The findings that must be the reason.")

    @classmethod
    def failed_by(cls, finding: str) -> Self:
        """Return the verdict FAIL, by this finding."""
        return cls(verdict=Verdict.FAIL, by=(finding,))


class Review(Settings):
    """Who must look at the evidence of a run."""

    two_person: bool = Field(
        default=False, description="Two people must review each run, and neither of them may have operated it."
    )


RecoverTo = Literal["latest", "before-disaster", "random"]


class Drill(Settings):
    """A declared scenario: data in, evidence out."""

    drill: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        max_length=LONGEST_NAME,
        description="Name, also of the evidence folder, in lower-case letters, digits and dashes.",
    )
    title: str = Field(min_length=1, description="One sentence a manager understands.")
    system: str = Field(min_length=1, description="The system whose recovery this proves.")
    owner: str = Field(min_length=1, description="Who answers for it.")
    criticality: Level | None = Field(default=None, description="How much hangs on the system.")
    plan: PlanBasis | None = Field(default=None, description="The recovery plan that this drill tests.")
    rationale: Rationale | None = Field(default=None, description="Why this disaster is drilled.")
    excluded: dict[Words, Words] = Field(
        default_factory=dict, description="What is out of the drill's scope, by name, each with the reason."
    )
    participants: list[Words] = Field(
        default_factory=list, description="Roles that take part, not names: those are kept apart from the evidence."
    )
    review: Review = Field(default_factory=Review, description="Who must look at the evidence of a run.")
    objectives: Objectives = Field(description="What the recovery promises.")
    tabletop: Words | None = Field(
        default=None,
        description="Makes it a tabletop, of `manual` and `call` steps alone; the situation that people are told.",
    )
    lab: LabDeclaration = Field(default_factory=LabDeclaration, description="What is built for the run.")
    prepare: list[SerializeAsAny[Step]] = Field(default_factory=list, description="Steps that load the system.")
    workload: list[SerializeAsAny[Workload]] = Field(
        default_factory=list,
        description="Traffic during the run: a ledger for each service whose recovery is measured; "
        "none where `protect` finds an existing backup.",
    )
    protect: list[SerializeAsAny[Step]] = Field(
        default_factory=list, description="Steps that take the backups, under load."
    )
    steady: Steady = Field(default_factory=Steady, description="The time between protection and disaster.")
    sabotage: list[SerializeAsAny[Sabotage]] = Field(
        default_factory=list, description="Deliberate faults: a negative control."
    )
    disaster: list[SerializeAsAny[Disaster]] = Field(
        default_factory=list, description="What is destroyed; nothing where `protect` finds an existing backup."
    )
    detect: list[SerializeAsAny[Check]] = Field(
        default_factory=list, description="Checks polled until one is violated: noticed."
    )
    detect_within: Duration = Field(default=60.0, gt=0, description="Nobody noticing within this is a violation.")
    assume: Assume = Field(default_factory=Assume, description="Times of people to add to the RTO.")
    backup_age: Duration | None = Field(
        default=None,
        gt=0,
        description="Recover from the newest backup that ended at least this long before the disaster.",
    )
    recover_to: RecoverTo = Field(
        default="latest",
        description="The recovery target: all that was archived, the moment before the disaster, or a moment drawn at "
        "random between the backup and the disaster.",
    )
    recover: list[SerializeAsAny[Step]] = Field(min_length=1, description="Steps that bring the service back.")
    tiers: dict[PlainName, Tier] | None = Field(
        default=None,
        description="Parts the recovery: each step belongs to the tier of the service it names, and tiers that do not "
        "come after each other are recovered side by side; steps that name no service stand, and are run, before all.",
    )
    settle: SecondOrMore = Field(
        default=2.0, description="How long the service must be unbroken before the workload stops (>= 1s)."
    )
    full_speed_within: Duration = Field(
        default=5.0,
        description="How much longer the workload goes on, if it must, to see it back at 90 % of its speed.",
    )
    give_up: Duration | None = Field(
        default=None, gt=0, description="When to stop waiting for the service; default max(3 x rto, 10m)."
    )
    checks: list[SerializeAsAny[Check]] = Field(default_factory=list, description="Looks at the recovered system.")
    expect: Expect | None = Field(default=None, description="Marks a negative control: how it must be caught.")
    known_misses: dict[Words, Words] = Field(
        default_factory=dict, description="Faults that this drill is known not to catch, by name, each with the reason."
    )
    seed: int | None = Field(default=None, description="Seed of the random choices; drawn and recorded when absent.")

    def written_to(self, service: str) -> bool:
        """Return whether a ledger writes to a service, or to the one that it is a spare for."""
        written = {self.lab.behind(name) for workload in self.workload for name in workload.services()}
        return not written.isdisjoint({service, self.lab.services[service].spare_for})

    @property
    def existing(self) -> bool:
        """Return whether it recovers from a backup that is there already: then nothing is run, or lost, before."""
        return any(step.existing for step in self.protect)

    @property
    def lost_for_good(self) -> frozenset[str]:
        """Return the services that a disaster ends and no step brings back: others take over from them."""
        ended = {name for disaster in self.disaster if not disaster.stays_up for name in disaster.hits(self)}
        return frozenset(ended.difference(*(step.services() for step in self.recover)))


KIND_LISTS: dict[str, type[Kind]] = {
    "prepare": Step,
    "workload": Workload,
    "protect": Step,
    "sabotage": Sabotage,
    "disaster": Disaster,
    "detect": Check,
    "recover": Step,
    "checks": Check,
}
"""The settings that are lists of kinds, in the order of the phases, with the sort of kind that may stand in each."""


def first_existing(name: str, folders: tuple[Path, ...]) -> Path | None:
    """Return the file or folder `name` in the first of `folders` that has it."""
    # os.path, because pathlib raises for a name that is too long.
    return next((path for folder in folders if os.path.exists(path := folder / name)), None)  # noqa: PTH110


class LoadedDrill(Settings):
    """A drill with where it came from."""

    drill: Drill
    file: Path
    folder: Path = Field(description="Relative paths in the drill start here.")
    playbooks: Path = Field(description="Where playbooks are looked for after the drill's own folders.")
    extended: tuple[Path, ...] = Field(
        default=(), description="Folders of the files it extends: looked in after `folder`."
    )
    altered: tuple[str, ...] = Field(
        default=(), description="--set on objectives, checks or steps: shown in the verdict box."
    )

    def resolve(self, name: str) -> Path:
        """Return the file or folder a drill names; one that is gone since loading is expected beside the drill."""
        return first_existing(name, (self.folder, *self.extended)) or self.folder / name

    def resolve_playbook(self, name: str) -> Path:
        """Return the playbook: beside the drill, beside those it extends, else among the project's."""
        return first_existing(name, (self.folder, *self.extended)) or self.playbooks / name

    def effective(self) -> dict[str, Any]:
        """Return the whole drill as it would stand in one file: defaults and overrides in, kinds spelled out."""
        values = self.drill.model_dump(mode="json", by_alias=True, exclude_none=True)
        for name in KIND_LISTS:
            kinds: list[Kind] = getattr(self.drill, name)
            values[name] = [{kind.kind: settings} for kind, settings in zip(kinds, values[name], strict=True)]
        return values

    def digest(self) -> str:
        """Return the SHA-256 of the effective drill as canonical JSON: equal for drills that mean the same."""
        canonical = json.dumps(self.effective(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
