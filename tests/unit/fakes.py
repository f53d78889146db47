"""Fakes of the ports, each held to its port's promises. SQL is never faked; Docker's fake has its own file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.declared_lab import LabDeclaration, Service
from orchestrator.core.drill import Drill, LoadedDrill, Objectives
from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.instants import utc_text
from orchestrator.core.kind import Check, Need
from orchestrator.core.lab import Lab
from orchestrator.core.lab_parts import Ports, SecretValues
from orchestrator.core.ledger_port import LedgerStatus
from orchestrator.core.ports import Load
from orchestrator.core.software_port import Archiver, DataFile
from orchestrator.kinds.disasters.kill_service import KillService
from orchestrator.kinds.steps.start import Start
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import Instant
from reports.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fake_docker import FakeDocker

    from orchestrator.core.declared_lab import Endpoint, Region
    from orchestrator.core.ledger_port import LedgerSettings
    from orchestrator.core.ports import PlaybookRun, TaskResult
    from orchestrator.core.software_port import Access
    from reports.facts.events import AnyFact, Finding


@dataclass
class FakeClock:
    """A clock that only `sleep` moves."""

    ns: int = 1_000_000_000
    started: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic_ns(self) -> int:
        """Return the present reading."""
        return self.ns

    def now(self) -> Instant:
        """Return the present reading and its UTC, which began at `started`."""
        return Instant(monotonic_ns=self.ns, utc=utc_text(self.started + timedelta(microseconds=self.ns / 1000)))

    def sleep(self, seconds: float) -> None:
        """Move the clock on."""
        self.ns += round(seconds * 1e9)


@dataclass
class MemoryJournal:
    """A journal in memory."""

    facts: list[AnyFact] = field(default_factory=list)

    def append(self, fact: AnyFact) -> None:
        """Keep the fact."""
        self.facts.append(fact)


class FakeMachine:
    """A machine that does nothing else."""

    def load(self) -> Load:
        """Return that nothing was ever waited for."""
        return Load(load_1m=0.0, cpu_ticks=1000, steal_ticks=0, stalled_us={})


class FakeGuard:
    """A guard on a machine without the right to bar anything."""

    def install(self, network: str, run: str) -> bool:  # noqa: ARG002 - the port's signature
        """Return False: nothing was barred."""
        return False

    def remove(self, run: str) -> None:
        """Remove nothing: nothing was barred."""


@dataclass
class FakeLinks:
    """Regions in memory."""

    regions: dict[tuple[str, str], Region] = field(default_factory=dict)
    """By network and name."""
    inside: dict[int, str] = field(default_factory=dict)
    """The region of each container, by its first process."""
    gone: set[str] = field(default_factory=set)
    """Regions whose link is cut."""
    removed: list[str] = field(default_factory=list)
    """Runs whose regions were removed."""

    def join(self, network: str, run: str, name: str, region: Region, observer: str) -> None:  # noqa: ARG002 - no queues
        """Make it."""
        self.regions[network, name] = region

    def move(self, network: str, name: str, process: int, address: str) -> None:  # noqa: ARG002 - the port's signature
        """Move the container there; raises KeyError where no such region was made."""
        assert self.regions[network, name]
        self.inside[process] = name

    def cut(self, network: str, name: str) -> None:
        """Cut its link."""
        assert self.regions[network, name]
        self.gone.add(name)

    def is_cut(self, network: str, name: str) -> bool:  # noqa: ARG002 - the port's signature
        """Return whether it was cut."""
        return name in self.gone

    def remove(self, run: str) -> None:
        """Note it."""
        self.removed.append(run)


@dataclass
class FakePlaybooks:
    """Playbooks that do nothing but report `tasks` and hand back `facts`, or fail with `failure`."""

    tasks: tuple[TaskResult, ...] = ()
    facts: dict[str, object] = field(default_factory=dict)
    failure: StepFailedError | None = None
    tools: tuple[str, ...] = ()
    """What every playbook needs inside every host."""
    jobs: list[PlaybookRun] = field(default_factory=list)

    def run(self, job: PlaybookRun, on_task: Callable[[TaskResult], None]) -> dict[str, object]:
        """Report the tasks, then fail or hand back."""
        self.jobs.append(job)
        for task in self.tasks:
            on_task(task)
        if self.failure:
            raise self.failure
        return self.facts

    def mistakes(self, playbooks: Sequence[Path]) -> list[str]:
        """Return that a file that is not there cannot be read; every other is sound."""
        return [f"{playbook}: no such file" for playbook in playbooks if not playbook.exists()]

    def needs(self, playbook: Path, inventory: Mapping[str, Mapping[str, object]]) -> list[Need]:  # noqa: ARG002
        """Return the tools, for every host."""
        return [Need(host, tool) for host in inventory for tool in self.tools]

    def remove(self, run: str) -> None:
        """Remove nothing: nothing was started."""


class FakeRunningLedger:
    """A ledger whose every attempt succeeds at once, until it is stopped."""

    def __init__(self, clock: FakeClock, settings: LedgerSettings) -> None:
        self.settings = settings
        self.ended: str = ""
        self._clock = clock
        self._began = clock.monotonic_ns()

    def status(self) -> LedgerStatus:
        """Return that the last write was acknowledged just now; raises StepFailedError once it was ended."""
        if self.ended:
            raise StepFailedError(f"the ledger's process is gone: it was {self.ended}")
        at, rate = self._clock.monotonic_ns(), self.settings.rate_per_s
        return LedgerStatus(
            at=at,
            acknowledged=int((at - self._began) / 1e9 * rate),
            failed=0,
            last_acknowledged=at,
            last_failure=0,
            unbroken_since=self._began,
            rate_per_s=rate,
            gap_p99_s=1 / rate,
        )

    def next_status(self, timeout_s: float) -> LedgerStatus:  # noqa: ARG002 - one comes every 50 ms
        """Return the status 50 ms later."""
        self._clock.sleep(0.05)
        return self.status()

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:  # noqa: ARG002 - nothing fails
        """Return None: nothing fails."""
        return None

    def move(self, container: str) -> None:
        """Connect there from now on."""
        self.settings = replace(self.settings, container=container)

    def stop(self) -> None:
        """Let nothing more begin: nothing is under way."""

    def read_back(self) -> str | None:
        """Return None: the server had no error."""
        return None

    def close(self) -> str:
        """End and return a digest."""
        self.ended = "closed"
        return "0" * 64

    def kill(self) -> None:
        """End at once; idempotent."""
        self.ended = self.ended or "killed"


@dataclass
class FakeLedgers:
    """Ledgers that write to nothing."""

    clock: FakeClock
    running: type[FakeRunningLedger] = FakeRunningLedger
    started: list[FakeRunningLedger] = field(default_factory=list)

    def start(self, settings: LedgerSettings) -> FakeRunningLedger:
        """Start one."""
        ledger = self.running(self.clock, settings)
        self.started.append(ledger)
        return ledger


@dataclass
class FakePerson:
    """A person who always answers `answer`; asked questions are kept."""

    answer: bool = True
    present: bool = True
    asked: list[tuple[str, float]] = field(default_factory=list)

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Return the answer."""
        self.asked.append((request, timeout_s))
        return self.answer


