"""Docker in memory, held to the same promises as the real one (tests/docker_promises.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.docker_port import Completed, ContainerState, LabObjects
from orchestrator.core.errors import CannotRunError, StepTimedOutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.docker_port import ContainerSpec

BASE = "drillmaster/base:bookworm"
SIGNALS = {"HUP": 1, "INT": 2, "KILL": 9, "TERM": 15}


@dataclass
class Container:
    """One container in memory."""

    spec: ContainerSpec
    own: dict[str, bytes]
    """Files outside volumes."""
    volumes: Mapping[str, dict[str, bytes]]
    networks: dict[str, str | None]
    """Network to address; None while it does not run."""
    started_at: str = "0001-01-01T00:00:00Z"
    running: bool = False
    paused: bool = False
    waits: bool = False
    exit_code: int | None = None
    log: list[bytes] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        """Return a file's content, or None."""
        if source := self.source(path):
            return source.read_bytes() if source.is_file() else None
        return self.layer(path).get(path)

    def write(self, path: str, content: bytes) -> None:
        """Write a file, into a volume if one is mounted above it; raises PermissionError if that can only be read."""
        mounted = any(self.spec.volumes[volume] == path.rpartition("/")[0] for volume in self.spec.read_only)
        if mounted or self.source(path):
            raise PermissionError(f"{path}: Read-only file system")
        self.layer(path)[path] = content

    def source(self, path: str) -> Path | None:
        """Return what of this machine a path inside is, or None."""
        for source, inside in self.spec.sources.items():
            if path == inside or path.startswith(f"{inside}/"):
                return Path(source + path.removeprefix(inside))
        return None

    def layer(self, path: str) -> dict[str, bytes]:
        """Return the files among which this one is: those of a volume, or the container's own."""
        for volume, mounted in self.spec.volumes.items():
            if path.startswith(f"{mounted}/"):
                return self.volumes[volume]
        return self.own


Program = Callable[[Container, Sequence[str], bytes], Completed | None]
"""What a command does in a container; None: it goes on until it is ended."""


