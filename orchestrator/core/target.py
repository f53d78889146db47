"""The recovery target: a moment by the server's own clock, placed on ours too; and the moment before other damage."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reports.facts.events import BeforeDisaster, TargetSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

READINGS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND_NS = 1_000
SECOND_NS = 1_000_000_000
NEAREST_TO_BACKUP_NS = SECOND_NS
"""A target within the second of its backup's end is refused: backup tools tell that end in whole seconds."""


def aim(lab: Lab, since_ns: int) -> Iterator[TargetSet | BeforeDisaster]:
    """Fix the recovery target while the server that is to be lost can still tell its clock, and yield what to journal.

    `since_ns` (monotonic) is when the last backup had ended. Of damage that leaves the service up, and that it does not
    go back from, playbooks get the moment before it.
    """
    drill = lab.loaded.drill
    written = [name for workload in drill.workload for name in workload.services()]
    # All go back to one moment: that with the fewest moments to go back to comes first.
    service, *others = sorted(written, key=lambda name: -lab.software(name).target_step_us)
    if drill.recover_to != "latest":
        at_random = drill.recover_to == "random"
        lab.target = target_at_random(lab, service, since_ns) if at_random else target_now(lab, service)
        yield lab.target
        for other in others:
            yield seen_from(lab, lab.target, other)
    elif any(disaster.stays_up for disaster in drill.disaster):
        lab.before_disaster = moment_now(lab, service)
        yield lab.before_disaster


def moment_now(lab: Lab, service: str) -> BeforeDisaster:
    """Return this moment by the server's clock, for a service that will not itself go back to it."""
    return BeforeDisaster(server_time=lab.software(service).server_time(lab.access(service)))


def target_now(lab: Lab, service: str) -> TargetSet:
    """Return this moment by the server's clock, or the last before it that recovery can go back to."""
    return _reachable(_read(lab, service), lab.software(service).target_step_us)


def _read(lab: Lab, service: str) -> TargetSet:
    """Return this moment by the server's clock; of several readings the quickest bounds its place on ours best."""
    software, access = lab.software(service), lab.access(service)
    readings = []
    for _ in range(READINGS):
        before = lab.clock.monotonic_ns()
        server_time = software.server_time(access)
        took = lab.clock.monotonic_ns() - before
        readings.append((took, before, server_time))
    took, before, server_time = min(readings)
    return TargetSet(
        service=service, mode="time", server_time=server_time, monotonic_ns=before + took // 2, bound_ns=-(-took // 2)
    )


def seen_from(lab: Lab, target: TargetSet, service: str) -> TargetSet:
    """Return the same target, one for all, placed on our clock by that of another service, which recovers to it too."""
    here = _read(lab, service)
    apart = datetime.fromisoformat(str(target.server_time)) - datetime.fromisoformat(str(here.server_time))
    moved = _moved(here, round(apart.total_seconds() * 1e6) * MICROSECOND_NS)
    return moved.model_copy(update={"server_time": target.server_time, "drawn_from_s": target.drawn_from_s})


def target_at_random(lab: Lab, service: str, since_ns: int) -> TargetSet:
    """Return a moment drawn by the run's seed from those since the backup, none likelier than another.

    The backup had ended at `since_ns` (monotonic). The moment is placed as surely as the reading of the server's clock
    that it is counted back from.
    """
    now, step_us = _read(lab, service), lab.software(service).target_step_us
    nearest_ns = NEAREST_TO_BACKUP_NS + (step_us - 1) * MICROSECOND_NS
    span_ns = max(0, lab.clock.monotonic_ns() - since_ns - nearest_ns)
    back_ns = lab.random.randrange(0, span_ns + 1, MICROSECOND_NS)
    drawn = _reachable(_moved(now, -back_ns), step_us)
    return drawn.model_copy(update={"drawn_from_s": span_ns / SECOND_NS})


def tell_otherwise(lab: Lab, seconds: float, service: str = "") -> TargetSet | None:
    """Let playbooks be told a later target than the recorded one (an earlier one: negative), and return it.

    It is further away by up to the step that the coarsest service's targets have: one between two steps would be
    refused, and not missed. With a service only those playbooks are told that are limited to it.

    The recorded target, by which the writes are judged, stays. None when it is no moment.
    """
    if lab.target.mode != "time":
        return None
    written = [name for workload in lab.loaded.drill.workload for name in workload.services()]
    step_ns = max((lab.software(name).target_step_us for name in written), default=1) * MICROSECOND_NS
    steps = math.ceil(abs(seconds) * SECOND_NS / step_ns)
    told = _moved(lab.target, int(math.copysign(steps * step_ns, seconds)))
    if service:
        lab.targets_told[service] = told
    else:
        lab.target = told
    return told


def _reachable(target: TargetSet, step_us: int) -> TargetSet:
    """Return the last moment up to the target that is a whole multiple of `step_us`."""
    since_epoch = datetime.fromisoformat(str(target.server_time)) - EPOCH
    beyond = since_epoch % timedelta(microseconds=step_us)
    return _moved(target, -(beyond // timedelta(microseconds=1)) * MICROSECOND_NS)


def _moved(target: TargetSet, by_ns: int) -> TargetSet:
    """Return a point in time moved on both clocks."""
    told = datetime.fromisoformat(str(target.server_time)) + timedelta(microseconds=by_ns / MICROSECOND_NS)
    moved = {
        "server_time": told.isoformat(timespec="microseconds"),
        "monotonic_ns": (target.monotonic_ns or 0) + by_ns,
    }
    return target.model_copy(update=moved)
