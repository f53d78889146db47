"""Facts that bound the figures: the machine, the services' configuration, and what a run is compared with."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from reports.facts.values import Fact, Verdict


class Surroundings(Fact):
    """The machine, the engine and the configuration that bound the figures: shown beside them."""

    event: Literal["surroundings"] = "surroundings"
    facts: dict[str, Any]


class PreviousRunFound(Fact):
    """The last run of the same drill that was judged, in the same evidence directory; absent: there was none."""

    event: Literal["previous-run-found"] = "previous-run-found"
    run: str
    started_utc: str
    verdict: Verdict
    rto_s: float | None = Field(description="Seconds; None: unknown, or not back.")
    rpo_at_most_s: float | None = Field(description="Seconds; None: unknown or unbounded.")
    drill_sha256: str
    changes: tuple[str, ...] | None = Field(
        default=None, description="How drill and procedures differ from what they were then; None: cannot be told."
    )


class LoadRead(Fact):
    """How busy the machine was, just before the disaster or when the service had settled."""

    event: Literal["load-read"] = "load-read"
    when: Literal["before-disaster", "after-recovery"]
    load_1m: float = Field(description="Load average of the last minute.")
    cpu_ticks: int = Field(description="Time of all cores since the machine started, idle included.")
    steal_ticks: int = Field(description="The share of it that the hypervisor gave to others.")
    stalled_us: dict[str, int] = Field(
        description="Microseconds since the start in which some task waited for cpu, io or memory; empty: not told."
    )
    other_labs: int = Field(description="Labs of other runs with a running container.")
    other_containers: int = Field(description="Running containers that belong to no lab.")


class DiskProbed(Fact):
    """How fast the evidence directory's disk says that a small write is durable."""

    event: Literal["disk-probed"] = "disk-probed"
    writes: int
    median_s: float = Field(description="Seconds of one write with fdatasync.")
