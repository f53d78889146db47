"""The static form of a drill file. The loader narrows the lists of kinds to those it discovers."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
from collections import Counter
from pathlib import Path  # noqa: TC003 - pydantic reads it
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SerializeAsAny, model_validator

from orchestrator.core.kind import Check, Disaster, Kind, Sabotage, Settings, Step, Workload
from orchestrator.core.tree import shown
from orchestrator.core.units import Duration, Size, duration_source, size_source
from reports.facts.events import Verdict  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Callable


def _at_least_a_second(value: float) -> float:
    if value < 1:
        raise ValueError(f"must be at least 1s, not {duration_source(value)}")
    return value


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"must be an absolute path inside the container, not {path!r}")
    return path


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise ValueError(f"a name here may have up to 40 letters, digits, - and _, not {shown(name)}")
    return name


def _at_least(least: int) -> Callable[[int], int]:
    def enough(size: int) -> int:
        if size < least:
            raise ValueError(f"must be at least {size_source(least)}, not {size_source(size)}")
        return size

    return enough


def _one_path_each(volumes: dict[str, Volume]) -> dict[str, Volume]:
    counts = Counter(posixpath.normpath(volume.path) for volume in volumes.values())
    twice = sorted(path for path, count in counts.items() if count > 1)
    if twice:
        raise ValueError(f"two volumes at one path: {', '.join(twice)}")
    return volumes


LEAST_MEMORY = 6 * 2**20
"""Docker makes no container with less."""
LEAST_DISK = 16 * 2**20
"""A file system with a journal has no room for data on less."""
Memory = Annotated[Size, AfterValidator(_at_least(LEAST_MEMORY))]
DiskSize = Annotated[Size, AfterValidator(_at_least(LEAST_DISK))]
PlainName = Annotated[str, AfterValidator(_plain_name)]
"""It becomes part of Docker's and Ansible's names."""
SecondOrMore = Annotated[Duration, AfterValidator(_at_least_a_second)]
AbsolutePath = Annotated[str, AfterValidator(_absolute)]


class Volume(Settings):
    """Where a service keeps data that outlives its container."""

    path: AbsolutePath = Field(description="Absolute path inside the container.")
    size: DiskSize | None = Field(
        default=None,
        description="Makes it a disk of its own (ext4, of this size), which can fill up and lose what was not flushed.",
    )
    owner: str | None = Field(
        default=None, alias="from", description="The service whose volume of this name it is; both then see one volume."
    )
    read_only: bool = Field(default=False, description="Whether the service can only read it.")

    @model_validator(mode="after")
    def _size_is_the_owners(self) -> Self:
        if self.owner is not None and self.size is not None:
            raise ValueError(f"has no size of its own: it is a volume of {self.owner}")
        return self


def _volume(value: object) -> object:
    return value if isinstance(value, dict | Volume) else {"path": value}


VolumeOrPath = Annotated[Volume, BeforeValidator(_volume, json_schema_input_type=Volume | str)]
Volumes = Annotated[dict[PlainName, VolumeOrPath], AfterValidator(_one_path_each)]


class Objectives(Settings):
    """What the recovery promises."""

    rto: Duration = Field(
        gt=0, description="Longest time from the disaster until clients write again, people included."
    )
    rpo: Annotated[Duration, Field(gt=0)] | Literal["none"] = Field(
        description="Longest stretch of acknowledged writes that may be lost, or `none` with a reason."
    )
    rpo_reason: str | None = Field(
        default=None, min_length=1, description="Why there is no RPO; needed with `rpo: none`."
    )
    given_up: Duration | None = Field(
        default=None, gt=0, description="Longest stretch of writes after the recovery target that may be given up."
    )

    @model_validator(mode="after")
    def _no_rpo_has_a_reason(self) -> Self:
        if self.rpo == "none" and self.rpo_reason is None:
            raise ValueError("`rpo: none` needs rpo_reason, which says why")
        return self


class Build(Settings):
    """How an image is made where it is neither here nor in a registry."""

    context: str = Field(description="Folder with the Dockerfile, relative to the drill's file.")
    args: dict[str, str] = Field(default_factory=dict, description="Build arguments, such as BASE.")


def _build(value: object) -> object:
    return {"context": value} if isinstance(value, str) else value


class Service(Settings):
    """One container of the lab."""

    spare_for: str | None = Field(
        default=None,
        description="Makes it a second machine for that service, like it; it waits idle, as playbooks' group `spare`.",
    )
    type: str = Field(description="The software inside: one of the service types.")
    image: str = Field(min_length=1, description="Image to run: taken from here, else pulled, else built.")
    build: Annotated[Build, BeforeValidator(_build, json_schema_input_type=Build | str)] | None = Field(
        default=None,
        description="Folder with this image's Dockerfile, or {context, args}; gone where another image is set over it.",
    )
    memory: Annotated[Size, AfterValidator(_at_least(LEAST_MEMORY))] | None = Field(
        default=None, description="Memory limit."
    )
    cpus: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="CPU limit, in cores.")
    volumes: Volumes = Field(
        default_factory=dict,
        description="Volume name to its absolute path inside, to {path, size}, or to {from, path}.",
    )
    settings: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="The software's own configuration settings."
    )
    production: dict[str, str | int | float | bool] = Field(
        default_factory=dict,
        description="Settings as production has them; where the lab's differ, the report says so beside the verdict.",
    )
    user: str = Field(
        default="postgres", min_length=1, description="The application's role, whose query decides readiness."
    )
    database: str = Field(default="postgres", min_length=1, description="The application's database.")
    ready_within: Duration = Field(
        default=60.0, gt=0, description="Longest time until the service is ready when the lab starts."
    )


class Endpoint(Settings):
    """What clients use to reach a service."""

    service: str = Field(description="The service behind the endpoint.")
    via: str | None = Field(
        default=None,
        pattern=r"^[^:]+:\d+$",
        description="host:port of an access path outside the lab (a proxy or balancer) that clients go through.",
    )


class LabDeclaration(Settings):
    """The containers, networks and volumes of a run."""

    services: dict[PlainName, Service] = Field(min_length=1, description="Services by name.")
    endpoints: dict[PlainName, Endpoint] = Field(default_factory=dict, description="What clients use, by name.")


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


RecoverTo = Literal["latest", "before-disaster"]


class Drill(Settings):
    """A declared scenario: data in, evidence out."""

    drill: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        max_length=100,
        description="Name, also of the evidence folder, in lower-case letters, digits and dashes.",
    )
    title: str = Field(min_length=1, description="One sentence a manager understands.")
    system: str = Field(min_length=1, description="The system whose recovery this proves.")
    owner: str = Field(min_length=1, description="Who answers for it.")
    objectives: Objectives = Field(description="What the recovery promises.")
    lab: LabDeclaration = Field(description="What is built for the run.")
    prepare: list[SerializeAsAny[Step]] = Field(default_factory=list, description="Steps that load the system.")
    workload: list[SerializeAsAny[Workload]] = Field(
        min_length=1, max_length=1, description="Traffic during the run: one ledger."
    )
    protect: list[SerializeAsAny[Step]] = Field(
        default_factory=list, description="Steps that take the backups, under load."
    )
    steady: Steady = Field(default_factory=Steady, description="The time between protection and disaster.")
    sabotage: list[SerializeAsAny[Sabotage]] = Field(
        default_factory=list, description="Deliberate faults: a negative control."
    )
    disaster: list[SerializeAsAny[Disaster]] = Field(min_length=1, description="What is destroyed.")
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
    recover_to: RecoverTo = Field(default="latest", description="The recovery target.")
    recover: list[SerializeAsAny[Step]] = Field(min_length=1, description="Steps that bring the service back.")
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
    checks: list[SerializeAsAny[Check]] = Field(min_length=1, description="Looks at the recovered system.")
    expect: Expect | None = Field(default=None, description="Marks a negative control: how it must be caught.")
    seed: int | None = Field(default=None, description="Seed of the random choices; drawn and recorded when absent.")


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