@dataclass
class FakeSoftware:
    """A type of service that is ready once its first `unready` messages are used up; it runs no SQL."""

    unready: list[str] = field(default_factory=list)
    type: str = "postgres"
    port: int = 5432
    user: str = "app"
    database: str = "orders"
    target_step_us: int = 1
    numbers_for_booleans: bool = False
    keeps_data: bool = True
    time: str = "2026-01-01T00:00:00.000000+00:00"
    prepared: list[Access] = field(default_factory=list)
    """How those reached it who made it ready for the ledger."""
    probed: list[bool] = field(default_factory=list)
    """Whether what was there before was asked for, of each probe."""
    waited: list[float] = field(default_factory=list)
    """How long each statement was to be waited for."""

    def environment(self, service: Service) -> dict[str, str]:
        """Return the role's name."""
        return {"ROLE": service.user}

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return where the password lies."""
        return {"password": "/run/secrets/password"}

    def command(self, service: Service) -> tuple[str, ...]:  # noqa: ARG002 - the port's signature
        """Return a command that goes on."""
        return ("sleep", "infinity")

    def probe(self, access: Access, *, history: bool) -> None:  # noqa: ARG002 - the port's signature
        """Raise NotReadyError with the next unready message, while there is one."""
        self.probed.append(history)
        if self.unready:
            raise NotReadyError(self.unready.pop(0))

    def version(self, access: Access) -> str:  # noqa: ARG002 - the port's signature
        """Return a version."""
        return "1.0"

    def bounding_settings(self, access: Access) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return nothing that bounds."""
        return {}

    def settings(self, access: Access) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the one setting it has."""
        return {"speed": "slow"}

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return that one file was archived a second ago."""
        return Archiver(archived=1, failed=0, waiting=0, last_archived="one", last_archived_age_s=1.0)

    def prepare_ledger(self, access: Access) -> None:
        """Note that it was asked: no ledger writes here."""
        self.prepared.append(access)

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:  # noqa: ARG002
        """Raise StepFailedError: SQL needs a real server."""
        self.waited.append(timeout_s)
        raise StepFailedError("no SQL without a server")

    def data_file(self, access: Access, relation: str) -> DataFile:  # noqa: ARG002 - the port's signature
        """Return the one file it has, of four pages of eight bytes; a zero is free space."""
        return DataFile("/data/rows", 8, 4, lambda page: range(len(page.rstrip(b"\0"))))

    def server_time(self, access: Access) -> str:  # noqa: ARG002 - the port's signature
        """Return the time at which FakeClock begins, unless told another."""
        return self.time

    def server_marks(self, log: str) -> list[tuple[str, str]]:  # noqa: ARG002 - the port's signature
        """Return none."""
        return []


