"""The record: its schema, and that it is a pure function of the folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from synthetic_runs import finding, healthy_run, instant, ns

import orchestrator
import reports
from reports.facts.events import (
    BackupChosen,
    FactsHandedBack,
    LabKept,
    LabRemoved,
    Outcome,
    Phase,
    Programme,
    RunPlanned,
    SabotageDone,
    ServiceReady,
    TargetSet,
    TaskFinished,
)
from reports.judge import judge
from reports.record import BAD_CLASSES, BackupRow, BackupTaken, Record, WriteClass, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_a_record_fits_its_schema_and_reads_back_the_same(tmp_path: Path) -> None:
    """Nothing is lost between the record and its JSON."""
    run = healthy_run()
    run.ledger.lose(-1, 0)
    record = run.judged(tmp_path)
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(record.model_dump(mode="json"))
    assert Record.model_validate_json(record.model_dump_json()) == record


def test_judging_again_gives_the_same_record(tmp_path: Path) -> None:
    """A sceptic with the folder gets the same verdict and the same figures."""
    folder = healthy_run().save(tmp_path)
    assert judge(folder) == judge(folder)


def test_the_record_names_the_end_of_its_journal(tmp_path: Path) -> None:
    """It can be traced to exactly one journal."""
    folder = healthy_run().save(tmp_path)
    head = judge(folder).journal
    assert (head.sha256, head.entries) == (folder.head.head, len(folder.entries))


def test_every_figure_in_seconds_says_so() -> None:
    """Fields that end in _s are described with their unit."""

    def fields(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        for definition in node["$defs"].values():
            yield from definition.get("properties", {}).items()

    undescribed = [name for name, field in fields(schema()) if name.endswith("_s") and "description" not in field]
    assert undescribed == []


def test_bad_classes_are_those_that_count_against_somebody() -> None:
    """Doubt, refusal and what was given up are nobody's fault."""
    assert set(WriteClass) - BAD_CLASSES == {
        WriteClass.KEPT,
        WriteClass.GIVEN_UP,
        WriteClass.AT_TARGET,
        WriteClass.REFUSED,
        WriteClass.IN_DOUBT_PRESENT,
        WriteClass.IN_DOUBT_ABSENT,
        WriteClass.UNSENT,
        WriteClass.LATER_PRESENT,
    }


def test_the_examples_say_when_the_write_was_attempted(tmp_path: Path) -> None:
    """So that it can be looked for in the server's log."""
    run = healthy_run()
    run.ledger.lose(-0.05, 0)
    examples = run.judged(tmp_path).writes[0].examples[WriteClass.LOST]
    assert [(one.writer, one.sequence, one.offset_s) for one in examples] == [(0, 250, -0.04), (1, 250, -0.02)]


def test_the_timeline_is_in_order_and_counts_from_the_disaster(tmp_path: Path) -> None:
    """What the ledger alone knows stands among the marks, and times are UTC."""
    rows = healthy_run().judged(tmp_path).timeline
    assert [row.offset_s for row in rows] == sorted(row.offset_s or 0 for row in rows)
    restored = next(row for row in rows if row.what == "service restored")
    assert (restored.offset_s, restored.utc) == (4.952, "2026-11-21T06:00:04.952000Z")


def test_steps_carry_their_tasks(tmp_path: Path) -> None:
    """A playbook's tasks stand under the step that ran it, not under one of another phase."""
    run = healthy_run()
    for phase, at in ((Phase.PROTECT, -16), (Phase.RECOVER, 0.5)):
        task = TaskFinished(
            phase=phase,
            number=1,
            task=f"{phase} task",
            service="db",
            outcome=Outcome.OK,
            started=instant(at),
            finished=instant(at + 0.2),
        )
        run.add(at + 0.2, task)
    steps = run.judged(tmp_path).steps
    assert [(step.title, [task.task for task in step.tasks]) for step in steps] == [
        ("playbook: back-up.yml", ["protect task"]),
        ("replace: db", ["recover task"]),
        ("playbook: restore.yml", []),
        ("start: db", []),
    ]


def test_a_service_is_shown_as_it_first_was(tmp_path: Path) -> None:
    """The settings that bound the loss are those of the protected service."""
    run = healthy_run()
    for at, timeout in ((-21, "2s"), (4.9, "9s")):
        ready = ServiceReady(service="db", type="postgres", version="15", settings={"archive_timeout": timeout})
        run.add(at, ready)
    assert [service.settings for service in run.judged(tmp_path).services] == [{"archive_timeout": "2s"}]


