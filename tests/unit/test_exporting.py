"""What stands before and after a bundle: refusals, legal holds, and files whose time is over."""

from __future__ import annotations

import zipfile
from datetime import date
from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, FAILED, PASSED
from synthetic_registers import FreshKey, SyntheticRegister

from orchestrator import exporting
from orchestrator.adapters.run_lock import RunLock
from orchestrator.core.errors import CannotRunError, DrillmasterError
from orchestrator.registering import register_of
from reports.controls.model import after
from reports.exports.retention import interval, kept
from reports.exports.window import CannotExportError
from reports.period import Window
from reports.register.entries import Held

if TYPE_CHECKING:
    from pathlib import Path

NOVEMBER = Window(first="2026-11-01", last="2026-11-30")
LATER = date(2034, 1, 1)
RUNS = ("20261101T060000Z-0001", "20261101T060100Z-0002", "20261101T060200Z-0003")


@pytest.fixture
def register(tmp_path: Path) -> SyntheticRegister:
    """Return a signed register of three runs."""
    register = SyntheticRegister(tmp_path / "evidence", FreshKey())
    for run, record in zip(RUNS, (PASSED, FAILED, ABORTED), strict=True):
        register.add(record.model_copy(update={"run": run}))
    return register


def refusal(register: SyntheticRegister, wanted: exporting.Wanted) -> tuple[str, str]:
    """Return how an export is refused."""
    with pytest.raises(DrillmasterError) as refused:
        exporting.export(register.evidence, wanted)
    return refused.value.message.replace(f"{register.evidence.parent}/", ""), refused.value.hint


def test_what_cannot_be_exported_is_said_before_anything_is_written(register: SyntheticRegister) -> None:
    """A file that is there, a directory that is not, unknown names, a span that is none."""
    there = register.evidence.parent / "there.zip"
    there.write_text("kept")
    output = register.evidence.parent / "new.zip"
    assert refusal(register, exporting.Wanted(NOVEMBER, there)) == (
        "there.zip: is there already",
        "name another with --output, or use --force",
    )
    assert refusal(register, exporting.Wanted(NOVEMBER, output.parent / "no" / "new.zip")) == (
        "no: is no directory",
        "make it, or name another with --output",
    )
    assert refusal(register, exporting.Wanted(NOVEMBER, register.path, force=True)) == (
        "evidence/register.jsonl: would lie in the evidence directory, evidence",
        "evidence holds nothing but what drills left there: name a file elsewhere with --output",
    )
    assert refusal(register, exporting.Wanted(NOVEMBER, output, audience="drada")) == (
        "unknown platform 'drada', did you mean 'drata'?",
        "--for takes auditor, vanta, drata, secureframe, ciso-assistant",
    )
    assert refusal(register, exporting.Wanted(NOVEMBER, output, framework="dorra"))[0] == (
        "no framework 'dorra', did you mean 'dora'?"
    )
    assert refusal(register, exporting.Wanted(NOVEMBER, output, retain="forever")) == (
        "'forever' is no span of time",
        "write years, months or days: 7y, 18m, 90d",
    )
    assert sorted(path.name for path in there.parent.iterdir()) == ["evidence", "there.zip"]
    exporting.export(register.evidence, exporting.Wanted(NOVEMBER, there, force=True))
    assert there.read_bytes().startswith(b"PK")


def test_an_evidence_directory_without_a_register_is_refused(tmp_path: Path) -> None:
    """There is no population to export."""
    with pytest.raises(CannotRunError) as refused:
        exporting.export(tmp_path / "evidence", exporting.Wanted(NOVEMBER, tmp_path / "new.zip"))
    assert refused.value.message == f"{tmp_path}/evidence/register.jsonl: cannot be read: No such file or directory"


def test_a_run_that_is_going_on_is_waited_for(register: SyntheticRegister) -> None:
    """It has not ended: told now, it would be told as aborted."""
    record = PASSED.model_copy(update={"run": "20261101T070000Z-0009"})
    register.start(record)
    folder = register.evidence / record.drill.name / record.run
    folder.mkdir()
    with RunLock(folder):
        assert refusal(register, exporting.Wanted(NOVEMBER, register.evidence.parent / "new.zip")) == (
            "run 20261101T070000Z-0009 of postgres-volume-loss is going on",
            "wait until it has ended, or end the window before it: --to",
        )


def test_only_one_framework_s_controls_leave(register: SyntheticRegister, tmp_path: Path) -> None:
    """The rest of the bundle is the same."""
    exporting.export(register.evidence, exporting.Wanted(NOVEMBER, tmp_path / "new.zip", framework="dora"))
    with zipfile.ZipFile(tmp_path / "new.zip") as bundle:
        table = bundle.read("audit_window/controls.csv").decode().splitlines()
    assert {line.partition(",")[0] for line in table} == {"framework", "dora"}


def test_files_are_kept_until_their_time_is_over(register: SyntheticRegister) -> None:
    """Seven years after the run's end, to the day; longer under a legal hold."""
    register.append(Held(run=RUNS[1], held=True, by="p-4", reason="claim 4711"))
    on_last_day = kept(register.state(), "P7Y", date(2033, 11, 1))
    assert [(one.over, one.why) for one in on_last_day] == [(False, "")] * 3
    next_day = kept(register.state(), "P7Y", date(2033, 11, 2))
    assert [(str(one.until), one.over, one.why) for one in next_day] == [
        ("2033-11-01", True, ""),
        ("2033-11-01", False, "a legal hold is on it"),
        ("2033-11-01", True, ""),
    ]


