"""The seam to a service's software: how it is reached, and all that differs between two types of service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.core.declared_lab import Service


@dataclass(frozen=True)
class Access:
    """How a client reaches a service. Never printed: it holds the password."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Archiver:
    """What a server says of its archiving."""

    archived: int
    failed: int
    """Attempts, since the server's statistics were reset."""
    waiting: int
    """Finished files not yet archived."""
    last_archived: str
    last_archived_age_s: float | None
    """By the server's clock; None: nothing was ever archived."""


def _all(page: bytes) -> range:
    return range(len(page))


@dataclass(frozen=True)
class DataFile:
    """A file of a service's data: its absolute path inside the container, and the pages it is made of."""

    path: str
    page: int
    """Bytes of one page."""
    pages: int
    used: Callable[[bytes], range] = _all
    """Given a page, returns which of its bytes hold data; none of an empty page."""


class Software(Protocol):
    """One type of service: all that differs between a PostgreSQL and a Redis."""

    type: str
    port: int
    user: str
    """The application's role where a drill names none."""
    database: str
    """The application's database where a drill names none."""
    target_step_us: int
    """The software's log can be gone back to whole multiples of this many microseconds, and to no moment between."""
    numbers_for_booleans: bool
    """Whether `execute` gives 1 and 0 for true and false."""
    keeps_data: bool
    """Whether it holds data of its own; what does not serves what others hold."""

    def environment(self, service: Service) -> dict[str, str]:
        """Return the image's environment; secrets only as paths of files."""
        ...

    def secrets(self, service: Service) -> dict[str, str]:
        """Return secret name to path inside the container; the lab generates the values."""
        ...

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the command's arguments that turn `settings` on; empty for the image's default.

        Raises ValueError with the setting of the service that the software could not take, and why.
        """
        ...

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when the application is let in and would not be refused a write; no commit is waited for.

        With `history`, only if what was there before is there again: the ledger's writes or, of what keeps no data,
        all that it serves. Raises NotReadyError with what was seen.
        """
        ...

    def version(self, access: Access) -> str:
        """Return the server's own version string."""
        ...

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return the configuration that bounds loss and recovery time."""
        ...

    def settings(self, access: Access) -> dict[str, str]:
        """Return the whole configuration, with units, but for what belongs to a session; what may be secret is hidden.

        Raises NotReadyError or StepFailedError within a few seconds.
        """
        ...

    def archiver(self, access: Access) -> Archiver | None:
        """Return what the server says of its archiving, without making it flush or switch anything; None: no archiving.

        Raises NotReadyError or StepFailedError within a few seconds.
        """
        ...

    def prepare_ledger(self, access: Access) -> None:
        """Make, empty, what the ledger writes into.

        Raises NotReadyError, or StepFailedError with the server's message.
        """
        ...

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
        """Run a statement in autocommit and return its rows.

        Raises StepFailedError with the server's message, or where the software knows no statements; StepTimedOutError
        past `timeout_s`.
        """
        ...

    def data_file(self, access: Access, relation: str) -> DataFile:
        """Return the file that holds a relation, as the software names one; of several files the first.

        Raises StepFailedError with the server's message, or when the relation is empty.
        """
        ...

    def server_time(self, access: Access) -> str:
        """Return the server's clock, RFC 3339 with microseconds and offset."""
        ...

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return (mark, UTC time) for each ServerMark found in the server's log, in order."""
        ...
