"""The critical path: what the last service of all had to wait for, and what is won by speeding it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import healthy_run, ledger_back_at, not_held, ns, step, two_services

from reports.facts.events import Outcome, Phase, RunPlanned, ServerMark, State, StepFinished, Tier, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from synthetic_runs import SyntheticRun

    from reports.record import Record


def tiered(*steps: StepFinished, after: tuple[str, ...] = (), back: float = 4.5) -> SyntheticRun:
    """Return a run whose second service, back with the write at `back`, is a tier of its own, with these steps."""
    run = two_services(ledger_back_at(back))
    run.change(StepFinished, {"phase": Phase.RECOVER}, tier="db")
    tiers = (Tier(name="db", after=(), services=("db",)), Tier(name="cache", after=after, services=("cache",)))
    run.change(RunPlanned, tiers=tiers)
    for one in steps:
        run.add((one.finished.monotonic_ns - ns(0)) / 1e9, one.model_copy(update={"tier": "cache"}))
    return run


def parts(record: Record) -> list[tuple[str, float, float]]:
    """Return name, start and seconds of the parts of the whole's recovery time, but for what precedes the steps."""
    return [(part.name, round(part.started_s, 3), round(part.seconds, 3)) for part in record.rto.parts[2:]]


def test_steps_side_by_side_are_counted_once(tmp_path: Path) -> None:
    """The whole is broken down along the tier of the service that was back last."""
    record = tiered(step("playbook", "playbook: fill.yml on cache", 0.25, 4.4, number=4)).judged(tmp_path)
    assert record.verdict == Verdict.PASS
    assert record.rto.path == ("db",)
    assert {one.tier for one in record.steps if one.phase == Phase.RECOVER} == {"db", "cache"}
    assert parts(record)[:3] == [
        ("replace: db", 0.25, 0.75),
        ("playbook: restore.yml", 1.0, 3.0),
        ("start: db, replay", 4.0, 0.9),
    ]
    assert sum(part.seconds for part in record.rto.parts) == pytest.approx(record.rto.achieved_s)
    assert [part.name for part in record.by_service[1].rto.parts[2:4]] == ["playbook: fill.yml on cache", "first write"]


def test_a_tier_that_waited_has_those_it_waited_for_on_its_path(tmp_path: Path) -> None:
    """First to last."""
    run = tiered(step("start", "start: cache", 5.0, 5.8, number=4), after=("db",), back=5.9)
    run.add(9.3, ServerMark(service="cache", mark="accepting-connections", at=step("", "", 5.7, 5.8).started))
    record = run.judged(tmp_path)
    assert not_held(record) == {}
    assert record.rto.path == ("db", "cache")
    assert [name for name, *_ in parts(record)] == [
        "replace: db",
        "playbook: restore.yml",
        "start: db",
        "start: cache, replay",
        "first write",
        "unexplained",
    ]


def test_what_to_speed_up_first_is_told_with_what_can_be_won(tmp_path: Path) -> None:
    """Until another service, which did not wait for that step, is the last to be back."""
    record = tiered(step("playbook", "playbook: fill.yml on cache", 0.25, 4.4, number=4)).judged(tmp_path)
    assert record.critical_step is not None
    assert record.critical_step.says == (
        "playbook: restore.yml takes 3 s, 61% of the recovery time; shortening it wins at most 450 ms: then cache is "
        "the last to be back."
    )


def test_a_tier_that_began_before_the_one_it_is_after_had_ended_spoils_the_measure(tmp_path: Path) -> None:
    """Its parts would be counted twice."""
    run = tiered(step("start", "start: cache", 4.5, 5.8, number=4), after=("db",), back=5.9)
    assert not_held(run.judged(tmp_path))["instrument-parts"] == State.UNKNOWN


def test_the_steps_of_a_tier_that_was_not_begun_are_no_success(tmp_path: Path) -> None:
    """The step that failed is the reason told."""
    skipped = step("start", "start: cache", 5.0, 5.0, number=4, outcome=Outcome.SKIPPED, says="not begun")
    record = tiered(skipped, after=("db",)).judged(tmp_path)
    assert not_held(record)["recovery-step"] == State.VIOLATED


def test_a_recovery_without_tiers_has_no_path(tmp_path: Path) -> None:
    """All its steps were waited for."""
    assert healthy_run().judged(tmp_path).rto.path == ()
