"""The lab of one run: its containers, network and volumes, and the verbs that kinds use on them.

Everything made carries the run's labels, and nothing without them is touched. The undo of all of it is one look-up of
those labels, so it can be registered before anything is made.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.core import artifacts, service_log
from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.images import resolved_image
from orchestrator.core.lab_objects import remove_run
from orchestrator.core.lab_parts import Progress
from orchestrator.core.lab_services import LabServices
from orchestrator.core.software_port import Access
from orchestrator.core.uses import require_tools, sources_of
from reports.facts.events import BeforeDisaster, LabRemoved, ManifestTaken, ServiceReady, TargetSet

if TYPE_CHECKING:
    from orchestrator.core.ledger_port import RunningLedger
    from reports.facts.events import Instant, Mark

READY_POLL_S = 0.05


@dataclass
class Lab(LabServices):
    """The only handle a kind gets."""

    progress: Progress = field(default_factory=Progress)
    target: TargetSet = field(default_factory=lambda: TargetSet(mode="latest"))
    handed_back: dict[str, Any] = field(default_factory=dict)
    """Facts that playbooks returned with set_stats; later playbooks get them."""
    backups: list[tuple[str, object]] = field(default_factory=list)
    """Every backup they handed back, oldest first, with the service that the playbook was limited to."""
    targets_told: dict[str, TargetSet] = field(default_factory=dict)
    """Targets that playbooks limited to a service are told in place of the recorded one."""
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set: what goes on in other threads is to end."""
    marks: dict[Mark, Instant] = field(default_factory=dict)
    """The marks reached so far."""
    before_disaster: BeforeDisaster | None = None
    """The moment before damage to a service that stays up; playbooks get it."""
    ledgers: dict[str, RunningLedger] = field(default_factory=dict)
    """The ledgers at work, by the service that each writes to."""
    random: random.Random = field(init=False)
    _handed_back_by: dict[str, dict[str, Any]] = field(default_factory=dict)
    _manifests: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.random = random.Random(self.seed)  # noqa: S311 - the seed is recorded so that a run can be repeated

    def beside(self, progress: Progress) -> Lab:
        """Return a handle on the same lab for work beside other work, with its own place in the drill."""
        other = copy.copy(self)
        other.progress = progress
        return other

    def handed_back_by(self, service: str) -> dict[str, Any]:
        """Return the facts that playbooks limited to a service handed back, for update; empty: those of no limit."""
        return self._handed_back_by.setdefault(service, {}) if service else self.handed_back

    # -- building and removing ------------------------------------------------------------------------------------

    def provision(self) -> None:
        """Make the network, its regions and every service, and wait until each is ready; a spare waits idle.

        With an existing backup all of them wait idle: there is nothing to run yet.

        Raises CannotRunError or NotReadyError.
        """
        for name in self.loaded.drill.lab.services:
            self.ports.journal.append(resolved_image(self.ports.docker, self.loaded, name))
        require_tools(self.ports.docker, self.ports.playbooks, self.loaded)
        self.ports.guard.install(self.network, self.run)
        self.ports.docker.create_network(self.network, self.labels)
        self._make_regions()
        drill, services = self.loaded.drill, self.loaded.drill.lab.services
        idle = {name for name, service in services.items() if drill.existing or service.spare_for is not None}
        for name in services:
            self._create(name, idle=name in idle)
            self.power_on(name)
        for name, service in services.items():
            if name not in idle:
                self.wait_ready(name, service.ready_within)
                self.journal_ready(name)

    def _make_regions(self) -> None:
        observer = self.ports.docker.network_gateway(self.network) or ""
        for name, region in self.loaded.drill.lab.regions.items():
            self.ports.links.join(self.network, self.run, name, region, observer)

    def _create(self, name: str, *, idle: bool) -> None:
        service, software = self.service(name), self.software(name)
        for volume in service.volumes:
            if not self.volume_exists(name, volume):
                self.make_volume(name, volume)
        self._require_disks(name)
        spec = ContainerSpec(
            name=self.container(name),
            image=service.image,
            network=self.network,
            alias=name,
            labels=self.labels,
            environment=software.environment(service),
            volumes={self.volume(name, volume): declared.path for volume, declared in service.volumes.items()},
            read_only=frozenset(
                self.volume(name, volume) for volume, each in service.volumes.items() if each.read_only
            ),
            sources={source.path: source.inside for source in sources_of(self.loaded) if source.service == name},
            command=software.command(service),
            memory=service.memory,
            cpus=service.cpus,
            idle=idle,
        )
        secrets = {path: self.secret(name, secret) for secret, path in software.secrets(service).items()}
        secrets |= {f"/run/secrets/{other}_password": self.secret(other, "password") for other in service.uses}
        self.ports.docker.create_container(spec, {path: value.encode() for path, value in secrets.items()})

    def _require_disks(self, service: str) -> None:
        for disk in self.disks(service):
            disk.require()

    def flush_disks(self) -> None:
        """Flush what was written to the services' disks: a system in use was set up too long ago for a cut to take."""
        for service in self.loaded.drill.lab.services:
            for disk in self.disks(service):
                disk.flush()

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
        self.ports.links.remove(self.run)
        return remove_run(self.ports.docker, self.run)

    # -- verbs ----------------------------------------------------------------------------------------------------

    def access(self, service: str, database: str | None = None) -> Access:
        """Return how the application's role reaches the service now; raises NotReadyError while there is no address."""
        address = self.address(service)
        if address is None:
            raise NotReadyError(f"{service}: its container is not running")
        declared, software = self.service(service), self.software(service)
        password = self.secret(service, "password")
        return Access(address, software.port, declared.user, database or declared.database, password)

    def sql(
        self, service: str, statement: str, database: str | None = None, *, timeout_s: float = 60.0
    ) -> list[tuple[object, ...]]:
        """Run a statement as the application's role; raises StepFailedError with the server's message."""
        try:
            return self.software(service).execute(self.access(service, database), statement, timeout_s=timeout_s)
        except NotReadyError as error:
            raise StepFailedError(error.message, hint=error.hint) from error

    def replace(self, service: str) -> None:
        """Make the service's container anew, idle, and those of its volumes that are gone, empty; nothing is filled.

        A container that still runs is stopped politely first, so that it can archive what it has; a frozen one cannot,
        and is killed.
        """
        if (state := self.state(service)) and state.running and not state.paused:
            self.stop(service, grace_s=60.0)
        self._remove(service, volumes=())
        self._create(service, idle=True)
        self.power_on(service)

    def start(self, service: str, timeout_s: float) -> None:
        """Bring the service back as declared, and wait until it answers, with what was there before if that is known.

        It is known of the ledger's writes, and of a service that keeps nothing of its own.
        """
        self.launch(service)
        written = self.loaded.drill.written_to(self.behind(service))
        self.wait_ready(service, timeout_s, history=written or not self.software(service).keeps_data)

    def launch(self, service: str) -> None:
        """Let the service's own command run, as declared, and wait for nothing.

        Frozen, it is killed first; cut off, it is joined to the lab's network again.
        """
        docker, container = self.ports.docker, self.container(service)
        state = self.state(service)
        if state and state.paused:
            self.kill(service)
        if state and not state.attached:
            docker.connect(self.network, container, alias=service)
        if docker.is_idle(container):
            docker.release(container)
        else:
            self._require_disks(service)
            docker.start(container)
        self.move_into_its_region(service)

    def wait_ready(self, service: str, timeout_s: float, *, history: bool = False) -> None:
        """Return when the service answers as the application needs it; raises NotReadyError with what was seen last."""
        deadline = self.clock.monotonic_ns() + int(timeout_s * 1e9)
        seen = "it was never asked"
        while self.clock.monotonic_ns() < deadline and not self.stopping.is_set():
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
