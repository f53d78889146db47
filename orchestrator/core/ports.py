"""The seams to the world. Each docstring states the promises that the adapter and its fake both keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.core.drill import Service
    from reports.facts.events import AnyFact, Instant, Outcome


class Clock(Protocol):
    """Time. Durations are differences of `monotonic_ns` only."""

    def monotonic_ns(self) -> int:
        """Return the machine's monotonic clock (CLOCK_MONOTONIC), in nanoseconds; it never goes back."""
        ...

    def now(self) -> Instant:
        """Return this moment on both clocks, read together."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`; raises KeyboardInterrupt at once when a signal asks the run to stop."""
        ...


class Journal(Protocol):
    """The run's append-only list of facts."""

    def append(self, fact: AnyFact) -> None:
        """Write one fact; when this returns the fact is on disk (fsync)."""
        ...


@dataclass(frozen=True)
class ContainerSpec:
    """All that is needed to make one container."""

    name: str
    image: str
    network: str
    alias: str
    labels: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, str] = field(default_factory=dict)
    """Volume name to path inside."""
    command: tuple[str, ...] = ()
    memory: int | None = None
    cpus: float | None = None
    idle: bool = False
    """Start a wait instead of the image's command; `Docker.release` lets the image's own command run in its place."""


@dataclass(frozen=True)
class ContainerState:
    """What the engine says of a container."""

    running: bool
    address: str | None
    """Its address on the lab's network; None while it has none."""
    exit_code: int | None
    started_at: str


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

    def connect(self, network: str, container: str) -> None:
        """Attach a container to one more network."""
        ...

    def create_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Create an empty volume."""
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
        """Send a signal to the container's first process."""
        ...

    def remove_container(self, container: str) -> None:
        """Kill if needed and remove, with its anonymous volumes."""
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

    def logs(self, container: str) -> bytes:
        """Return all the container has printed, each line led by the engine's RFC 3339 nanosecond time stamp."""
        ...

    def labelled(self, label: str, value: str | None = None) -> dict[str, LabObjects]:
        """Return what carries `label` (with `value`, if given), grouped by the label's value."""
        ...

    def network_gateway(self, network: str) -> str | None:
        """Return the address of the engine's machine on this network."""
        ...

    def describe(self) -> dict[str, str]:
        """Return the engine's version, storage driver, cgroup version and kernel."""
        ...


class Guard(Protocol):
    """Keeps the lab from reaching the engine's machine: an internal network alone does not."""

    def install(self, network: str, run: str) -> bool:
        """Bar new connections from the network's bridge to this machine; False where right or tool is missing."""
        ...

    def remove(self, run: str) -> None:
        """Remove the run's rules; idempotent."""
        ...


@dataclass(frozen=True)
class TaskResult:
    """One Ansible task on one host, as it ended."""

    task: str
    host: str
    outcome: Outcome
    started: Instant
    finished: Instant
    says: str = ""


@dataclass(frozen=True)
class PlaybookRun:
    """What a playbook needs: an inventory is a mapping host -> (groups, variables)."""

    playbook: Path
    inventory: Mapping[str, Mapping[str, object]]
    extra_vars: Mapping[str, object]
    folder: Path
    """Where cleaned artifacts go (stdout, events); nothing secret is left here."""
    timeout_s: float
    tags: tuple[str, ...] = ()


class Playbooks(Protocol):
    """Ansible."""

    def run(self, job: PlaybookRun, on_task: Callable[[TaskResult], None]) -> dict[str, object]:
        """Run a playbook and return the facts it handed back with set_stats.

        Raises StepFailedError (naming the failed task, host and message) or StepTimedOutError; by then no
        ansible-playbook process is left.
        """
        ...

    def mistakes(self, playbook: Path) -> list[str]:
        """Return what ansible-playbook --syntax-check has to say against the file; empty when it is sound."""
        ...

    def remove(self, run: str) -> None:
        """End and remove what the playbooks of a run whose engine died left on this machine; idempotent."""
        ...


@dataclass(frozen=True)
class Access:
    """How a client reaches a service. Never printed: it holds the password."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class LedgerSettings:
    """What the ledger's process is started with."""

    service: str
    type: str
    container: str
    """Looked up anew at each connect."""
    network: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)
    via: tuple[str, int] | None
    """Connect here instead (an access path outside the lab), while the container has an address."""
    writers: int
    rate_per_s: float
    """Of all writers together; 0 means as fast as they can."""
    deadline_s: float
    nonce: str
    folder: Path


@dataclass(frozen=True)
class LedgerStatus:
    """What the ledger last said of itself (every 50 ms). Times are monotonic nanoseconds; 0 means never."""

    at: int
    acknowledged: int
    failed: int
    """Attempts of any kind that did not succeed."""
    last_acknowledged: int
    """When the newest write was acknowledged."""
    last_failure: int
    """When the newest failure became known."""
    unbroken_since: int
    """When the first write since the last failed attempt was attempted; 0 while there is none."""
    rate_per_s: float
    """Acknowledged in the last second."""
    gap_p99_s: float
    """99th percentile between acknowledgements in the last ten seconds."""


class RunningLedger(Protocol):
    """A ledger at work in its own process."""

    def status(self) -> LedgerStatus:
        """Return the newest status; raises StepFailedError when the process is gone."""
        ...

    def next_status(self, timeout_s: float) -> LedgerStatus:
        """Wait for a status newer than the last one returned; raises StepFailedError when none comes."""
        ...

    def first_failure_after(self, monotonic_ns: int) -> int | None:
        """Return when the first failure that became known after that moment was observed, or None."""
        ...

    def stop(self) -> None:
        """Let no writer or reader begin anything more; returns when every attempt has its outcome."""
        ...

    def read_back(self) -> str | None:
        """Read the whole table by sequential scan into the folder; return the server's error, if it had one."""
        ...

    def close(self) -> str:
        """Write the counts, end the process, and return the SHA-256 of closed.json."""
        ...

    def kill(self) -> None:
        """End the process at once; idempotent."""
        ...


class Ledgers(Protocol):
    """Makes ledgers run."""

    def start(self, settings: LedgerSettings) -> RunningLedger:
        """Start the process; returns once it takes commands. Writing begins at once."""
        ...


class Person(Protocol):
    """Whoever watches the run."""

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Ask for something to be done by hand; True when confirmed, False when refused or nobody can be asked."""
        ...


class Software(Protocol):
    """One type of service: all that differs between a PostgreSQL and a Redis."""

    type: str
    port: int
    ledger_schema: str
    """The statements that `execute` makes the ledger's table with."""

    def environment(self, service: Service) -> dict[str, str]:
        """Return the image's environment; secrets only as paths of files."""
        ...

    def secrets(self, service: Service) -> dict[str, str]:
        """Return secret name to path inside the container; the lab generates the values."""
        ...

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the command's arguments that turn `settings` on; empty for the image's default."""
        ...

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when an authenticated query succeeds; with `history`, only if the ledger's table answers too.

        Raises NotReadyError with what was seen.
        """
        ...

    def version(self, access: Access) -> str:
        """Return the server's own version string."""
        ...

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return the configuration that bounds loss and recovery time."""
        ...

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
        """Run a statement in autocommit and return its rows.

        Raises StepFailedError with the server's message, StepTimedOutError past `timeout_s`.
        """
        ...

    def server_time(self, access: Access) -> str:
        """Return the server's clock, RFC 3339 with microseconds and offset."""
        ...

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return (mark, UTC time) for each ServerMark found in the server's log, in order."""
        ...
