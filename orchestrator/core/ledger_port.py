"""The seam to the ledger: how it is started, what it tells while it writes, and how it is ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class LedgerSettings:
    """What the ledger's process is started with."""

    service: str
    type: str
    container: str
    """Looked up anew at each connect, until `move` names another."""
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

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:
        """Return when the first failure that became known after that moment was observed, or None.

        Only of attempts begun at `begun` or later.
        """
        ...

    def move(self, container: str) -> None:
        """Connect to another container from now on; what is connected stays so until it fails."""
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