def test_spans_are_years_months_or_days() -> None:
    """Anything else is refused."""
    day = date(2026, 11, 21)
    for span, until in (
        ("7y", date(2033, 11, 21)),
        ("18m", date(2028, 5, 21)),
        ("90d", date(2027, 2, 19)),
        ("999y", date(3025, 11, 21)),
        ("9999m", date(2860, 2, 21)),
        ("9999d", date(2054, 4, 7)),
    ):
        assert after(day, interval(span)) == until
    for span in ("", "y", "0y", "7", "-7y", "7w", "7y ", "1000y", "9999y", "10000d", "\uff17y"):
        with pytest.raises(CannotExportError):
            interval(span)


def test_a_purge_tells_the_register_first_and_touches_nothing_else(register: SyntheticRegister) -> None:
    """Folders of runs whose time is over go, and only they; the register tells of them for ever."""
    file = register_of(register.evidence, register.key)
    exporting.hold(file, register.evidence, Held(run=RUNS[1], held=True, by="p-4", reason="claim 4711"))
    over = [one for one in exporting.retained(register.evidence, "7y", LATER) if one.over]
    removed = exporting.purge(file, register.evidence, over)
    assert [folder.name for folder in removed] == [RUNS[0], RUNS[2]]
    assert [folder.name for folder in (register.evidence / "postgres-volume-loss").iterdir()] == [RUNS[1]]
    state = register.state()
    assert state.mistakes == ()
    assert [row.purged.retained_until if row.purged else None for row in state.runs] == [
        "2033-11-01",
        None,
        "2033-11-01",
    ]
    assert exporting.purge(file, register.evidence, [one for one in over if one.row.purged]) == []


def test_a_purge_that_was_interrupted_is_finished_by_the_next(register: SyntheticRegister) -> None:
    """Its entry stands already: the files go, and no second entry is made."""
    file = register_of(register.evidence, register.key)
    over = [one for one in exporting.retained(register.evidence, "7y", LATER) if one.row.run == RUNS[0]]
    exporting.purge(file, register.evidence, over)
    left = register.evidence / "postgres-volume-loss" / RUNS[0] / "ledger"
    left.mkdir(parents=True)
    entries = register.path.read_bytes()
    again = [one for one in exporting.retained(register.evidence, "7y", LATER) if one.row.run == RUNS[0]]
    assert exporting.purge(file, register.evidence, again) == [left.parent]
    assert (register.path.read_bytes(), left.exists()) == (entries, False)


def test_what_was_registered_since_runs_were_listed_counts(register: SyntheticRegister) -> None:
    """A hold between the question and the answer keeps the run; of a purge in between nothing is told again."""
    file = register_of(register.evidence, register.key)
    over = [one for one in exporting.retained(register.evidence, "7y", LATER) if one.over]
    exporting.hold(file, register.evidence, Held(run=RUNS[1], held=True, by="p-4", reason="claim 4711"))
    exporting.purge(file, register.evidence, over[:1])
    for _ in range(2):
        with pytest.raises(CannotRunError) as refused:
            exporting.purge(file, register.evidence, over)
        assert refused.value.message == f"{RUNS[1]}: a legal hold was put on it meanwhile"
    state = register.state()
    assert (state.mistakes, [row.purged is not None for row in state.runs]) == ((), [True, False, False])
    folders = (register.evidence / "postgres-volume-loss").iterdir()
    assert sorted(folder.name for folder in folders) == [RUNS[1], RUNS[2]]


def test_a_purge_leaves_links_and_runs_in_use_alone(register: SyntheticRegister, tmp_path: Path) -> None:
    """A folder that leads elsewhere is none of ours; a run in use is an engine's."""
    file, folder = register_of(register.evidence, register.key), register.evidence / "postgres-volume-loss" / RUNS[0]
    over = [one for one in exporting.retained(register.evidence, "7y", LATER) if one.row.run == RUNS[0]]
    refused = f"{folder}: is in use, or leads elsewhere"
    with RunLock(folder), pytest.raises(CannotRunError) as in_use:
        exporting.purge(file, register.evidence, over)
    elsewhere = tmp_path / "precious"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    with pytest.raises(CannotRunError) as linked:
        exporting.purge(file, register.evidence, over)
    assert (in_use.value.message, linked.value.message) == (refused, refused)
    assert (elsewhere / "record.json").exists()
    assert register.state().runs[0].purged is None


def test_a_hold_changes_something_or_is_refused(register: SyntheticRegister) -> None:
    """Of a run that is not there, held twice, or released without a hold."""
    file = register_of(register.evidence, register.key)
    told = []
    for run, held in ((RUNS[0], False), (RUNS[0], True), (RUNS[0], True), ("none", True)):
        try:
            exporting.hold(file, register.evidence, Held(run=run, held=held, by="p-4", reason="claim"))
            told.append("done")
        except CannotRunError as error:
            told.append(error.message)
    assert told == [
        f"{RUNS[0]}: is not held",
        "done",
        f"{RUNS[0]}: is held already",
        "no run 'none' in the register",
    ]
