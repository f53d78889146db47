"""The lab of one run: its containers, network and volumes, and the verbs that kinds use on them.

Everything made carries the run's labels, and nothing without them is touched. The undo of all of it is one look-up of
those labels, so it can be registered before anything is made.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets as random_secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.core import artifacts, service_log
from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.images import resolved_image
from orchestrator.core.lab_objects import FOLDER, HOST, RUN, container_name, remove_run
from orchestrator.core.software_port import Access
from reports.facts.events import (
    LabRemoved,
    ManifestTaken,
    Phase,
    ServiceReady,
    TargetSet,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.core.docker_port import Completed, Docker
    from orchestrator.core.drill import LoadedDrill, Service
    from orchestrator.core.ledger_port import Ledgers, RunningLedger
    from orchestrator.core.ports import Clock, Guard, Journal, Person, Playbooks
    from orchestrator.core.software_port import Software

READY_POLL_S = 0.05


@dataclass(frozen=True)
class Ports:
    """All the lab touches the world through."""

    clock: Clock
    journal: Journal
    docker: Docker
    guard: Guard
    playbooks: Playbooks
    ledgers: Ledgers
    person: Person
    software: Mapping[str, Software]


class SecretValues:
    """The run's secrets, generated on first use and kept in memory only."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}

    def value(self, service: str, name: str) -> str:
        """Return the secret, the same at every call."""
        return self._values.setdefault((service, name), random_secrets.token_urlsafe(24))

    def all(self) -> tuple[str, ...]:
        """Return every value handed out so far, for redaction."""
        return tuple(self._values.values())


@dataclass
class Progress:
    """Where in the drill the run stands; task facts are filed under it."""

    phase: Phase = Phase.PLAN
    step: int = 0


