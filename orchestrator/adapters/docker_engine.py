"""The lab's Docker objects, through the docker SDK."""

from __future__ import annotations

import math
import time
from collections import deque
from http import HTTPStatus
from ipaddress import ip_network
from typing import TYPE_CHECKING

from orchestrator.adapters import docker_exec, docker_files, docker_idle
from orchestrator.adapters.bridge_guard import bridge_name
from orchestrator.adapters.docker_errors import doing
from orchestrator.adapters.docker_images import DockerImages
from orchestrator.adapters.docker_once import ANSWER_S
from orchestrator.adapters.whole import whole
from orchestrator.core.docker_port import Completed, ContainerState, LabObjects
from orchestrator.core.errors import CannotRunError, StepTimedOutError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.core.docker_port import ContainerSpec

KILL_AFTER_S = 2
"""What a command that ignores TERM gets before KILL."""
LATE_S = 5
"""How much later than its end inside a command's output may arrive."""
TIMED_OUT, KILLED = 124, 137
"""How `timeout` says that it ended a command: politely, or with KILL."""
NO_TIMEOUT = 'OCI runtime exec failed: exec failed: unable to start container process: exec: "timeout"'
LOG = {"max-size": "16m", "max-file": "2"}
NAME_SERVERS = ["127.0.0.1"]
"""Nobody, from inside a container.

Older engines ask outside for those of internal networks, too (CVE-2024-29018): a way out, and where nothing answers,
the container's removal waits for it. Services still find each other: the engine knows them.
"""
DEVICES = ["/dev:/dev"]
"""A container's own /dev lacks the loop devices that the kernel makes later."""
MOUNTING: dict[str, list[str]] = {
    "cap_add": ["SYS_ADMIN"],
    "device_cgroup_rules": ["b 7:* rw", "c 10:237 rw"],  # loop devices, and /dev/loop-control, which gives them out
    "security_opt": ["apparmor=unconfined", "label=disable"],
}
"""What mounting loop devices takes, and no more: some engines cannot give all rights of `privileged`."""


def _binds(spec: ContainerSpec) -> list[str]:
    return [f"{volume}:{path}{':ro' * (volume in spec.read_only)}" for volume, path in spec.volumes.items()]


def _sources(spec: ContainerSpec) -> list[dict[str, object]]:
    # What is mounted further down would come along writable: read-only is one mount, not those below it.
    alone = {"Propagation": "rprivate", "NonRecursive": True}
    return [
        {"Type": "bind", "Source": source, "Target": inside, "ReadOnly": True, "BindOptions": alone}
        for source, inside in spec.sources.items()
    ]