class AnyCheck(Check):
    """Look at nothing; a drill needs a check."""

    kind: ClassVar[str] = "any-check"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "any-check: db"

    service: str = Field(default="db", description="The service not looked at.")

    def look(self, lab: Lab) -> list[Finding]:  # noqa: ARG002 - the kind's signature
        """Find nothing."""
        return []


@dataclass
class World:
    """The fakes behind one lab."""

    docker: FakeDocker
    clock: FakeClock = field(default_factory=FakeClock)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    playbooks: FakePlaybooks = field(default_factory=FakePlaybooks)
    person: FakePerson = field(default_factory=FakePerson)
    links: FakeLinks = field(default_factory=FakeLinks)
    software: FakeSoftware = field(default_factory=FakeSoftware)

    def __post_init__(self) -> None:
        self.ledgers = FakeLedgers(self.clock)

    def lab(
        self, folder: Path, endpoints: Mapping[str, Endpoint] = MappingProxyType({}), size: str | None = None
    ) -> Lab:
        """Return the real lab, not yet provisioned, of a drill with one service `db` that has a volume `data`.

        With a `size` the volume is a disk of its own.
        """
        volumes = {"data": {"path": "/data", "size": size} if size else "/data"}
        service = Service(type="postgres", image="any:1", volumes=volumes, ready_within="5s")
        drill = Drill(
            drill="any",
            title="Any drill",
            system="any",
            owner="anybody",
            objectives=Objectives(rto="1m", rpo="1s"),
            lab=LabDeclaration(services={"db": service}, endpoints=dict(endpoints)),
            workload=[Ledger(service="db")],
            disaster=[KillService(service="db")],
            recover=[Start(service="db")],
            checks=[AnyCheck()],
        )
        loaded = LoadedDrill(drill=drill, file=folder / "any.yaml", folder=folder, playbooks=folder / "playbooks")
        ports = Ports(
            clock=self.clock,
            journal=self.journal,
            machine=FakeMachine(),
            docker=self.docker,
            guard=FakeGuard(),
            links=self.links,
            playbooks=self.playbooks,
            ledgers=self.ledgers,
            person=self.person,
            software={"postgres": self.software},
        )
        values = SecretValues()
        return Lab(loaded, "r1", "here", folder, ports, 7, lambda raw: Redactor(values.all()).clean(raw), values)
