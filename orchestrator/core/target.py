"""The moment before the disaster: read from the server's own clock; as the recovery target, placed on ours too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reports.facts.events import BeforeDisaster, TargetSet

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

READINGS = 5


def target_now(lab: Lab, service: str) -> TargetSet:
    """Return this moment by the server's clock; of several readings the quickest bounds its place on ours best."""
    software, access = lab.software(service), lab.access(service)
    readings = []
    for _ in range(READINGS):
        before = lab.clock.monotonic_ns()
        server_time = software.server_time(access)
        took = lab.clock.monotonic_ns() - before
        readings.append((took, before, server_time))
    took, before, server_time = min(readings)
    return TargetSet(mode="time", server_time=server_time, monotonic_ns=before + took // 2, bound_ns=-(-took // 2))


def moment_now(lab: Lab, service: str) -> BeforeDisaster:
    """Return this moment by the server's clock, for a service that will not itself go back to it."""
    return BeforeDisaster(server_time=lab.software(service).server_time(lab.access(service)))


def tell_otherwise(lab: Lab, seconds: float) -> TargetSet | None:
    """Let playbooks be told a later target than the recorded one (an earlier one: negative), and return it.

    The recorded target, by which the writes are judged, stays. None when it is no moment.
    """
    true = lab.target
    if true.server_time is None or true.monotonic_ns is None:
        return None
    told = datetime.fromisoformat(true.server_time) + timedelta(seconds=seconds)
    moved = {
        "server_time": told.isoformat(timespec="microseconds"),
        "monotonic_ns": true.monotonic_ns + round(seconds * 1e9),
    }
    lab.target = true.model_copy(update=moved)
    return lab.target
