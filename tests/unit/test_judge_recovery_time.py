"""The recovery time and where it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import PLANNED, SyntheticRun, finding, healthy_run, instant, says, step

from reports.facts.events import DisasterDone, Mark, Phase, RunPlanned, SabotageDone, ServerMark, State, StepFinished
from reports.judge.objectives import Grounds, recovery_time

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record


def parts(record: Record) -> list[tuple[str, str, float, float]]:
    """Return name, kind, start and seconds of each part."""
    return [(part.name, part.kind, round(part.started_s, 6), round(part.seconds, 6)) for part in record.rto.parts]


def replaced_steps(*steps: StepFinished) -> SyntheticRun:
    """Return a healthy run with other recovery steps."""
    run = healthy_run()
    run.drop(StepFinished, phase=Phase.RECOVER)
    for one in steps:
        run.add((one.finished.monotonic_ns - 10**12) / 1e9, one)
    return run


def test_every_part_of_a_healthy_recovery(tmp_path: Path) -> None:
    """The parts follow each other without a gap and end with the first write."""
    record = healthy_run().judged(tmp_path)
    assert parts(record) == [
        ("noticed", "detect", 0.0, 0.004),
        ("damage confirmed, recovery declared", "confirm", 0.004, 0.246),
        ("replace: db", "step", 0.25, 0.75),
        ("playbook: restore.yml", "step", 1.0, 3.0),
        ("start: db, replay", "replay", 4.0, 0.9),
        ("first write", "first-write", 4.9, 0.052),
        ("unexplained", "unexplained", 0.0, 0.0),
    ]
    assert record.rto.achieved_s == pytest.approx(4.952)


def test_the_parts_add_up_to_what_was_measured(tmp_path: Path) -> None:
    """The unexplained share is the difference, never lost."""
    run = replaced_steps(step("replace", "replace: db", 0.35, 1.0), step("start", "start: db", 1.1, 5.0, number=2))
    record = run.judged(tmp_path)
    assert record.rto.unexplained_s == pytest.approx(0.2)
    assert sum(part.seconds for part in record.rto.parts) == pytest.approx(record.rto.achieved_s)


def test_assumed_times_of_people_are_added_and_marked(tmp_path: Path) -> None:
    """They count, though nobody lived through them."""
    run = healthy_run()
    run.change(RunPlanned, assumed_detect_s=300.0, assumed_decide_s=600.0)
    rto = run.judged(tmp_path).rto
    assert (rto.achieved_s, rto.assumed_people_s) == (pytest.approx(904.952), 900.0)
    assumed = [(part.kind, part.seconds) for part in rto.parts if part.assumed]
    assert assumed == [("detect", 300.0), ("decide", 600.0)]
    assert rto.time_to_verified_s == pytest.approx(909.0)


def test_a_manual_step_is_the_peoples_share(tmp_path: Path) -> None:
    """What a person confirmed is a decision, not a step of the machine."""
    for kind in ("manual", "call"):
        people = step(kind, f"{kind}: approve", 0.25, 2.0)
        run = replaced_steps(people, step("start", "start: db", 2.0, 5.0, number=2))
        assert (f"{kind}: approve", "decide", 0.25, 1.75) in parts(run.judged(tmp_path / kind))


def test_sabotage_before_recovery_is_a_part_of_its_own(tmp_path: Path) -> None:
    """A delay put in on purpose is inside the recovery time and named."""
    run = replaced_steps(step("start", "start: db", 3.0, 5.0))
    run.add(3.0, SabotageDone(kind="delay-recovery", finding=finding("delay-recovery")))
    assert parts(run.judged(tmp_path))[2:4] == [
        ("delay-recovery", "step", 0.25, 2.75),
        ("start: db, replay", "replay", 3.0, 1.9),
    ]


def test_the_word_of_another_server_is_not_the_servers(tmp_path: Path) -> None:
    """A copy beside it may start at any time."""
    before, run = parts(healthy_run().judged(tmp_path / "alone")), healthy_run()
    run.add(9.3, ServerMark(service="side", mark="accepting-connections", at=instant(4.95)))
    assert parts(run.judged(tmp_path / "two")) == before


def test_without_the_servers_word_the_start_is_one_step(tmp_path: Path) -> None:
    """No log, no replay: the last step is cut off where the service was restored."""
    run = healthy_run()
    run.drop(ServerMark)
    assert parts(run.judged(tmp_path))[-2:] == [("start: db", "step", 4.0, 0.952), ("unexplained", "unexplained", 0, 0)]


def test_without_the_servers_word_the_wait_for_the_first_write_is_told_all_the_same(tmp_path: Path) -> None:
    """As of a server that was never restarted, only reached again."""
    run = healthy_run()
    run.drop(ServerMark)
    run.change(StepFinished, {"number": 3}, finished=instant(4.5))
    run.mark(Mark.RECOVERY_FINISHED, 4.5)
    assert parts(run.judged(tmp_path))[-3:-1] == [
        ("start: db", "step", 4.0, 0.5),
        ("first write", "first-write", 4.5, 0.452),
    ]


def test_the_server_may_have_started_at_other_times_too(tmp_path: Path) -> None:
    """Its log tells of the start before the disaster, and perhaps of one long after the service was restored."""
    run = healthy_run()
    for at in (-25.0, 5.5):
        run.add(9.3, ServerMark(service="db", mark="accepting-connections", at=instant(at)))
    assert parts(run.judged(tmp_path)) == parts(healthy_run().judged(tmp_path / "plain"))
    run.drop(ServerMark, at=instant(4.9))
    assert parts(run.judged(tmp_path / "others"))[-2][:2] == ("start: db", "step")


@pytest.mark.parametrize("said", [4.96, 5.0])
def test_a_server_that_says_so_after_the_first_write_was_replaying_until_then(tmp_path: Path, said: float) -> None:
    """A log line may come a moment after what it tells of, and after the step that waited for it."""
    run = healthy_run()
    run.change(ServerMark, at=instant(said))
    assert parts(run.judged(tmp_path))[-2:] == [
        ("start: db, replay", "replay", 4.0, 0.952),
        ("unexplained", "unexplained", 0, 0),
    ]


def test_sabotage_at_other_times_is_no_part(tmp_path: Path) -> None:
    """Before the disaster and after the last step it costs no recovery time."""
    run = healthy_run()
    for at in (-1.0, 4.5, 6.0):
        run.add(at, SabotageDone(kind="flip-byte", finding=finding("flip-byte")))
    assert parts(run.judged(tmp_path)) == parts(healthy_run().judged(tmp_path / "plain"))


def test_after_a_last_step_that_is_no_start_comes_the_first_write(tmp_path: Path) -> None:
    """A fail-over is over when clients write again."""
    run = replaced_steps(step("playbook", "playbook: fail-over.yml", 0.25, 4.5))
    run.mark(Mark.RECOVERY_FINISHED, 4.5)
    assert parts(run.judged(tmp_path))[2:4] == [
        ("playbook: fail-over.yml", "step", 0.25, 4.25),
        ("first write", "first-write", 4.5, 0.452),
    ]


def test_parts_never_overlap_even_where_the_steps_did(tmp_path: Path) -> None:
    """Overlapping steps fail a self-check; the parts shown are cut, and the recovery time is unknown."""
    run = replaced_steps(step("replace", "replace: db", 0.25, 3.0), step("start", "start: db", 2.0, 5.0, number=2))
    record = run.judged(tmp_path)
    assert parts(record)[2:4] == [("replace: db", "step", 0.25, 2.75), ("start: db, replay", "replay", 3.0, 1.9)]
    assert says(record, "instrument-parts") == "start: db began before replace: db had ended."
    assert record.objectives[0].state == State.UNKNOWN


def test_a_service_that_never_came_back_took_more_than_was_watched(tmp_path: Path) -> None:
    """The figure is a lower bound and the objective violated, even when the bound lies within it."""
    run = healthy_run()
    run.ledger.attempts = [one for one in run.ledger.attempts if one.epoch != 1]
    rto, objective = (record := run.judged(tmp_path)).rto, record.objectives[0]
    assert (rto.achieved_s, rto.more_than_s, rto.unexplained_s) == (None, 7.5, None)
    assert (objective.state, objective.achieved, objective.at_least_s, objective.at_most_s) == (
        State.VIOLATED,
        "more than 7.5 s",
        7.5,
        None,
    )
    assert objective.says == "Clients could not write again for good: more than 7.5 s; 2 min are allowed."


def test_damage_to_data_is_timed_until_the_last_step(tmp_path: Path) -> None:
    """The service stayed up and never failed: restored with the first write attempted after the recovery."""
    run = healthy_run()
    run.change(DisasterDone, stays_up=True)
    run.ledger.attempts = [one for one in run.ledger.attempts if one.epoch == 0 and one.answer == 1]
    for number in range(375):
        run.ledger.write(number / 50)
    record = run.judged(tmp_path)
    assert record.rto.achieved_s == pytest.approx(5.022)


def test_a_recovery_that_was_not_watched_at_all_is_told_without_a_figure(tmp_path: Path) -> None:
    """It failed; how long clients would have waited is not known."""
    rto = healthy_run().judged(tmp_path).rto.model_copy(update={"achieved_s": None, "more_than_s": None})
    row = recovery_time(PLANNED.objectives, rto, Grounds(not_recovered=True, doubts={}))
    assert (row.state, row.achieved, row.says) == (
        State.VIOLATED,
        "unknown",
        "Not recovered; 2 min are allowed.",
    )
