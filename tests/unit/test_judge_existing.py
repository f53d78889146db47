"""What is judged of a backup that was there before the run: time from the decision, age, and how far replay came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import PLANNED, SyntheticRun, finding, instant, not_held, says, step
from test_render_html import Page

from reports.facts.events import (
    CheckFinished,
    Mark,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    State,
    Verdict,
)
from reports.facts.existing import ExistingFound, RecoveredAsOf, WalReplayed
from reports.render_html import html
from reports.render_text import text

if TYPE_CHECKING:
    from pathlib import Path

FOUND = ExistingFound(
    service="db",
    source="/srv/backups",
    format="pgbackrest",
    label="F1",
    picked="newest",
    among=2,
    version="PostgreSQL 15",
    server="77",
    started="2026-11-21T04:00:00Z",
    stopped="2026-11-21T04:10:00Z",
    until="archive-end",
    archive_end="000000010000000000000009",
    says="backup F1",
)


def existing_run() -> SyntheticRun:
    """Return a healthy run, begun at the synthetic disaster's moment less 10 s, which recovers in 8 s."""
    run = SyntheticRun(ledger=None)
    run.add(-10.0, PLANNED.model_copy(update={"existing": True}))
    for phase, start, end in (("provision", -9, -6), ("protect", -6, 0), ("recover", 0, 7.9), ("settle", 7.9, 10)):
        run.add(start, PhaseStarted(phase=Phase(phase)))
        run.add(end, PhaseFinished(phase=Phase(phase), outcome=Outcome.OK))
    run.add(-1.0, FOUND)
    run.mark(Mark.DECLARED, 0)
    run.mark(Mark.RECOVERY_STARTED, 0.01)
    run.add(5.0, step("playbook", "playbook: restore.yml", 0.02, 5.0))
    run.add(7.9, step("start", "start: db", 5.0, 7.9))
    run.mark(Mark.RECOVERY_FINISHED, 7.9)
    run.mark(Mark.SERVICE_ANSWERED, 8.0)
    run.add(9.0, WalReplayed(service="db", reached="0000000000000009", expected="0000000000000009", missed=0))
    run.add(9.1, RecoveredAsOf(service="db", method="last-commit", at="2026-11-21T05:59:49Z", counted_from=None))
    run.add(10.1, PhaseStarted(phase=Phase.CHECK))
    look = CheckFinished(
        kind="any", title="any", started=instant(10.2), finished=instant(10.3), findings=(finding("any"),)
    )
    run.add(10.3, look)
    run.mark(Mark.VERIFIED, 10.4)
    run.add(10.4, PhaseFinished(phase=Phase.CHECK, outcome=Outcome.OK))
    run.add(11.0, RunFinished())
    return run


def test_a_healthy_run_passes_with_what_was_measured(tmp_path: Path) -> None:
    """The recovery's own time, and the age of what was recovered, counted back from the run's beginning."""
    record = existing_run().judged(tmp_path)
    assert (record.verdict, record.rto.achieved_s, record.rpo.at_most_s) == (Verdict.PASS, 8.0, 1.0)
    assert record.sentence == (
        "The service answered 8 s after the decision to recover, of 2 min allowed; "
        "the recovered data is at most 1 s old, of 5 s allowed."
    )
    assert [(part.name, part.kind) for part in record.rto.parts] == [
        ("playbook: restore.yml", "step"),
        ("start: db, replay", "replay"),
        ("unexplained", "unexplained"),
    ]
    assert [one.name for one in record.findings] == [
        "provisioned",
        "protect-step",
        "recovery-step",
        "replayed-to-end",
        "checked",
        "any",
    ]
    assert [one.name for one in record.instrument] == [
        "instrument-clock",
        "instrument-marks",
        "instrument-parts",
        "instrument-unexplained",
    ]


def test_a_gap_in_the_archive_is_a_violation(tmp_path: Path) -> None:
    """The server promotes itself at the gap without a word."""
    run = existing_run()
    run.change(WalReplayed, reached="0000000000000007", missed=2)
    record = run.judged(tmp_path)
    assert (record.verdict, not_held(record)) == (Verdict.FAIL, {"replayed-to-end": State.VIOLATED})
    assert (
        says(record, "replayed-to-end")
        == "Replay ended in segment 0000000000000007; 2 later archived segments up to 0000000000000009 were left."
    )


