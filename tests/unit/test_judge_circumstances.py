"""What the figures must be read with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import healthy_run, instant

from reports.facts.events import (
    ArchiverRead,
    DiskProbed,
    LoadRead,
    PreviousRunFound,
    RunPlanned,
    StepFinished,
    Surroundings,
    Verdict,
)
from reports.record import ArchiverRow, PreviousRun, Timing

if TYPE_CHECKING:
    from pathlib import Path

    from synthetic_runs import SyntheticRun

BEFORE = LoadRead(
    when="before-disaster",
    load_1m=0.5,
    cpu_ticks=1000,
    steal_ticks=10,
    stalled_us={"cpu": 0, "io": 1000},
    other_labs=0,
    other_containers=3,
)
AFTER = LoadRead(
    when="after-recovery",
    load_1m=1.5,
    cpu_ticks=3000,
    steal_ticks=110,
    stalled_us={"cpu": 700_000, "io": 1000},
    other_labs=1,
    other_containers=2,
)


def told() -> SyntheticRun:
    """Return a healthy run whose journal tells of the machine."""
    run = healthy_run()
    services = {"db": {"memory": "1GiB"}, "side": {"cpus": 0.5}}
    run.change(RunPlanned, effective_drill={"lab": {"services": services}})
    run.add(-30.5, Surroundings(facts={"cores": "2", "memory": "23.5 GiB", "host": "here"}))
    run.add(-30.4, DiskProbed(writes=25, median_s=0.000098))
    run.add(0.0, BEFORE)
    run.add(7.0, AFTER)
    return run


def timing(run: SyntheticRun, folder: Path) -> Timing:
    """Return the run's context of timing, which it has."""
    timing = run.judged(folder).timing
    assert timing is not None
    return timing


def test_the_timing_is_told_with_what_bounds_it(tmp_path: Path) -> None:
    """How busy the machine was between the two moments, with what else, within which limits, and what was cold."""
    assert timing(told(), tmp_path) == Timing(
        cpus=2,
        memory="23.5 GiB",
        load_before=0.5,
        load_after=1.5,
        steal_share=0.05,
        pressure={"cpu": 0.1, "io": 0.0},
        other_labs=1,
        other_containers=3,
        limits={"db": "1GiB memory, all cores", "side": "all memory, 0.5 cores"},
        fsync_s=0.000098,
        durability="A small durable write took 98 µs on the evidence directory's disk: a cache answers for it, so "
        "durability is not proven.",
        cold="No cache of the machine was emptied: protection ended 12.25 s before the recovery began, and what was "
        "recovered from could still be in memory; only the recovered service's own memory was cold.",
    )


def test_a_slow_disk_is_not_taken_at_its_word_either(tmp_path: Path) -> None:
    """Nobody cut the power."""
    run = told()
    run.change(DiskProbed, median_s=0.0043)
    assert timing(run, tmp_path).durability == (
        "A small durable write took 4,300 µs on the evidence directory's disk; that it would survive a power cut was "
        "not tried."
    )


def test_without_protection_nothing_was_written_to_recover_from(tmp_path: Path) -> None:
    """The service's own files are what may still be in memory."""
    run = told()
    run.drop(StepFinished, phase="protect")
    assert timing(run, tmp_path).cold == (
        "No cache of the machine was emptied: files used before the disaster could still be in memory; only the "
        "recovered service's own memory was cold."
    )


def test_a_run_that_ended_early_tells_what_it_knows(tmp_path: Path) -> None:
    """One moment gives no share; no moment at all, no load; and a journal that tells nothing, no timing."""
    early = told()
    early.drop(LoadRead, when="after-recovery")
    never = told()
    never.drop(LoadRead)
    timings = [run.judged(tmp_path / str(number)).timing for number, run in enumerate((early, never, healthy_run()))]
    known = [timing and (timing.load_before, timing.load_after, timing.steal_share) for timing in timings]
    assert known == [(0.5, None, None), (None, None, None), None]


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (1.25, "Files archived: 13, the last 1.25 s before; failed attempts: 1; waiting: 2."),
        (None, "Nothing had been archived; failed attempts: 1; waiting: 2."),
    ],
)
def test_the_archive_is_told_as_it_was_before_the_disaster(tmp_path: Path, age: float | None, says: str) -> None:
    """What the recovery point hung on."""
    run = healthy_run()
    figures = {"service": "db", "archived": 13, "failed": 1, "waiting": 2, "last_archived": "0A"}
    run.add(-0.05, ArchiverRead(**figures, last_archived_age_s=age))
    assert run.judged(tmp_path).archivers == (ArchiverRow(**figures, last_archived_age_s=age, says=says),)


def test_the_run_before_is_told_as_it_was_journaled(tmp_path: Path) -> None:
    """The record stays a function of the folder: what lies beside it now is not asked."""
    figures = {
        "run": "20261120T060000Z-0000",
        "started_utc": instant(-86400).utc,
        "verdict": Verdict.PASS,
        "rto_s": 5.5,
        "rpo_at_most_s": None,
        "drill_sha256": "e" * 64,
    }
    run = healthy_run()
    run.add(-30.3, PreviousRunFound.model_validate(figures))
    assert run.judged(tmp_path).previous == PreviousRun.model_validate(figures)