def _cat(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:
    if not arguments:
        return Completed(0, stdin.decode())
    content = container.read(arguments[0])
    if content is None:
        return Completed(1, f"cat: {arguments[0]}: No such file or directory\n")
    return Completed(0, content.decode())


def _tee(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:
    try:
        container.write(arguments[0], stdin)
    except PermissionError as error:
        return Completed(1, f"tee: {error}\n{stdin.decode()}")
    return Completed(0, stdin.decode())


def _keep_disks(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
    """Do as orchestrator/core/disk_keeper.sh; what is known of the disks lies on the keeper's own volume."""
    _, action, disk, *more = arguments
    [shelf] = container.spec.volumes
    marks = container.volumes[shelf]
    if action == "make":
        marks[disk] = more[0].encode()
    elif action == "remove":
        for mark in [mark for mark in marks if mark.partition(".")[0] == disk]:
            del marks[mark]
    elif disk not in marks:
        return Completed(1, "it is not mounted\n")
    elif action == "room":
        return Completed(0, "0 no\n" if f"{disk}.full" in marks else f"{marks[disk].decode()} yes\n")
    elif action == "aftermath":
        return Completed(0, "replayed gone\n" if f"{disk}.cut" in marks else "untouched gone\n")
    else:
        marks[f"{disk}.{'full' if action == 'fill' else action}"] = b""
    return Completed(0, "/dev/loop0\n" if action == "make" else "")


PROGRAMS: dict[str, Program] = {
    "sh": _keep_disks,
    "true": lambda *_: Completed(0, ""),
    "false": lambda *_: Completed(1, ""),
    "echo": lambda _, arguments, __: Completed(0, " ".join(arguments) + "\n"),
    "sleep": lambda *_: None,
    "cat": _cat,
    "tee": _tee,
}


@dataclass
class FakeDocker:
    """Images by name to id, and what was made of them. Tests add `programs` for the commands they need."""

    images: dict[str, str] = field(default_factory=lambda: {BASE: "sha256:base"})
    registry: dict[str, str] = field(default_factory=dict)
    """Images that can be pulled."""
    programs: dict[str, Program] = field(default_factory=lambda: dict(PROGRAMS))
    containers: dict[str, Container] = field(default_factory=dict)
    networks: dict[str, Mapping[str, str]] = field(default_factory=dict)
    open_networks: set[str] = field(default_factory=set)
    """Those that are not internal."""
    volumes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    contents: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Volume name to its files."""
    _ticks: int = 0

    def image_id(self, image: str) -> str | None:
        """Return the id of an image that is here."""
        return self.images.get(image)

    def pull(self, image: str) -> str | None:
        """Take the image from the registry, if it is there."""
        if image in self.registry:
            self.images[image] = self.registry[image]
        return self.images.get(image)

    def build(self, context: Path, image: str, arguments: Mapping[str, str]) -> str:  # noqa: ARG002 - nothing is run
        """Make the image if there is a Dockerfile."""
        if not (context / "Dockerfile").is_file():
            raise CannotRunError(
                f"build {image}: {context} holds no Dockerfile", hint="`build:` is relative to the drill's file"
            )
        return self.images.setdefault(image, f"sha256:{image}")

    def missing_tools(self, image: str, tools: Sequence[str]) -> list[str]:
        """Return the tools that are no programs; every image holds all programs."""
        self._image(image)
        return [tool for tool in tools if tool not in self.programs]

    def create_network(self, name: str, labels: Mapping[str, str], *, internal: bool = True) -> None:
        """Make a network; raises CannotRunError if there is one of that name."""
        if name in self.networks:
            raise CannotRunError(f"create network {name}: there is one")
        self.networks[name] = labels
        if not internal:
            self.open_networks.add(name)

    def connect(self, network: str, container: str, alias: str | None = None) -> None:  # noqa: ARG002 - no names
        """Put the container on one more network."""
        found = self._container(container)
        address = self._address(network, container)
        found.networks[network] = address if found.running else None

    def disconnect(self, network: str, container: str) -> None:
        """Take the container off a network; raises CannotRunError when it is not on it."""
        found = self._container(container)
        if network not in found.networks:
            raise CannotRunError(f"disconnect {container} from {network}: it is not on it")
        del found.networks[network]

    def create_volume(self, name: str, labels: Mapping[str, str], device: str | None = None) -> None:  # noqa: ARG002
        """Make an empty volume, unless it is there; whatever it is on, it takes all that is written."""
        self.volumes.setdefault(name, labels)
        self.contents.setdefault(name, {})

    def create_container(self, spec: ContainerSpec, files: Mapping[str, bytes]) -> None:
        """Make a container of an image that is here."""
        self._image(spec.image)
        if spec.name in self.containers:
            raise CannotRunError(f"create container {spec.name}: there is one")
        for source in spec.sources:
            if not Path(source).exists():
                raise CannotRunError(f"create container {spec.name}: {source} does not exist")
        self.containers[spec.name] = Container(spec, dict(files), self.contents, {spec.network: None}, waits=spec.idle)

    def start(self, container: str) -> None:
        """Start, and run the command unless it waits."""
        found = self._container(container)
        if found.running:
            return
        found.running, found.exit_code, found.started_at = True, None, self._now()
        found.networks = {name: self._address(name, container) for name in found.networks}
        if not found.waits:
            self._run_command(found)

    def release(self, container: str) -> None:
        """Run the command in place of the wait."""
        found = self._running(container)
        if found.waits:
            found.waits = False
            self._run_command(found)

    def is_idle(self, container: str) -> bool:
        """Return whether it runs and waits."""
        found = self.containers.get(container)
        return bool(found and found.running and found.waits)

    def stop(self, container: str, grace_s: float) -> None:  # noqa: ARG002 - every program heeds TERM
        """End it as TERM does."""
        if self._container(container).running:
            self.kill(container, "TERM")

    def kill(self, container: str, signal: str) -> None:
        """End it as the signal does; raises CannotRunError when it does not run."""
        self._end(self._running(container), 128 + SIGNALS[signal])

    def pause(self, container: str) -> None:
        """Freeze it; raises CannotRunError when it does not run or is frozen already."""
        found = self._working(container)
        found.paused = True

    def remove_container(self, container: str) -> None:
        """Forget it."""
        self.containers.pop(container, None)

    def remove_volume(self, volume: str) -> None:
        """Forget it and its files; raises CannotRunError while a container has it."""
        users = [name for name, container in self.containers.items() if volume in container.spec.volumes]
        if users:
            raise CannotRunError(f"remove volume {volume}: in use by {', '.join(users)}")
        self.volumes.pop(volume, None)
        self.contents.pop(volume, None)

    def remove_network(self, network: str) -> None:
        """Forget it; raises CannotRunError while a running container is on it."""
        if any(container.running and network in container.networks for container in self.containers.values()):
            raise CannotRunError(f"remove network {network}: containers are on it")
        self.networks.pop(network, None)

    def state(self, container: str) -> ContainerState | None:
        """Return its state."""
        found = self.containers.get(container)
        if found is None:
            return None
        return ContainerState(
            found.running,
            found.networks.get(found.spec.network),
            found.exit_code,
            found.started_at,
            paused=found.paused,
            attached=found.spec.network in found.networks,
            process=int(found.started_at[20:29]) if found.running else None,
        )

    def volume_exists(self, volume: str) -> bool:
        """Return whether it is there."""
        return volume in self.volumes

    def execute(
        self,
        container: str,
        argv: Sequence[str],
        *,
        user: str = "",  # noqa: ARG002 - files have no owners here
        stdin: bytes = b"",
        timeout_s: float = 60.0,
    ) -> Completed:
        """Run a program; one that goes on times out at once."""
        done = self._program(argv)(self._working(container), argv[1:], stdin)
        if done is None:
            raise StepTimedOutError(f"{argv[0]} in {container}: did not end within {timeout_s:g} s")
        return done

    def read_file(self, container: str, path: str, at: int, size: int) -> bytes:
        """Return bytes of a file in a volume."""
        return self._on_a_volume(container, path)[path][at : at + size]

    def overwrite(self, container: str, path: str, at: int, content: bytes) -> None:
        """Put bytes over those of a file in a volume; raises CannotRunError when it ends before."""
        files = self._on_a_volume(container, path)
        if at + len(content) > len(files[path]):
            raise CannotRunError(f"{path} ends before byte {at + len(content)}")
        files[path] = files[path][:at] + content + files[path][at + len(content) :]

    def logs(self, container: str) -> bytes:
        """Return what its command printed, with time stamps."""
        return b"".join(self._container(container).log)

    def labelled(self, label: str, value: str | None = None) -> dict[str, LabObjects]:
        """Return what carries the label."""
        labels = {
            "containers": {name: container.spec.labels for name, container in self.containers.items()},
            "networks": self.networks,
            "volumes": self.volumes,
        }
        values = {carried[label] for group in labels.values() for carried in group.values() if label in carried}
        return {
            one: LabObjects(
                **{
                    group: tuple(sorted(name for name, carried in objects.items() if carried.get(label) == one))
                    for group, objects in labels.items()
                }
            )
            for one in values
            if value in (None, one)
        }

    def running(self) -> tuple[str, ...]:
        """Return which run."""
        return tuple(sorted(name for name, container in self.containers.items() if container.running))

    def network_gateway(self, network: str) -> str | None:
        """Return the network's first address."""
        return f"{self._subnet(network)}.1" if network in self.networks else None

    def is_internal(self, network: str) -> bool:
        """Return whether it was made so."""
        return network in self.networks and network not in self.open_networks

    def describe(self) -> dict[str, str]:
        """Return what it is."""
        return {"engine": "fake", "storage": "memory", "cgroup": "none", "kernel": "none"}

    def _image(self, image: str) -> str:
        if image not in self.images:
            raise CannotRunError(f"there is no image {image}")
        return self.images[image]

    def _container(self, name: str) -> Container:
        if name not in self.containers:
            raise CannotRunError(f"there is no container {name}")
        return self.containers[name]

    def _on_a_volume(self, container: str, path: str) -> dict[str, bytes]:
        found = self._container(container)
        files = found.layer(path)
        if files is found.own or path not in files:
            raise CannotRunError(f"{path}: no such file in the volumes of {container}")
        return files

    def _running(self, name: str) -> Container:
        found = self._container(name)
        if not found.running:
            raise CannotRunError(f"container {name} is not running")
        return found

    def _working(self, name: str) -> Container:
        found = self._running(name)
        if found.paused:
            raise CannotRunError(f"container {name} is paused")
        return found

    def _program(self, argv: Sequence[str]) -> Program:
        return self.programs.get(argv[0], lambda *_: Completed(127, f"{argv[0]}: no such program\n"))

    def _run_command(self, container: Container) -> None:
        done = self._program(container.spec.command)(container, container.spec.command[1:], b"")
        if done is not None:
            container.log += [f"{self._now()} {line}\n".encode() for line in done.output.splitlines()]
            self._end(container, done.exit_code)

    def _end(self, container: Container, exit_code: int) -> None:
        container.running, container.paused, container.exit_code = False, False, exit_code
        container.networks = dict.fromkeys(container.networks)

    def _subnet(self, network: str) -> str:
        if network not in self.networks:
            raise CannotRunError(f"there is no network {network}")
        return f"172.30.{list(self.networks).index(network)}"

    def _address(self, network: str, container: str) -> str | None:
        if network == "none":
            return None
        return f"{self._subnet(network)}.{list(self.containers).index(container) + 2}"

    def _now(self) -> str:
        self._ticks += 1
        return f"2026-01-01T00:00:00.{self._ticks:09d}Z"