def test_data_that_is_too_old_is_a_violation_and_of_an_unknown_age_a_doubt(tmp_path: Path) -> None:
    """An age is only what something tells."""
    run = existing_run()
    run.change(RecoveredAsOf, method="backup-stop", at="2026-11-21T04:10:00Z")
    old = run.judged(tmp_path / "old")
    assert (old.verdict, says(old, "rpo")) == (
        Verdict.FAIL,
        "The recovered data is at most 1 h 49 min 50 s old; 5 s are allowed: 1 h 49 min 45 s too much.",
    )
    run.change(RecoveredAsOf, method=None, at=None)
    unknown = run.judged(tmp_path / "unknown")
    assert (unknown.verdict, says(unknown, "rpo")) == (
        Verdict.INCONCLUSIVE,
        "The age of the recovered data is unknown: Nothing tells what moment the recovered data is of.",
    )


def test_the_age_is_counted_from_where_the_drill_says(tmp_path: Path) -> None:
    """A backup of last month, as of last month."""
    run = existing_run()
    run.change(RecoveredAsOf, counted_from="2026-11-21T05:59:49.5Z")
    record = run.judged(tmp_path)
    assert record.rpo.at_most_s == 0.5
    assert record.rpo.method.endswith("counted back from the moment that the drill states.")


def test_data_of_the_future_is_of_an_unknown_age(tmp_path: Path) -> None:
    """A clock or a zone is wrong there; what was archived during the run is no older than the run."""
    run = existing_run()
    run.change(RecoveredAsOf, at="2026-11-21T05:59:58Z")
    assert run.judged(tmp_path / "archived meanwhile").rpo.at_most_s == 0.0
    run.change(RecoveredAsOf, at="2026-11-21T06:59:58Z")
    future = run.judged(tmp_path / "future")
    assert future.verdict == Verdict.INCONCLUSIVE
    assert says(future, "rpo") == (
        "The age of the recovered data is unknown: The last commit that was replayed, 2026-11-21 06:59:58 UTC, "
        "is too late: a clock or a zone is wrong."
    )
    run.change(RecoveredAsOf, at="2026-11-21T05:59:49Z", counted_from="2026-11-21T05:59:48Z")
    assert run.judged(tmp_path / "stated").rpo.at_most_s is None


@pytest.mark.parametrize("kind", [html, text])
def test_the_report_speaks_of_no_disaster(tmp_path: Path, kind: object) -> None:
    """There was none; what is told instead is where the clock began."""
    told = kind(existing_run().judged(tmp_path))  # type: ignore[operator]
    assert "the disaster" not in told
    assert "after the decision to recover" in told


def test_a_backup_that_was_not_found_is_a_doubt_with_its_reason(tmp_path: Path) -> None:
    """Nothing was tried, so nothing is told of a recovery."""
    run = existing_run()
    for kind in (ExistingFound, WalReplayed, RecoveredAsOf, CheckFinished):
        run.drop(kind)
    run.change(PhaseFinished, {"phase": Phase.PROTECT}, outcome=Outcome.FAILED, says="the source holds no backup")
    run.facts = [one for one in run.facts if one[0] <= 0 or isinstance(one[1], RunFinished)]
    record = run.judged(tmp_path)
    assert record.verdict is Verdict.INCONCLUSIVE
    assert says(record, "protect-step") == "Nothing was recovered: protect failed: the source holds no backup."


def test_the_report_calls_things_what_they_are_of_a_backup(tmp_path: Path) -> None:
    """Nothing was lost and nobody was away: the data is so old, and was back after so long."""
    told = Page(html(existing_run().judged(tmp_path))).text
    wanted = (
        "Age of the data The recovered data is at most 1 s old, of 5 s allowed.",
        "Had this been real The service answered 8 s after the decision to recover, of 2 min allowed. The",
        "How old the data is Findings",
        "Taken begun 2026-11-21 04:00:00 UTC, ended 2026-11-21 04:10:00 UTC",
        "Replay was to end with the archive; the archive's last segment was 000000010000000000000009",
        "Recovered as of 2026-11-21 05:59:49 UTC",
    )
    assert [sentence for sentence in wanted if sentence not in told] == []
    assert "What was lost" not in told
