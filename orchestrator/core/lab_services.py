"""The services of one run as containers: what they are called, how they are, and what can be done to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.core import service_log
from orchestrator.core.disks import Disk
from orchestrator.core.errors import StepFailedError
from orchestrator.core.lab_objects import FOLDER, HOST, RUN, container_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.docker_port import Completed, ContainerState
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.core.lab_parts import Ports, SecretValues
    from orchestrator.core.ports import Clock
    from orchestrator.core.software_port import Software


@dataclass
class LabServices:
    """What a lab is made of, and the verbs on its containers and volumes. Docker's refusals raise CannotRunError."""

    loaded: LoadedDrill
    run: str
    host: str
    folder: Path
    """The run's evidence folder."""
    ports: Ports
    seed: int
    redact: Callable[[bytes], bytes]
    """Takes this run's secrets out of a text."""
    secrets: SecretValues
    endpoints: dict[str, str] = field(init=False)
    """The service behind each endpoint now."""

    def __post_init__(self) -> None:
        self.endpoints = {name: each.service for name, each in self.loaded.drill.lab.endpoints.items()}

    # -- names ---------------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """Return the run's clock."""
        return self.ports.clock

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels of this run's objects."""
        return {RUN: self.run, HOST: self.host, FOLDER: str(self.folder)}

    @property
    def network(self) -> str:
        """Return the name of the lab's network."""
        return f"drillmaster-{self.run}"

    def behind(self, name: str) -> str:
        """Return the service that is behind an endpoint now; a service is behind its own name."""
        return self.endpoints.get(name, name)

    def service(self, name: str) -> Service:
        """Return the declaration of a service, with the role and the database of its type where it names none.

        Here and below, an endpoint stands for the service that is behind it now.
        """
        declared, software = self._declared(name), self.software(name)
        own = {"user": declared.user or software.user, "database": declared.database or software.database}
        return declared.model_copy(update=own)

    def software(self, name: str) -> Software:
        """Return what is known of the service's type."""
        return self.ports.software[self._declared(name).type]

    def _declared(self, name: str) -> Service:
        return self.loaded.drill.lab.services[self.behind(name)]

    def container(self, service: str) -> str:
        """Return the name of the service's container."""
        return container_name(self.run, self.behind(service))

    def secret(self, service: str, name: str) -> str:
        """Return one of the service's secrets; a spare has those of the service whose data it is made to hold."""
        return self.secrets.value(self._declared(service).spare_for or self.behind(service), name)

    def volume(self, service: str, volume: str) -> str:
        """Return the name of one of the service's volumes; of a shared one, that of its owner."""
        declared = self.service(service).volumes.get(volume)
        return f"drillmaster-{self.run}-{(declared and declared.owner) or self.behind(service)}-{volume}"

    def disk(self, service: str, volume: str) -> Disk:
        """Return the disk that is under one of the service's volumes; only a volume with a size has one."""
        return Disk(self.volume(service, volume), self.run, self.labels, self.ports.docker)

    def own_volumes(self, service: str) -> list[str]:
        """Return the names of the service's volumes, without those it shares of another's."""
        return [name for name, declared in self.service(service).volumes.items() if declared.owner is None]

    # -- how they are ---------------------------------------------------------------------------------------------

    def state(self, service: str) -> ContainerState | None:
        """Return how the service's container is, or None when there is none."""
        return self.ports.docker.state(self.container(service))

    def is_running(self, service: str) -> bool:
        """Return whether the service's container runs; a frozen one does."""
        state = self.state(service)
        return bool(state and state.running)

    def address(self, service: str) -> str | None:
        """Return the service's address on the lab's network, or None while it has none."""
        state = self.state(service)
        return state.address if state and state.running else None

    def volume_exists(self, service: str, volume: str) -> bool:
        """Return whether one of the service's volumes exists."""
        return self.ports.docker.volume_exists(self.volume(service, volume))

    def disks(self, service: str) -> list[Disk]:
        """Return the disks that are under the service's volumes."""
        volumes = self.service(service).volumes.items()
        return [self.disk(service, volume) for volume, declared in volumes if declared.size is not None]

    # -- what can be done to them ---------------------------------------------------------------------------------

    def make_volume(self, service: str, volume: str) -> None:
        """Make one of the service's volumes, or its owner's; empty, and a disk of its own if it has a size."""
        declared = self.service(service).volumes[volume]
        if declared.owner is not None:
            self.make_volume(declared.owner, volume)
        elif declared.size is None:
            self.ports.docker.create_volume(self.volume(service, volume), self.labels)
        else:
            self.disk(service, volume).make(declared.size)

    def execute(
        self, service: str, argv: Sequence[str], *, user: str = "", stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Completed:
        """Run a command inside the service's container; raises StepFailedError when there is none to run it in."""
        if not self.is_running(service):
            raise StepFailedError(f"{service}: its container is not running, so {argv[0]} cannot run there")
        return self.ports.docker.execute(self.container(service), argv, user=user, stdin=stdin, timeout_s=timeout_s)

    def read_file(self, service: str, path: str, at: int, size: int) -> bytes:
        """Return bytes of a file in one of the service's volumes, as they are on disk: the service need not run."""
        return self.ports.docker.read_file(self.container(service), path, at, size)

    def overwrite(self, service: str, path: str, at: int, content: bytes) -> None:
        """Put bytes over those of a file in one of the service's volumes, as if the disk had held them ever since."""
        self.ports.docker.overwrite(self.container(service), path, at, content)

    def power_on(self, service: str) -> None:
        """Start the service's container, in its region."""
        self.ports.docker.start(self.container(service))
        self.move_into_its_region(service)

    def move_into_its_region(self, service: str) -> None:
        """Move the service's container into its region, if it has one and the container runs."""
        region, state = self.service(service).region, self.state(service)
        if region and state and state.process and state.address:
            self.ports.links.move(self.network, region, state.process, state.address)

    def kill(self, service: str, signal: str = "KILL") -> None:
        """Send a signal to the service's first process."""
        self.ports.docker.kill(self.container(service), signal)

    def stop(self, service: str, grace_s: float) -> None:
        """Ask the service politely to end, and kill it after `grace_s`."""
        self.ports.docker.stop(self.container(service), grace_s)

    def pause(self, service: str) -> None:
        """Freeze all processes of the service."""
        self.ports.docker.pause(self.container(service))

    def cut_off(self, service: str) -> None:
        """Detach the service from the lab's network; it goes on running."""
        self.ports.docker.disconnect(self.network, self.container(service))

    def members(self, region: str) -> tuple[str, ...]:
        """Return the services of a region."""
        return tuple(name for name, each in self.loaded.drill.lab.services.items() if each.region == region)

    def destroy_region(self, region: str) -> None:
        """Cut the region's link, kill all that runs in it, and remove its containers and their volumes for good."""
        self.ports.links.cut(self.network, region)
        for service in self.members(region):
            if self.is_running(service):
                self.kill(service)
        # A volume can be another's of the region, too.
        for service in self.members(region):
            self._remove(service, volumes=())
        for service in self.members(region):
            self._remove_volumes(service, self.own_volumes(service))

    def is_cut_off(self, region: str) -> bool:
        """Return whether the region's link is cut."""
        return self.ports.links.is_cut(self.network, region)

    def destroy(self, service: str) -> None:
        """Kill the service's container, keep its log, and remove it and all volumes of its own for good."""
        self._remove(service, self.own_volumes(service))

    def destroy_volume(self, service: str, volume: str) -> None:
        """Kill the service's container, keep its log, and remove it and this volume for good."""
        self._remove(service, [volume])

    def _remove(self, service: str, volumes: Iterable[str]) -> None:
        if self.is_running(service):
            self.kill(service)
        service_log.keep(self, service)
        self.ports.docker.remove_container(self.container(service))
        self._remove_volumes(service, volumes)

    def _remove_volumes(self, service: str, volumes: Iterable[str]) -> None:
        for volume in volumes:
            self.ports.docker.remove_volume(self.volume(service, volume))
            if self.service(service).volumes[volume].size is not None:
                self.disk(service, volume).remove()