@dataclass
class Lab:
    """The only handle a kind gets."""

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
    progress: Progress = field(default_factory=Progress)
    target: TargetSet = field(default_factory=lambda: TargetSet(mode="latest"))
    handed_back: dict[str, Any] = field(default_factory=dict)
    """Facts that playbooks returned with set_stats; later playbooks get them."""
    ledger: RunningLedger | None = None
    random: random.Random = field(init=False)
    _manifests: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - the seed is recorded so that a run can be repeated

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

    def service(self, name: str) -> Service:
        """Return the declaration of a service."""
        return self.loaded.drill.lab.services[name]

    def software(self, name: str) -> Software:
        """Return what is known of the service's type."""
        return self.ports.software[self.service(name).type]

    def container(self, service: str) -> str:
        """Return the name of the service's container."""
        return container_name(self.run, service)

    def volume(self, service: str, volume: str) -> str:
        """Return the name of one of the service's volumes."""
        return f"drillmaster-{self.run}-{service}-{volume}"

    # -- building and removing ------------------------------------------------------------------------------------

    def provision(self) -> None:
        """Make the network and every service, and wait until each is ready; raises CannotRunError or NotReadyError."""
        for name in self.loaded.drill.lab.services:
            self.ports.journal.append(resolved_image(self.ports.docker, self.loaded, name))
        self.ports.guard.install(self.network, self.run)
        self.ports.docker.create_network(self.network, self.labels)
        for name in self.loaded.drill.lab.services:
            self._create(name, idle=False)
            self.ports.docker.start(self.container(name))
        for name, service in self.loaded.drill.lab.services.items():
            self.wait_ready(name, service.ready_within)
            self.journal_ready(name)

    def _create(self, name: str, *, idle: bool) -> None:
        service, software = self.service(name), self.software(name)
        for volume in service.volumes:
            if not self.ports.docker.volume_exists(self.volume(name, volume)):
                self.ports.docker.create_volume(self.volume(name, volume), self.labels)
        spec = ContainerSpec(
            name=self.container(name),
            image=service.image,
            network=self.network,
            alias=name,
            labels=self.labels,
            environment=software.environment(service),
            volumes={self.volume(name, volume): path for volume, path in service.volumes.items()},
            command=software.command(service),
            memory=service.memory,
            cpus=service.cpus,
            idle=idle,
        )
        files = {path: self.secrets.value(name, secret).encode() for secret, path in software.secrets(service).items()}
        self.ports.docker.create_container(spec, files)

    def journal_ready(self, name: str) -> None:
        """Record the version and the configuration of a ready service."""
        software, access = self.software(name), self.access(name)
        fact = ServiceReady(
            service=name,
            type=software.type,
            version=software.version(access),
            settings=software.bounding_settings(access),
        )
        self.ports.journal.append(fact)

    def remove(self) -> LabRemoved:
        """Remove all that carries this run's label; names what could not be removed instead of raising."""
        self.ports.guard.remove(self.run)
        return remove_run(self.ports.docker, self.run)

    # -- verbs ----------------------------------------------------------------------------------------------------

    def address(self, service: str) -> str | None:
        """Return the service's address on the lab's network, or None while it has none."""
        state = self.ports.docker.state(self.container(service))
        return state.address if state and state.running else None

    def access(self, service: str, database: str | None = None) -> Access:
        """Return how the application's role reaches the service now; raises NotReadyError while there is no address."""
        address = self.address(service)
        if address is None:
            raise NotReadyError(f"{service}: its container is not running")
        declared, software = self.service(service), self.software(service)
        password = self.secrets.value(service, "password")
        return Access(address, software.port, declared.user, database or declared.database, password)

    def sql(
        self, service: str, statement: str, database: str | None = None, *, timeout_s: float = 60.0
    ) -> list[tuple[object, ...]]:
        """Run a statement as the application's role; raises StepFailedError with the server's message."""
        try:
            return self.software(service).execute(self.access(service, database), statement, timeout_s=timeout_s)
        except NotReadyError as error:
            raise StepFailedError(error.message, hint=error.hint) from error

    def execute(
        self, service: str, argv: Sequence[str], *, user: str = "", stdin: bytes = b"", timeout_s: float = 60.0
    ) -> Completed:
        """Run a command inside the service's container; raises StepFailedError when there is none to run it in."""
        if not self.is_running(service):
            raise StepFailedError(f"{service}: its container is not running, so {argv[0]} cannot run there")
        return self.ports.docker.execute(self.container(service), argv, user=user, stdin=stdin, timeout_s=timeout_s)

    def is_running(self, service: str) -> bool:
        """Return whether the service's container runs."""
        state = self.ports.docker.state(self.container(service))
        return bool(state and state.running)

    def kill(self, service: str, signal: str = "KILL") -> None:
        """Send a signal to the service's first process."""
        self.ports.docker.kill(self.container(service), signal)

    def destroy_volume(self, service: str, volume: str) -> None:
        """Kill the service's container, keep its log, and remove the volume for good."""
        if self.is_running(service):
            self.kill(service)
        service_log.keep(self, service)
        self.ports.docker.remove_container(self.container(service))
        self.ports.docker.remove_volume(self.volume(service, volume))

    def volume_exists(self, service: str, volume: str) -> bool:
        """Return whether one of the service's volumes exists."""
        return self.ports.docker.volume_exists(self.volume(service, volume))

    def replace(self, service: str) -> None:
        """Make the service's container anew, idle, and those of its volumes that are gone, empty; nothing is filled.

        A container that still runs is stopped politely first, so that it can archive what it has.
        """
        container = self.container(service)
        if self.is_running(service):
            self.ports.docker.stop(container, grace_s=60.0)
        service_log.keep(self, service)
        self.ports.docker.remove_container(container)
        self._create(service, idle=True)
        self.ports.docker.start(container)

    def start(self, service: str, timeout_s: float) -> None:
        """Run the image's own command and wait until the service answers with the ledger's history in it."""
        container = self.container(service)
        if self.ports.docker.is_idle(container):
            self.ports.docker.release(container)
        else:
            self.ports.docker.start(container)
        self.wait_ready(service, timeout_s, history=True)

    def wait_ready(self, service: str, timeout_s: float, *, history: bool = False) -> None:
        """Return when the service answers as the application needs it; raises NotReadyError with what was seen last."""
        deadline = self.clock.monotonic_ns() + int(timeout_s * 1e9)
        seen = "it was never asked"
        while self.clock.monotonic_ns() < deadline:
            try:
                self.software(service).probe(self.access(service), history=history)
            except NotReadyError as error:
                seen = error.message
                state = self.ports.docker.state(self.container(service))
                if state is None or state.exit_code is not None:
                    raise NotReadyError(
                        f"{service}: not ready, for its container ended {service_log.ending(self, service)}",
                        hint=f"the whole log is under logs/ in the run's folder: {service}.log",
                    ) from error
                self.clock.sleep(READY_POLL_S)
            else:
                return
        raise NotReadyError(f"{service}: not ready within {timeout_s:g} s: {seen}")

    def remember(self, check: str, service: str, manifest: object, says: str) -> None:
        """Keep what a check needs for its comparison; its digest goes into the journal now, before the disaster."""
        raw = json.dumps(manifest, sort_keys=True, indent=1).encode()
        artifacts.keep(self.folder / "manifests" / f"{check}-{service}.json", raw)
        self._manifests[check, service] = manifest
        fact = ManifestTaken(check=check, service=service, sha256=hashlib.sha256(raw).hexdigest(), says=says)
        self.ports.journal.append(fact)

    def remembered(self, check: str, service: str) -> Any:
        """Return what was remembered, or None."""
        return self._manifests.get((check, service))
