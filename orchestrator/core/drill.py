"""The static form of a drill file. The loader narrows the lists of kinds to those it discovers."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads it
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny

from orchestrator.core.kind import Check, Disaster, Sabotage, Settings, Step, Workload
from orchestrator.core.units import Duration, Size  # noqa: TC001 - pydantic reads them
from reports.facts.events import Verdict


class Objectives(Settings):
    """What the recovery promises."""

    rto: Duration = Field(gt=0, description="Longest time from the disaster until clients write again, people included.")
    rpo: Duration | Literal["none"] = Field(
        description="Longest stretch of acknowledged writes that may be lost, or `none` with a reason."
    )
    rpo_reason: str | None = Field(default=None, min_length=1, description="Why there is no RPO; needed with `rpo: none`.")
    given_up: Duration | None = Field(
        default=None, description="Longest stretch of writes after the recovery target that may be given up."
    )


class Build(Settings):
    """How an image is made where it is neither here nor in a registry."""

    context: str = Field(description="Folder with the Dockerfile, relative to the drill's file.")
    args: dict[str, str] = Field(default_factory=dict, description="Build arguments, such as BASE.")


class Service(Settings):
    """One container of the lab."""

    type: str = Field(description="The software inside: one of the service types.")
    image: str = Field(min_length=1, description="Image to run: taken from here, else pulled, else built.")
    build: Annotated[Build, BeforeValidator(lambda value: {"context": value} if isinstance(value, str) else value)] | None = (
        Field(default=None, description="Folder with the image's Dockerfile, or {context, args}.")
    )
    memory: Size | None = Field(default=None, description="Memory limit.")
    cpus: float | None = Field(default=None, gt=0, description="CPU limit, in cores.")
    volumes: dict[str, str] = Field(default_factory=dict, description="Volume name to absolute path inside.")
    settings: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="The software's own configuration settings."
    )
    user: str = Field(default="postgres", description="The application's role, whose query decides readiness.")
    database: str = Field(default="postgres", description="The application's database.")
    ready_within: Duration = Field(default=60.0, description="Longest time until the service is ready when the lab starts.")


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

    services: dict[str, Service] = Field(min_length=1, description="Services by name.")
    endpoints: dict[str, Endpoint] = Field(default_factory=dict, description="What clients use, by name.")


class Steady(Settings):
    """The time between protection and disaster."""

    wait: Duration = Field(default=10.0, alias="for", description="Shortest time before the disaster.")
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

    drill: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Name, as in the evidence folder: lower-case words and dashes.")
    title: str = Field(min_length=1, description="One sentence a manager understands.")
    system: str = Field(min_length=1, description="The system whose recovery this proves.")
    owner: str = Field(min_length=1, description="Who answers for it.")
    objectives: Objectives = Field(description="What the recovery promises.")
    lab: LabDeclaration = Field(description="What is built for the run.")
    prepare: list[SerializeAsAny[Step]] = Field(default_factory=list, description="Steps that load the system.")
    workload: list[SerializeAsAny[Workload]] = Field(min_length=1, max_length=1, description="Traffic during the run: one ledger.")
    protect: list[SerializeAsAny[Step]] = Field(default_factory=list, description="Steps that take the backups, under load.")
    steady: Steady = Field(default_factory=Steady, description="The time between protection and disaster.")
    sabotage: list[SerializeAsAny[Sabotage]] = Field(default_factory=list, description="Deliberate faults: a negative control.")
    disaster: list[SerializeAsAny[Disaster]] = Field(min_length=1, description="What is destroyed.")
    detect: list[SerializeAsAny[Check]] = Field(default_factory=list, description="Checks polled until one is violated: noticed.")
    detect_within: Duration = Field(default=60.0, description="Nobody noticing within this is a violation.")
    assume: Assume = Field(default_factory=Assume, description="Times of people to add to the RTO.")
    recover_to: RecoverTo = Field(default="latest", description="The recovery target.")
    recover: list[SerializeAsAny[Step]] = Field(min_length=1, description="Steps that bring the service back.")
    settle: Duration = Field(default=2.0, description="How long the service must be unbroken before the workload stops (>= 1s).")
    give_up: Duration | None = Field(default=None, description="When to stop waiting for the service; default max(3 x rto, 10m).")
    checks: list[SerializeAsAny[Check]] = Field(min_length=1, description="Looks at the recovered system.")
    expect: Expect | None = Field(default=None, description="Marks a negative control: how it must be caught.")
    seed: int | None = Field(default=None, description="Seed of the random choices; drawn and recorded when absent.")


class LoadedDrill(Settings):
    """A drill with where it came from."""

    drill: Drill
    file: Path
    folder: Path = Field(description="Relative paths in the drill start here.")
    playbooks: Path = Field(description="Where playbooks without a folder are looked for after `folder`.")
    altered: tuple[str, ...] = Field(default=(), description="--set on objectives, checks or steps: shown in the verdict box.")
