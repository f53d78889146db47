"""What the figures must be read with: how busy the machine was, what was cold, the archive's state, the run before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reports.facts.events import ArchiverRead, DiskProbed, LoadRead, Phase, PreviousRunFound, Surroundings
from reports.judge.course import SECOND
from reports.record import ArchiverRow, PreviousRun, Timing
from reports.words import duration

if TYPE_CHECKING:
    from reports.facts.events import Instant
    from reports.folder import RunFolder
    from reports.judge.course import Course

FASTER_THAN_DISKS_S = 0.0002
"""A disk that calls a write durable sooner than this has a cache that answers for it."""


def previous(folder: RunFolder) -> PreviousRun | None:
    """Return the run that this one is compared with."""
    found = folder.first(PreviousRunFound)
    return PreviousRun.model_validate(found.model_dump(exclude={"event"})) if found else None


def archivers(folder: RunFolder) -> tuple[ArchiverRow, ...]:
    """Return what each service said of its archiving just before the disaster."""
    return tuple(
        ArchiverRow(**read.model_dump(exclude={"event"}), says=_archive(read)) for read in folder.all(ArchiverRead)
    )


def _archive(read: ArchiverRead) -> str:
    if read.last_archived_age_s is None:
        archived = "Nothing had been archived"
    else:
        archived = f"Files archived: {read.archived}, the last {duration(read.last_archived_age_s)} before"
    return f"{archived}; failed attempts: {read.failed}; waiting: {read.waiting}."


def timing(folder: RunFolder, course: Course) -> Timing | None:
    """Return what the durations depend on; None where the journal tells nothing of it."""
    loads = folder.entries_of(LoadRead)
    probe = folder.first(DiskProbed)
    if not loads and probe is None:
        return None
    machine: dict[str, Any] = {name: value for fact in folder.all(Surroundings) for name, value in fact.facts.items()}
    by_moment = {load.when: load for _, load in loads}
    before, after = (by_moment.get(when) for when in ("before-disaster", "after-recovery"))
    return Timing(
        cpus=int(machine["cores"]) if "cores" in machine else None,
        memory=machine.get("memory", ""),
        load_before=before.load_1m if before else None,
        load_after=after.load_1m if after else None,
        steal_share=_steal(before, after),
        pressure=_pressure(loads),
        other_labs=max((load.other_labs for _, load in loads), default=None),
        other_containers=max((load.other_containers for _, load in loads), default=None),
        limits=_limits(folder),
        fsync_s=probe.median_s if probe else None,
        durability=_durability(probe),
        cold=_cold(folder, course),
    )


def _steal(before: LoadRead | None, after: LoadRead | None) -> float | None:
    if before is None or after is None or after.cpu_ticks == before.cpu_ticks:
        return None
    return (after.steal_ticks - before.steal_ticks) / (after.cpu_ticks - before.cpu_ticks)


def _pressure(loads: list[tuple[Instant, LoadRead]]) -> dict[str, float]:
    if not loads:
        return {}
    (start, before), (end, after) = loads[0], loads[-1]
    took_us = (end.monotonic_ns - start.monotonic_ns) / 1000
    common = before.stalled_us.keys() & after.stalled_us.keys()
    return {name: (after.stalled_us[name] - before.stalled_us[name]) / took_us for name in sorted(common) if took_us}


def _limits(folder: RunFolder) -> dict[str, str]:
    services: dict[str, Any] = folder.planned.effective_drill.get("lab", {}).get("services", {})
    return {
        name: f"{service.get('memory', 'all')} memory, {service.get('cpus', 'all')} cores"
        for name, service in services.items()
    }


def _durability(probe: DiskProbed | None) -> str:
    if probe is None:
        return "Not told."
    took = f"A small durable write took {probe.median_s * 1e6:,.0f} µs on the evidence directory's disk"
    if probe.median_s < FASTER_THAN_DISKS_S:
        return f"{took}: a cache answers for it, so durability is not proven."
    return f"{took}; that it would survive a power cut was not tried."


def _cold(folder: RunFolder, course: Course) -> str:
    memory = "only the recovered service's own memory was cold."
    protected = [step.finished.monotonic_ns for step in folder.steps(Phase.PROTECT)]
    if not protected or course.recovery_started is None:
        return f"No cache of the machine was emptied: files used before the disaster could still be in memory; {memory}"
    age = duration((course.recovery_started - max(protected)) / SECOND)
    return (
        f"No cache of the machine was emptied: protection ended {age} before the recovery began, and what was "
        f"recovered from could still be in memory; {memory}"
    )
