"""The tampering matrix, part four: what the key's holder seals, and what tells of it all the same, or cannot."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from sealed_evidence import RUNS, SealedEvidence, derive, envelope_of, runs, write_envelope
from synthetic_records import RECORDS
from synthetic_runs import planned
from synthetic_services import SEVERAL
from tampering import (
    TAMPERED,
    Attack,
    attack,
    attacks_of,
    copy_of,
    edit_json,
    names,
    twice,
    verified,
)

from reports import seal
from reports.facts import journal, ledger
from reports.facts.events import LedgerClosed, RunPlanned
from reports.folder import RunFolder
from reports.record import BackupRow, BackupTaken, ExistingRow, JournalHead, Record, TabletopRow
from reports.register.entries import Started

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


OTHER = RECORDS[0].model_copy(
    update={
        "programme": RECORDS[0].programme.model_copy(update={"excluded": {"the network": "it is tested elsewhere"}}),
        "trigger": "schedule",
        "version": "0.0.9",
        "backup": BackupRow(label="b", stopped="2026-11-21T05:00:00Z", age_s=3600, asked_s=60, says=""),
        "backups": (BackupTaken(label="b", offset_s=-60, facts={}),),
        "by_service": SEVERAL.by_service,
        "existing": ExistingRow(label="b", says=""),
        "tabletop": TabletopRow(situation="It is night."),
    }
)
"""A record that has what the others lack."""
FIELDS = [name for name in Record.model_fields if name not in {"schema_version", "judged_by"}]


@pytest.mark.parametrize("field", FIELDS)
def test_no_part_of_a_record_can_be_changed_by_a_stranger(field: str, sound: SealedEvidence, tmp_path: Path) -> None:
    """The seal is over the whole of it."""
    evidence = copy_of(sound, tmp_path / "evidence")
    _edit(evidence, field)
    outcome = verified(evidence, evidence.folder("failed"))
    changed = f"{evidence.where('failed')}/record.json"
    assert (outcome.exit_code, ("file-changed", changed) in {(one.name, one.where) for one in outcome.faults}) == (
        TAMPERED,
        True,
    )


@pytest.mark.parametrize("field", [field for field in FIELDS if field not in {"run", "drill"}])
def test_no_part_of_a_record_can_be_changed_by_the_keys_holder(
    field: str, sound: SealedEvidence, tmp_path: Path
) -> None:
    """Sealed and registered anew, the record is still not what the judge makes of the facts."""
    evidence = copy_of(sound, tmp_path / "evidence")
    _edit(evidence, field)
    evidence.reseal()
    outcome = verified(evidence, evidence.folder("failed"))
    expected = {"seal-differs"} if field == "journal" else {"verdict-not-derived"}
    assert (names(outcome), outcome.exit_code) == (expected, TAMPERED)


def _edit(evidence: SealedEvidence, field: str) -> None:
    """Put another record's value for a field in place of the run's own."""
    path = evidence.folder("failed") / "record.json"
    record = Record.model_validate_json(path.read_bytes())
    values = (getattr(other, field) for other in (OTHER, *RECORDS))
    value = next(value for value in values if value != getattr(record, field))
    path.write_text(record.model_copy(update={field: value}).model_dump_json(indent=2) + "\n")


# Sealed and registered anew by whoever holds the key


@attack(TAMPERED, "report-not-derived")
def _report_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "report.html", e.folder("failed") / "report.html")
    e.reseal()


@attack(TAMPERED, "report-not-derived")
def _junit_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "junit.xml", e.folder("failed") / "junit.xml")
    e.reseal()


@attack(TAMPERED, "facts-broken")
def _ledger_of_another_run(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed") / "ledger")
    shutil.copytree(e.folder("passed") / "ledger", e.folder("failed") / "ledger")
    e.reseal()


@attack(TAMPERED, "facts-broken")
def _ledger_in_another_runs_folder(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed") / "ledger")
    _tell_of_ledger(e.folder("failed"), f"../{RUNS['passed']}/ledger/db")
    e.reseal()


@attack(TAMPERED, "facts-broken")
def _name_twice_in_the_ledgers_account(e: SealedEvidence) -> None:
    twice(e.folder("failed") / "ledger/db" / ledger.CLOSED)
    _tell_of_ledger(e.folder("failed"))
    derive(RunFolder.read(e.folder("failed")))
    e.reseal()


@attack(TAMPERED, "verdict-not-derived")
def _ledger_with_half_an_attempt(e: SealedEvidence) -> None:
    folder = e.folder("failed") / "ledger/db"
    attempts = (folder / ledger.ATTEMPTS).read_bytes() + b"half"
    (folder / ledger.ATTEMPTS).write_bytes(attempts)
    edit_json(folder / ledger.CLOSED, lambda closed: closed.update(attempts_sha256=_sha256(attempts)))
    _tell_of_ledger(e.folder("failed"))
    facts = RunFolder.read(e.folder("failed"))
    path = e.folder("failed") / "record.json"
    end = JournalHead(sha256=facts.head.head, entries=facts.head.seq)
    record = Record.model_validate_json(path.read_bytes()).model_copy(update={"journal": end})
    path.write_text(record.model_dump_json(indent=2) + "\n")
    e.reseal()


@attack(TAMPERED, "record-unreadable")
def _name_twice_in_the_record(e: SealedEvidence) -> None:
    twice(e.folder("failed") / "record.json")
    e.reseal()


@attack(TAMPERED, "criteria-differ")
def _objective_eased_after_the_start(e: SealedEvidence) -> None:
    started = [body for body in e.bodies if isinstance(body, Started)]
    run = runs()["failed"]
    run.change(RunPlanned, run=RUNS["failed"])
    planned(run, rpo_s=9)
    shutil.rmtree(e.folder("failed"))
    derive(run.save(e.folder("failed")))
    e.reseal()
    assert [body for body in e.bodies if isinstance(body, Started)] == started


@attack(TAMPERED, "criteria-differ")
def _control_registered_as_a_drill(e: SealedEvidence) -> None:
    e.rewrite(
        body.model_copy(update={"control": False}) if isinstance(body, Started) and body.run == RUNS["caught"] else body
        for body in e.bodies
    )


@attack(TAMPERED, "test-result-differs")
def _test_result_that_disagrees(e: SealedEvidence) -> None:
    path = e.folder("failed") / seal.TEST_RESULT
    told = seal.envelope(path.read_bytes()).content.replace(b'"result":"FAILED"', b'"result":"PASSED"')
    write_envelope(path, envelope_of(told, e.key))


@attack(TAMPERED, "test-result-differs")
def _test_result_without_the_test_that_failed(e: SealedEvidence) -> None:
    path = e.folder("failed") / seal.TEST_RESULT
    told = json.loads(seal.envelope(path.read_bytes()).content)
    told["predicate"]["failedTests"].remove("rpo")
    write_envelope(path, envelope_of(json.dumps(told).encode(), e.key))


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _tell_of_ledger(folder: Path, where: str = "ledger/db") -> None:
    """Let the journal tell of the ledger as it is now, its chain made anew."""
    entries, _ = journal.read(folder / journal.NAME)
    chain, lines = journal.Chain(), b""
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, LedgerClosed):
            closed = (folder / where / ledger.CLOSED).read_bytes()
            fact = fact.model_copy(update={"folder": where, "sha256": _sha256(closed)})
        line, chain = chain.line(fact, entry.at)
        lines += line
    (folder / journal.NAME).write_bytes(lines)


def _restated(e: SealedEvidence, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the key's holder state something else of a run, and the register tell of that statement."""
    bodies = e.bodies
    path = e.folder("aborted") / seal.SEAL
    told = json.loads(seal.envelope(path.read_bytes()).content)
    change(told)
    envelope = envelope_of(json.dumps(told, separators=(",", ":")).encode(), e.key)
    write_envelope(path, envelope)
    lines = e.book.read_text().splitlines(keepends=True)
    e.book.write_text("".join(lines[:-1]))
    e.append(bodies[-1].model_copy(update={"statement_sha256": _sha256(envelope.content)}))