def test_sabotage_stands_in_the_timeline(tmp_path: Path) -> None:
    """The reader must see what was done on purpose."""
    run = healthy_run()
    run.add(-1, SabotageDone(kind="flip-byte", finding=finding("flip-byte", says="Byte 7 of base/1.")))
    rows = run.judged(tmp_path).timeline
    assert [(row.offset_s, row.detail) for row in rows if row.what == "sabotage flip-byte"] == [
        (-1, "Byte 7 of base/1.")
    ]


@pytest.mark.parametrize(
    ("drawn_from_s", "more"), [(None, ""), (13.5, "; drawn at random from the 13.5 s before the disaster")]
)
def test_the_recovery_target_stands_where_it_lies_in_time(
    tmp_path: Path, drawn_from_s: float | None, more: str
) -> None:
    """By the server's clock, and what it was drawn from if nobody chose it."""
    run, read = healthy_run(), "2026-11-21T05:59:57.000000+00:00"
    moment = {"server_time": read, "monotonic_ns": ns(-3), "bound_ns": 0, "drawn_from_s": drawn_from_s}
    run.add(-0.1, TargetSet(mode="time", **moment))
    rows = run.judged(tmp_path).timeline
    assert [(row.offset_s, row.detail) for row in rows if row.what == "recovery target"] == [
        (-3, f"{read} by the server's clock{more}")
    ]


def test_the_backup_that_was_chosen_for_its_age_is_told(tmp_path: Path) -> None:
    """With why, in the record and in the timeline; most drills ask for none."""
    run = healthy_run()
    says = "the newest that ended at least 20 s before the disaster; there were: F (30.0 s), G (9.0 s)"
    chosen = BackupChosen(label="F", stopped="2026-11-21T05:59:30.000000Z", age_s=30, asked_s=20, says=says)
    run.add(1.1, chosen)
    record = run.judged(tmp_path / "chosen")
    assert record.backup == BackupRow(label="F", stopped=chosen.stopped, age_s=30, asked_s=20, says=says)
    assert [row.detail for row in record.timeline if row.what == "backup chosen, F"] == [says]
    assert healthy_run().judged(tmp_path / "any").backup is None


def test_backups_are_told_as_their_playbooks_told_of_them(tmp_path: Path) -> None:
    """All that was handed back, placed before the disaster; other facts are none of a backup."""
    run = healthy_run()
    facts = {"label": "20261121-055942F", "type": "full", "lsn": {"start": "0/2", "stop": "0/3"}}
    run.add(-12, FactsHandedBack(facts={"drill_backup": facts, "drill_endpoint": "db"}))
    run.add(-11, FactsHandedBack(facts={"drill_backup": {"type": "incr"}}))
    run.add(4, FactsHandedBack(facts={"drill_endpoint": "db"}))
    assert run.judged(tmp_path).backups == (
        BackupTaken(label="20261121-055942F", offset_s=-12, facts=facts),
        BackupTaken(label="", offset_s=-11, facts={"type": "incr"}),
    )


def test_what_a_drill_is_part_of_comes_into_the_record(tmp_path: Path) -> None:
    """As it was fixed before anything was built; a journal that tells nothing of it declares nothing."""
    programme = Programme(criticality="high", participants=("database administrator",), two_person=True)
    run = healthy_run()
    run.change(RunPlanned, programme=programme)
    assert run.judged(tmp_path / "declared").programme == programme
    assert healthy_run().judged(tmp_path / "silent").programme == Programme()


def test_what_became_of_the_lab(tmp_path: Path) -> None:
    """Removed, left behind, kept on purpose, or not said."""
    run = healthy_run()
    said = [run.judged(tmp_path / "removed")]
    run.change(LabRemoved, left=("volume x: in use",))
    said.append(run.judged(tmp_path / "left"))
    run.drop(LabRemoved)
    said.append(run.judged(tmp_path / "silent"))
    run.add(9.8, LabKept(because="--keep-lab"))
    said.append(run.judged(tmp_path / "kept"))
    assert [(record.lab_removed, record.lab_says) for record in said] == [
        (True, "1 containers, 2 volumes, 1 networks"),
        (False, "left: volume x: in use"),
        (None, ""),
        (False, "--keep-lab"),
    ]


def test_both_halves_have_one_version() -> None:
    """They ship together."""
    assert reports.__version__ == orchestrator.__version__
