"""The seam to Docker: objects by name, and the promises that the engine's adapter and its fake both keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class ContainerSpec:
    """All that is needed to make one container."""

    name: str
    image: str
    network: str
    """The network's name; `none` for no network."""
    alias: str
    """Its name on the network; empty for none."""
    labels: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Volume name to path inside."""
    read_only: frozenset[str] = frozenset()
    """Those of the volumes that can only be read."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Absolute path on the engine's machine, which must exist, to path inside: nobody inside can write below it."""
    command: tuple[str, ...] = ()
    memory: int | None = None
    cpus: float | None = None
    may_mount: bool = False
    """Let it make loop devices of this machine and mount them, inside: for the lab's own tools only."""
    idle: bool = False
    """Start a wait instead of the image's command; `Docker.release` lets the image's own command run in its place."""


@dataclass(frozen=True)
class ContainerState:
    """What the engine says of a container."""

    running: bool
    """Also while it is frozen."""
    address: str | None
    """Its address on the lab's network; None while it has none."""
    exit_code: int | None
    started_at: str
    paused: bool = False
    """Whether all its processes are frozen."""
    attached: bool = True
    """Whether it is, or will be when it runs, on the lab's network."""
    process: int | None = None
    """Its first process, by the engine's machine; None while it does not run."""


@dataclass(frozen=True)
class Completed:
    """A finished command. `output` is stdout and stderr as they came."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class LabObjects:
    """Names of the objects that carry a label."""

    containers: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.volumes)


class Docker(Protocol):
    """Docker objects by name. Removing what is not there is no error; all else that fails raises CannotRunError."""

    def image_id(self, image: str) -> str | None:
        """Return the image's content id, or None when it is not here."""
        ...

    def pull(self, image: str) -> str | None:
        """Return the id of the pulled image, or None when no registry gives it."""
        ...

    def build(self, context: Path, image: str, arguments: Mapping[str, str]) -> str:
        """Build and tag an image; return its id."""
        ...

    def missing_tools(self, image: str, tools: Sequence[str]) -> list[str]:
        """Return those of `tools` that are on no PATH inside the image (looked up in a short-lived container)."""
        ...

    def create_network(self, name: str, labels: Mapping[str, str], *, internal: bool = True) -> None:
        """Create a bridge network; an internal one has no route out."""
        ...

    def connect(self, network: str, container: str, alias: str | None = None) -> None:
        """Attach a container to one more network, where others find it as `alias` too; it need not run."""
        ...

    def disconnect(self, network: str, container: str) -> None:
        """Detach a container from a network; its processes go on, without the address they had there."""
        ...

    def create_volume(self, name: str, labels: Mapping[str, str], device: str | None = None) -> None:
        """Create an empty volume, or one that is the ext4 file system on a block device."""
        ...

    def create_container(self, spec: ContainerSpec, files: Mapping[str, bytes]) -> None:
        """Create (not start) a container and place `files` (path to content, mode 0444) into it."""
        ...

    def start(self, container: str) -> None:
        """Start a created or exited container; one that runs is left as it is."""
        ...

    def release(self, container: str) -> None:
        """Let an idle container run its image's own command, for now and for every later start."""
        ...

    def is_idle(self, container: str) -> bool:
        """Return whether the container runs and waits for `release`."""
        ...

    def stop(self, container: str, grace_s: float) -> None:
        """Ask politely (the image's stop signal), then kill after `grace_s`."""
        ...

    def kill(self, container: str, signal: str) -> None:
        """Send a signal to the container's first process. KILL ends a frozen container too, and waits for its end."""
        ...

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container; what is sent to them waits."""
        ...

    def remove_container(self, container: str) -> None:
        """Kill if needed, frozen or not, and remove, with its anonymous volumes."""
        ...

    def remove_volume(self, volume: str) -> None:
        """Remove a volume; raises CannotRunError while a container uses it."""
        ...

    def remove_network(self, network: str) -> None:
        """Remove a network."""
        ...

    def state(self, container: str) -> ContainerState | None:
        """Return what is known of the container, or None when there is none."""
        ...

    def volume_exists(self, volume: str) -> bool:
        """Return whether the volume exists."""
        ...

    def execute(
        self, container: str, argv: Sequence[str], *, user: str = "", stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Completed:
        """Run a command inside; raises StepTimedOutError past `timeout_s`, the command then being killed inside too."""
        ...

    def read_file(self, container: str, path: str, at: int, size: int) -> bytes:
        """Return `size` bytes from `at` on of a file in one of the container's volumes, fewer where it ends before.

        As they are on disk: the container need not run. Raises CannotRunError when there is no such file, as outside
        the volumes.
        """
        ...

    def overwrite(self, container: str, path: str, at: int, content: bytes) -> None:
        """Put bytes over those of a file in one of the container's volumes, on disk; it need not run.

        Owner, mode, size and times stay. Raises CannotRunError when the file ends before.
        """
        ...

    def logs(self, container: str) -> bytes:
        """Return all the container has printed, each line led by the engine's RFC 3339 nanosecond time stamp."""
        ...

    def labelled(self, label: str, value: str | None = None) -> dict[str, LabObjects]:
        """Return what carries `label` (with `value`, if given), grouped by the label's value."""
        ...

    def running(self) -> tuple[str, ...]:
        """Return the names of all containers that run, whosever they are."""
        ...

    def network_gateway(self, network: str) -> str | None:
        """Return the address of the engine's machine on this network."""
        ...

    def is_internal(self, network: str) -> bool:
        """Return whether the engine keeps a network without a route out; one that is not there is not kept so."""
        ...

    def describe(self) -> dict[str, str]:
        """Return the engine's version, storage driver, cgroup version and kernel."""
        ...
