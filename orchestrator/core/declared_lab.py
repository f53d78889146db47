"""What a lab is declared to be: the services of a drill file, with their volumes, images and endpoints."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from orchestrator.core.kind import Settings
from orchestrator.core.units import Bandwidth, Duration, Size, bandwidth_source, size_source
from reports.yaml.tree import shown

if TYPE_CHECKING:
    from collections.abc import Callable


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
LEAST_BANDWIDTH = 100_000
"""Below, one packet takes longer than a write may."""
LEAST_DISK = 16 * 2**20
"""A file system with a journal has no room for data on less."""
Memory = Annotated[Size, AfterValidator(_at_least(LEAST_MEMORY))]
DiskSize = Annotated[Size, AfterValidator(_at_least(LEAST_DISK))]
PlainName = Annotated[str, AfterValidator(_plain_name)]
"""It becomes part of Docker's and Ansible's names."""
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


class Build(Settings):
    """How an image is made where it is neither here nor in a registry."""

    context: str = Field(description="Folder with the Dockerfile, relative to the drill's file.")
    args: dict[str, str] = Field(default_factory=dict, description="Build arguments, such as BASE.")


def _build(value: object) -> object:
    return {"context": value} if isinstance(value, str) else value


def _wide_enough(bandwidth: int) -> int:
    if bandwidth < LEAST_BANDWIDTH:
        raise ValueError(f"must be at least {bandwidth_source(LEAST_BANDWIDTH)}, not {bandwidth_source(bandwidth)}")
    return bandwidth


class Region(Settings):
    """A place of its own, with a network of its own, which one link joins to all other places."""

    bandwidth: Annotated[Bandwidth, AfterValidator(_wide_enough)] = Field(
        description="What its link takes of all that its services send to other regions together."
    )
    latency: Duration | None = Field(
        default=None, gt=0, description="How much longer that is on its way; needs a kernel with netem."
    )


def _region(value: object) -> object:
    return value if isinstance(value, dict | Region) else {"bandwidth": value}


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
    region: str | None = Field(default=None, description="The region it is in; default: outside all of them.")
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
        default="", description="The application's role, whose query decides readiness; by default its type's own."
    )
    database: str = Field(default="", description="The application's database; by default its type's own.")
    uses: tuple[str, ...] = Field(
        default=(),
        description="Services it is a client of: the password of each is in its container, as "
        "/run/secrets/SERVICE_password.",
    )
    ready_within: Duration = Field(
        default=60.0, gt=0, description="Longest time until the service is ready when the lab starts."
    )

    @property
    def worded_settings(self) -> dict[str, str]:
        """Return the settings as text, truth as on and off."""
        switch = {True: "on", False: "off"}
        return {name: switch[value] if isinstance(value, bool) else str(value) for name, value in self.settings.items()}


class Endpoint(Settings):
    """What clients use to reach a service."""

    service: str = Field(
        description="The service behind the endpoint; a playbook moves it with `set_stats: {drill_endpoint: …}`."
    )
    via: str | None = Field(
        default=None,
        pattern=r"^[^:]+:\d+$",
        description="host:port of an access path outside the lab (a proxy or balancer) that clients go through.",
    )


class LabDeclaration(Settings):
    """The containers, networks and volumes of a run."""

    services: dict[PlainName, Service] = Field(default_factory=dict, description="Services by name.")
    endpoints: dict[PlainName, Endpoint] = Field(
        default_factory=dict,
        description="What clients use, by name. Kinds take such a name for the service that is behind it at the time.",
    )
    regions: dict[PlainName, Annotated[Region, BeforeValidator(_region, json_schema_input_type=Region | str)]] = Field(
        default_factory=dict,
        description="Regions by name: each with the bandwidth of its link, or {bandwidth, latency}.",
    )

    def behind(self, name: str) -> str:
        """Return the service that is behind an endpoint when the lab starts; a service is behind its own name."""
        return self.endpoints[name].service if name in self.endpoints else name