class DockerEngine(DockerImages):
    """The engine of DOCKER_HOST, else of the local socket: its images, and the objects made of them.

    Every method raises CannotRunError when no engine answers, and when it refuses.
    """

    @whole
    def create_network(self, name: str, labels: Mapping[str, str], *, internal: bool = True) -> None:
        """Create a bridge network; an internal one has no route out."""
        with doing(f"create network {name}"):
            self._api.create_network(
                name,
                driver="bridge",
                options={"com.docker.network.bridge.name": bridge_name(name)},
                labels=dict(labels),
                internal=internal,
                check_duplicate=True,
            )

    def connect(self, network: str, container: str, alias: str | None = None) -> None:
        """Attach a container to one more network, where others find it as `alias` too; it need not run."""
        with doing(f"connect {container} to {network}"):
            self._api.connect_container_to_network(container, network, aliases=[alias] if alias else None)

    def disconnect(self, network: str, container: str) -> None:
        """Detach a container from a network; its processes go on, without the address they had there."""
        with doing(f"disconnect {container} from {network}"):
            self._api.disconnect_container_from_network(container, network)

    def remove_network(self, network: str) -> None:
        """Remove a network."""
        with doing(f"remove network {network}", absent_ok=True):
            self._api.remove_network(network)

    def network_gateway(self, network: str) -> str | None:
        """Return the address of the engine's machine on this network."""
        with doing(f"look at network {network}", absent_ok=True):
            configured = self._api.inspect_network(network)["IPAM"]["Config"]
            if configured:
                # An engine's first default network lists no gateway: it is the subnet's first address.
                return str(configured[0].get("Gateway") or ip_network(configured[0]["Subnet"])[1])
        return None

    def is_internal(self, network: str) -> bool:
        """Return whether the engine keeps a network without a route out; one that is not there is not kept so."""
        with doing(f"look at network {network}", absent_ok=True):
            return bool(self._api.inspect_network(network)["Internal"])
        return False

    @whole
    def create_volume(self, name: str, labels: Mapping[str, str], device: str | None = None) -> None:
        """Create an empty volume, or one that is the ext4 file system on a block device."""
        mounted = {"type": "ext4", "device": device} if device else {}
        with doing(f"create volume {name}"):
            self._api.create_volume(name, driver_opts=mounted, labels=dict(labels))

    def remove_volume(self, volume: str) -> None:
        """Remove a volume; raises CannotRunError while a container uses it."""
        with doing(f"remove volume {volume}", absent_ok=True):
            self._api.remove_volume(volume)

    def volume_exists(self, volume: str) -> bool:
        """Return whether the volume exists."""
        with doing(f"look for volume {volume}", absent_ok=True):
            return bool(self._api.inspect_volume(volume))
        return False

    @whole
    def create_container(self, spec: ContainerSpec, files: Mapping[str, bytes]) -> None:
        """Create (not start) a container and place `files` (path to content, mode 0444) into it."""
        with doing(f"create container {spec.name}"):
            self._api.create_container(
                spec.image,
                name=spec.name,
                **docker_idle.first_process(self._api, spec),
                environment=dict(spec.environment),
                labels=dict(spec.labels),
                host_config=self._api.create_host_config(
                    binds=[*_binds(spec), *(DEVICES if spec.may_mount else ())],
                    mounts=_sources(spec),
                    **(MOUNTING if spec.may_mount else {}),
                    network_mode=spec.network,
                    dns=NAME_SERVERS,
                    mem_limit=spec.memory,
                    memswap_limit=spec.memory,
                    nano_cpus=math.floor(spec.cpus * 1e9) if spec.cpus else None,
                    # Docker must not undo the disaster that is about to be timed.
                    restart_policy={"Name": "no"},
                    # Without a reaper, what a killed service leaves as zombies holds its locks.
                    init=True,
                    log_config=self._sdk.types.LogConfig(type="json-file", config=LOG),
                ),
                networking_config=self._api.create_networking_config(
                    {spec.network: self._api.create_endpoint_config(aliases=[spec.alias] if spec.alias else None)}
                ),
            )
            self._api.put_archive(spec.name, "/", docker_idle.archive(files, idle=spec.idle))

    def start(self, container: str) -> None:
        """Start a created or exited container; one that runs is left as it is."""
        with doing(f"start {container}"):
            self._api.start(container)

    def release(self, container: str) -> None:
        """Let an idle container run its image's own command, for now and for every later start."""
        with doing(f"release {container}"):
            done = docker_exec.run(self._api, container, docker_idle.RELEASE, within_s=ANSWER_S)
        if done.exit_code != 0:
            raise CannotRunError(f"release {container}: {done.output.strip()}")

    def is_idle(self, container: str) -> bool:
        """Return whether the container runs and waits for `release`."""
        with doing(f"look at {container}", absent_ok=True):
            seen = self._api.inspect_container(container)
            return bool(seen["State"]["Running"]) and docker_idle.may_wait(seen) and not self._is_released(container)
        return False

    def _is_released(self, container: str) -> bool:
        with doing(f"look into {container}", absent_ok=True):
            mark, _ = self._api.get_archive(container, docker_idle.RELEASED)
            deque(mark, maxlen=0)
            return True
        return False

    def stop(self, container: str, grace_s: float) -> None:
        """Ask politely (the image's stop signal), then kill after `grace_s`."""
        with doing(f"stop {container}"):
            self._api.stop(container, timeout=math.ceil(grace_s))

    def kill(self, container: str, signal: str) -> None:
        """Send a signal to the container's first process. KILL ends a frozen container too, and waits for its end."""
        with doing(f"kill {container} with {signal}"):
            self._api.kill(container, signal)

    def pause(self, container: str) -> None:
        """Freeze all processes of a running container; what is sent to them waits."""
        with doing(f"pause {container}"):
            self._api.pause(container)

    def remove_container(self, container: str) -> None:
        """Kill if needed, frozen or not, and remove, with its anonymous volumes."""
        with doing(f"remove container {container}", absent_ok=True):
            try:
                self._api.remove_container(container, force=True, v=True)
            except self._sdk.errors.APIError as error:
                if error.status_code != HTTPStatus.CONFLICT:
                    raise
                # Somebody is removing it already, perhaps for an engine that was killed meanwhile.
                self._api.wait(container, condition="removed", timeout=ANSWER_S)

    def state(self, container: str) -> ContainerState | None:
        """Return what is known of the container, or None when there is none."""
        with doing(f"look at {container}", absent_ok=True):
            seen = self._api.inspect_container(container)
            state, attached = seen["State"], seen["NetworkSettings"]["Networks"]
            lab = attached.get(seen["HostConfig"]["NetworkMode"])
            return ContainerState(
                running=state["Running"],
                address=(lab or {}).get("IPAddress") or None,
                exit_code=state["ExitCode"] if state["Status"] in ("exited", "dead") else None,
                started_at=state["StartedAt"],
                paused=state["Paused"],
                attached=lab is not None,
                process=state["Pid"] or None,
            )
        return None

    def execute(
        self, container: str, argv: Sequence[str], *, user: str = "", stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Completed:
        """Run a command inside; raises StepTimedOutError past `timeout_s`, the command then being killed inside too.

        The image must hold coreutils' `timeout`. Of more than 1 MB of output the middle is left out.
        """
        bounded = ["timeout", "-k", str(KILL_AFTER_S), f"{timeout_s:.3f}", *argv]
        command = docker_exec.Command(bounded, user, stdin)
        began = time.monotonic()
        with doing(f"run {argv[0]} in {container}"):
            try:
                done = docker_exec.run(self._api, container, command, timeout_s + KILL_AFTER_S + LATE_S)
            except TimeoutError:
                done = Completed(TIMED_OUT, "")
        if done.exit_code in (TIMED_OUT, KILLED) and time.monotonic() - began >= timeout_s:
            raise StepTimedOutError(f"{argv[0]} in {container}: did not end within {timeout_s:g} s")
        if done.output.startswith(NO_TIMEOUT):
            raise CannotRunError(
                f"run {argv[0]} in {container}: its image has no `timeout`", hint="install coreutils in the image"
            )
        return done

    @whole
    def read_file(self, container: str, path: str, at: int, size: int) -> bytes:
        """Return bytes of a file in one of the container's volumes, as they are on disk: it need not run."""
        with doing(f"read {path} in the volumes of {container}"):
            return docker_files.read(self._api, container, path, at, size)

    @whole
    def overwrite(self, container: str, path: str, at: int, content: bytes) -> None:
        """Put bytes over those of a file in one of the container's volumes; owner, mode, size and times stay."""
        with doing(f"overwrite {path} in the volumes of {container}"):
            docker_files.overwrite(self._api, container, path, at, content)

    def logs(self, container: str) -> bytes:
        """Return all the container has printed, each line led by the engine's RFC 3339 nanosecond time stamp."""
        with doing(f"read the log of {container}"):
            return bytes(self._api.logs(container, timestamps=True))

    def labelled(self, label: str, value: str | None = None) -> dict[str, LabObjects]:
        """Return what carries `label` (with `value`, if given), grouped by the label's value."""
        filters = {"label": label if value is None else f"{label}={value}"}
        with doing(f"look for objects labelled {label}"):
            containers = self._api.containers(all=True, filters=filters)
            networks = self._api.networks(filters=filters)
            volumes = self._api.volumes(filters=filters)["Volumes"] or []
        found: dict[str, dict[str, list[str]]] = {}
        for group, objects in (("containers", containers), ("networks", networks), ("volumes", volumes)):
            for seen in objects:
                name = seen["Names"][0].removeprefix("/") if group == "containers" else seen["Name"]
                found.setdefault(seen["Labels"][label], {}).setdefault(group, []).append(name)
        return {
            value: LabObjects(**{group: tuple(sorted(names)) for group, names in groups.items()})
            for value, groups in found.items()
        }

    def running(self) -> tuple[str, ...]:
        """Return the names of all containers that run, whosever they are."""
        with doing("list the running containers"):
            return tuple(sorted(seen["Names"][0].removeprefix("/") for seen in self._api.containers()))

    def describe(self) -> dict[str, str]:
        """Return the engine's version, storage driver, cgroup version and kernel."""
        with doing("ask the engine about itself"):
            seen = self._api.info()
        names = {"engine": "ServerVersion", "storage": "Driver", "cgroup": "CgroupVersion", "kernel": "KernelVersion"}
        return {name: str(seen[key]) for name, key in names.items()}