@attack(TAMPERED, "file-unlisted", "seal-partial")
def _seal_without_the_journal(e: SealedEvidence) -> None:
    def change(told: dict[str, Any]) -> None:
        told["subject"] = [one for one in told["subject"] if one["name"] != journal.NAME]

    _restated(e, change)


@attack(TAMPERED, "seal-ambiguous")
def _seal_that_names_a_file_twice(e: SealedEvidence) -> None:
    _restated(e, lambda told: told["subject"].insert(0, told["subject"][0]))


@attack(TAMPERED, "seal-unreadable")
def _seal_of_a_newer_kind(e: SealedEvidence) -> None:
    _restated(e, lambda told: told.update(predicateType="urn:drillmaster:drill-record:v9"))


@attack(TAMPERED, "seal-differs")
def _seal_that_tells_another_end(e: SealedEvidence) -> None:
    _restated(e, lambda told: told["predicate"].update(ended_utc="2026-11-21T09:00:00.000000Z"))


@attack(TAMPERED, "finish-differs", "seal-differs")
def _seal_that_tells_another_verdict(e: SealedEvidence) -> None:
    _restated(e, lambda told: told["predicate"].update(verdict="PASS"))


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("attacked", ATTACKS, ids=str)
def test_what_the_keys_holder_seals_is_told_by_its_own_name(
    attacked: Attack, sound: SealedEvidence, tmp_path: Path
) -> None:
    """A signature makes nothing true that can be derived again."""
    evidence = copy_of(sound, tmp_path / "evidence")
    attacked.do(evidence)
    outcome = verified(evidence, quick=not any(name.endswith("-derived") for name in attacked.faults))
    assert (names(outcome), outcome.exit_code) == (attacked.faults, attacked.exit_code)
