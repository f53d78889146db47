"""The run that a run is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from synthetic_records import ABORTED, FAILED, PASSED
from synthetic_runs import PLANNED, instant

from reports.facts import journal
from reports.facts.events import FileDigest, PreviousRunFound, Verdict
from reports.previous import MOST_CHANGES, RECORD, last_judged

if TYPE_CHECKING:
    from pathlib import Path

    from reports.facts.events import RunPlanned


def keep(evidence: Path, run: str, record: object) -> None:
    """Keep a record as a run's."""
    (evidence / run).mkdir()
    (evidence / run / RECORD).write_text(record if isinstance(record, str) else json.dumps(record))


def test_the_newest_judged_run_before_is_found(tmp_path: Path) -> None:
    """Aborted and unreadable ones do not count, nor this run itself, nor one begun since."""
    keep(tmp_path, "r1", FAILED.model_dump(mode="json"))
    keep(tmp_path, "r2", PASSED.model_dump(mode="json"))
    keep(tmp_path, "r3", ABORTED.model_dump(mode="json"))
    keep(tmp_path, "r4", "torn {")
    (tmp_path / "r4a" / RECORD).mkdir(parents=True)
    (tmp_path / "r5").mkdir()
    keep(tmp_path, "r6", FAILED.model_dump(mode="json"))
    assert last_judged(tmp_path / "r5", PLANNED) == PreviousRunFound(
        run=PASSED.run,
        started_utc=PASSED.started_utc,
        verdict=Verdict.PASS,
        rto_s=6.845,
        rpo_at_most_s=0.69,
        drill_sha256=PASSED.drill.sha256,
    )


def test_a_record_of_another_version_is_read_for_what_is_asked_of_it(tmp_path: Path) -> None:
    """An update of the tool breaks no comparison."""
    keep(tmp_path, "r1", {**PASSED.model_dump(mode="json"), "schema_version": "9.0", "unheard": "of"})
    previous = last_judged(tmp_path / "r2", PLANNED)
    assert previous is not None
    assert previous.run == PASSED.run


def test_the_first_run_is_compared_with_none(tmp_path: Path) -> None:
    """There is none."""
    assert last_judged(tmp_path / "r1", PLANNED) is None


def drilled(**drill: object) -> RunPlanned:
    """Return criteria with this effective drill and one procedure."""
    playbook = FileDigest(path="restore.yml", sha256=str(drill.pop("playbook", "a")) * 64)
    return PLANNED.model_copy(update={"effective_drill": drill, "procedures": (playbook,)})


def told(evidence: Path, before: RunPlanned, now: RunPlanned) -> tuple[str, ...] | None:
    """Return what is told to have changed between two runs."""
    keep(evidence, "r1", PASSED.model_dump(mode="json"))
    line, _ = journal.Chain().line(before, instant(0))
    (evidence / "r1" / journal.NAME).write_bytes(line)
    previous = last_judged(evidence / "r2", now)
    assert previous is not None
    return previous.changes


def test_what_changed_since_is_told_leaf_by_leaf(tmp_path: Path) -> None:
    """Settings of the drill, and the procedures by their digests; what is the same is not told."""
    before = drilled(objectives={"rto": 120.0}, checks=[{"amcheck": {"service": "db"}}], seed=4, playbook="a")
    now = drilled(
        objectives={"rto": 30.0}, checks=[{"amcheck": {"service": "other"}}], plan={"version": "2"}, playbook="b"
    )
    assert told(tmp_path, before, now) == (
        "objectives.rto: 120.0 \N{RIGHTWARDS ARROW} 30.0",
        "checks.1.amcheck.service: db \N{RIGHTWARDS ARROW} other",
        "seed: 4 \N{RIGHTWARDS ARROW} nothing",
        f"procedures.restore.yml: {'a' * 12} \N{RIGHTWARDS ARROW} {'b' * 12}",
        'plan: nothing \N{RIGHTWARDS ARROW} {"version": "2"}',
    )


def test_a_drill_that_is_the_same_has_changed_in_nothing(tmp_path: Path) -> None:
    """That is known, and not the same as not knowing."""
    assert told(tmp_path, drilled(seed=4), drilled(seed=4)) == ()


def test_what_changed_does_not_get_endless(tmp_path: Path) -> None:
    """A drill written anew is not told whole; lists of another length are one change; long values are cut."""
    before = drilled(steps=["x"], **{f"setting{number}": "y" * 200 for number in range(50)})
    changes = told(tmp_path, before, drilled(steps=["x", "y"]))
    assert changes is not None
    assert changes[0] == 'steps: ["x"] \N{RIGHTWARDS ARROW} ["x", "y"]'
    assert changes[1] == f"setting0: {'y' * 120}\N{HORIZONTAL ELLIPSIS} \N{RIGHTWARDS ARROW} nothing"
    assert (len(changes), changes[-1]) == (MOST_CHANGES + 1, "and 11 more")
