"""Facts of a backup that was there before the run: what was found, and what it was recovered as of."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reports.facts.values import Fact

Method = Literal["heartbeat", "last-commit", "backup-stop", "dump-start", "snapshot-start"]
"""How it is known what moment the recovered data is of, the surest first."""


class ExistingFound(Fact):
    """The backup that is recovered, as it was found; looking at it wrote nothing to it."""

    event: Literal["existing-found"] = "existing-found"
    service: str
    source: str = Field(description="Where it lies on the engine's machine.")
    format: str = Field(description="What it was made with, such as pgbackrest.")
    label: str
    picked: Literal["newest", "named", "random"]
    among: int = Field(description="How many backups there were to pick from.")
    version: str = Field(description="The server that it is of, with its major version; empty: of none, or not told.")
    server: str = Field(description="That server's own identifier; empty: not told.")
    started: str | None = Field(description="UTC; None: not told.")
    stopped: str | None = Field(description="UTC; None: not told.")
    until: str = Field(description="Where replay is to end: archive-end, backup-end, or a moment (UTC).")
    archive_end: str | None = Field(description="Name of the last archived WAL segment; None: there is no archive.")
    says: str


class RecoveredAsOf(Fact):
    """The moment that the recovered data is of, and what its age is counted from."""

    event: Literal["recovered-as-of"] = "recovered-as-of"
    service: str
    method: Method | None = Field(description="None: it cannot be told.")
    at: str | None = Field(description="UTC.")
    counted_from: str | None = Field(description="UTC, as the drill states it; None: the beginning of the run.")


class WalReplayed(Fact):
    """How far replay came, by the recovered server; both are names of WAL segments without their timeline."""

    event: Literal["wal-replayed"] = "wal-replayed"
    service: str
    reached: str = Field(description="The segment in which replay ended.")
    expected: str = Field(description="The archive's last segment when the backup was found.")
    missed: int = Field(description="Segments from the one to the other; below zero: more was archived meanwhile.")


ExistingFact = ExistingFound | RecoveredAsOf | WalReplayed
