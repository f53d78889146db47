"""The seams to the world. Each docstring states the promises that the adapter and its fake both keep.

Docker's is in `docker_port`, the ledger's in `ledger_port`, that of a service's software in `software_port`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from orchestrator.core.declared_lab import Region
    from orchestrator.core.kind import Need
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


@dataclass(frozen=True)
class Load:
    """How busy the machine is, and what it counted since it started."""

    load_1m: float
    cpu_ticks: int
    """Of all cores, idle included."""
    steal_ticks: int
    """Of those, what the hypervisor gave to others."""
    stalled_us: Mapping[str, int]
    """`cpu`, `io`, `memory` to the microseconds in which some task waited for it; empty where the kernel keeps none."""


class Machine(Protocol):
    """The machine that the lab runs on."""

    def load(self) -> Load:
        """Return how busy it is; takes well below a millisecond."""
        ...


class Journal(Protocol):
    """The run's append-only list of facts."""

    def append(self, fact: AnyFact) -> None:
        """Write one fact; when this returns the fact is on disk (fsync)."""
        ...


class Guard(Protocol):
    """Keeps the lab from reaching the engine's machine: an internal network alone does not."""

    def install(self, network: str, run: str) -> bool:
        """Bar new connections from the network's bridge to this machine; False where right or tool is missing."""
        ...

    def remove(self, run: str) -> None:
        """Remove the run's rules; idempotent."""
        ...


class Links(Protocol):
    """Parts a lab's network into regions, each joined to the rest by one link; all raise CannotRunError."""

    def join(self, network: str, run: str, name: str, region: Region, observer: str) -> None:
        """Make a region of a network that exists: what it sends elsewhere takes its link.

        But not what it sends to `observer`, an address on the network: to whom nothing is slower than before.
        """
        ...

    def move(self, network: str, name: str, process: int, address: str) -> None:
        """Move the container with this first process and address into a region; nothing happens if it has ended.

        Whenever a container starts, or is attached again, it is outside all regions.
        """
        ...

    def cut(self, network: str, name: str) -> None:
        """Cut a region's link: nothing gets in or out any more, and nobody is told."""
        ...

    def is_cut(self, network: str, name: str) -> bool:
        """Return whether a region's link is cut."""
        ...

    def remove(self, run: str) -> None:
        """Remove the run's regions; idempotent, and raises nothing."""
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
    limit: str = ""
    """The only host to run on; empty: all that the plays name."""
    stopped: Callable[[], bool] = lambda: False
    """Asked while it runs, from another thread: true ends it as if its time were over."""


class Playbooks(Protocol):
    """Ansible."""

    def run(self, job: PlaybookRun, on_task: Callable[[TaskResult], None]) -> dict[str, object]:
        """Run a playbook and return the facts it handed back with set_stats.

        Raises StepFailedError (naming the failed task, host and message) or StepTimedOutError; by then no
        ansible-playbook process is left.
        """
        ...

    def mistakes(self, playbooks: Sequence[Path]) -> list[str]:
        """Return what ansible-playbook --syntax-check has to say against the files; empty when all are sound."""
        ...

    def needs(self, playbook: Path, inventory: Mapping[str, Mapping[str, object]]) -> list[Need]:
        """Return what the plays need inside the hosts that they are for: Python, and what `drill_needs` lists."""
        ...

    def remove(self, run: str) -> None:
        """End and remove what the playbooks of a run whose engine died left on this machine; idempotent."""
        ...


class Person(Protocol):
    """Whoever watches the run."""

    @property
    def present(self) -> bool:
        """Return whether anybody is there to be asked."""
        ...

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Ask for something to be done by hand; True when confirmed, False when refused or nobody can be asked."""
        ...
