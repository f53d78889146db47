"""The moment before the disaster: read from the server's own clock; as the recovery target, placed on ours too."""

from __future__ import annotations

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
