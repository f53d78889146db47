"""The tampering matrix, part one: what is done to a run's files, and to the parts of several runs."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from sealed_evidence import SealedEvidence, envelope_of, write_envelope
from synthetic_registers import FreshKey
from tampering import (
    INCOMPLETE,
    TAMPERED,
    UNTRUSTED,
    Attack,
    attack,
    attacks_of,
    copy_of,
    edit_json,
    flip,
    names,
    replace_in,
    twice,
    verified,
)

from reports import seal

if TYPE_CHECKING:
    from pathlib import Path


# One file of one run


@attack(TAMPERED, "file-changed")
def _log_edited(e: SealedEvidence) -> None:
    flip(e.folder("failed") / "logs/db.log")


@attack(TAMPERED, "file-changed")
def _drill_edited(e: SealedEvidence) -> None:
    flip(e.folder("failed") / "drill.yaml")


@attack(TAMPERED, "file-changed")
def _report_edited(e: SealedEvidence) -> None:
    replace_in(e.folder("failed") / "report.html", "FAIL", "PASS")


@attack(TAMPERED, "file-changed")
def _junit_edited(e: SealedEvidence) -> None:
    replace_in(e.folder("failed") / "junit.xml", "violated", "held")


@attack(TAMPERED, "file-changed", "facts-broken")
def _journal_edited(e: SealedEvidence) -> None:
    replace_in(e.folder("failed") / "journal.jsonl", '"rpo_s":1.0', '"rpo_s":9.0')


@attack(TAMPERED, "file-changed", "facts-broken")
def _journal_line_removed(e: SealedEvidence) -> None:
    lines = (e.folder("failed") / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (e.folder("failed") / "journal.jsonl").write_bytes(b"".join(lines[:5] + lines[6:]))


@attack(TAMPERED, "file-changed", "seal-differs")
def _journal_cut_short(e: SealedEvidence) -> None:
    lines = (e.folder("failed") / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (e.folder("failed") / "journal.jsonl").write_bytes(b"".join(lines[:-1]))


@attack(TAMPERED, "file-changed", "facts-broken")
def _ledger_edited(e: SealedEvidence) -> None:
    flip(e.folder("failed") / "ledger/db/attempts.bin")


@attack(TAMPERED, "guide-changed")
def _instructions_edited(e: SealedEvidence) -> None:
    replace_in(e.folder("failed") / "VERIFY.md", "check_run\n```", "echo all is well\n```")


@attack(TAMPERED, "guide-changed")
def _line_of_the_instructions_joined_with_the_one_before(e: SealedEvidence) -> None:
    path = e.folder("failed") / "VERIFY.md"
    fails = b'fail "a file is not as it was sealed"'
    path.write_bytes(path.read_bytes().replace(fails + b"\n", fails + b"\r"))


@attack(INCOMPLETE, "file-missing")
def _log_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "logs/db.log").unlink()


@attack(INCOMPLETE, "file-missing")
def _record_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "record.json").unlink()


@attack(INCOMPLETE, "file-missing")
def _seal_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "seal.json").unlink()


@attack(INCOMPLETE, "file-missing")
def _test_result_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "test-result.json").unlink()


@attack(INCOMPLETE, "file-missing")
def _instructions_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "VERIFY.md").unlink()


@attack(INCOMPLETE, "run-missing")
def _run_removed(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed"))


# Files that were never sealed


@attack(TAMPERED, "file-unlisted")
def _file_put_in(e: SealedEvidence) -> None:
    (e.folder("failed") / "approval.pdf").write_text("approved")


@attack(TAMPERED, "file-unlisted")
def _lock_that_says_something(e: SealedEvidence) -> None:
    (e.folder("failed") / "run.lock").write_text("approved by the board")


@attack(TAMPERED, "file-unlisted")
def _hidden_file_put_in(e: SealedEvidence) -> None:
    (e.folder("failed") / "logs/.db.log").write_text("")


@attack(TAMPERED, "file-unlisted")
def _second_seal_put_in_a_subfolder(e: SealedEvidence) -> None:
    shutil.copy(e.folder("failed") / "seal.json", e.folder("failed") / "logs/seal.json")


@attack(TAMPERED, "link", "file-missing")
def _link_to_the_very_content(e: SealedEvidence) -> None:
    log = e.folder("failed") / "logs/db.log"
    (e.directory.parent / "db.log").write_bytes(log.read_bytes())
    log.unlink()
    log.symlink_to(e.directory.parent / "db.log")


@attack(TAMPERED, "link")
def _link_put_in(e: SealedEvidence) -> None:
    (e.folder("failed") / "more.log").symlink_to("/etc/hostname")


@attack(TAMPERED, "link")
def _pipe_put_in(e: SealedEvidence) -> None:
    os.mkfifo(e.folder("failed") / "ledger/db/more.json")


@attack(TAMPERED, "link", "run-missing")
def _run_replaced_by_a_link(e: SealedEvidence) -> None:
    e.folder("failed").rename(e.directory.parent / "elsewhere")
    e.folder("failed").symlink_to(e.directory.parent / "elsewhere")


# Parts of different runs


@attack(TAMPERED, "file-changed", "facts-broken")
def _record_and_journal_of_another_run(e: SealedEvidence) -> None:
    for name in ("record.json", "journal.jsonl"):
        shutil.copy(e.folder("passed") / name, e.folder("failed") / name)


@attack(TAMPERED, "file-changed", "seal-differs", "test-result-differs")
def _record_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "record.json", e.folder("failed") / "record.json")


@attack(TAMPERED, "misplaced", "file-changed", "seal-differs", "criteria-differ", "test-result-differs")
def _seal_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "seal.json", e.folder("failed") / "seal.json")


@attack(TAMPERED, "test-result-differs")
def _test_result_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "test-result.json", e.folder("failed") / "test-result.json")


@attack(TAMPERED, "file-changed")
def _report_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "report.html", e.folder("failed") / "report.html")


@attack(TAMPERED, "file-changed", "facts-broken")
def _ledger_of_another_run(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed") / "ledger")
    shutil.copytree(e.folder("passed") / "ledger", e.folder("failed") / "ledger")


@attack(TAMPERED, "misplaced")
def _run_in_another_ones_place(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed"))
    shutil.copytree(e.folder("passed"), e.folder("failed"))


@attack(TAMPERED, "misplaced", "run-missing")
def _run_renamed(e: SealedEvidence) -> None:
    e.folder("failed").rename(e.folder("failed").with_name("20261121-070000-abcd"))


@attack(TAMPERED, "misplaced")
def _run_shown_twice(e: SealedEvidence) -> None:
    shutil.copytree(e.folder("passed"), e.folder("passed").with_name("20261121-070000-abcd"))


# The seal itself


@attack(TAMPERED, "signature-wrong")
def _seal_edited(e: SealedEvidence) -> None:
    path = e.folder("failed") / seal.SEAL
    payload = seal.envelope(path.read_bytes()).content.replace(b'"verdict":"FAIL"', b'"verdict":"PASS"')
    forged = envelope_of(payload).model_copy(update={"signatures": seal.envelope(path.read_bytes()).signatures})
    write_envelope(path, forged)


@attack(TAMPERED, "signature-wrong")
def _signature_of_another_seal(e: SealedEvidence) -> None:
    path, other = (seal.envelope((e.folder(name) / seal.SEAL).read_bytes()) for name in ("failed", "passed"))
    write_envelope(e.folder("failed") / seal.SEAL, path.model_copy(update={"signatures": other.signatures}))


@attack(UNTRUSTED, "foreign-key")
def _seal_signed_with_another_key(e: SealedEvidence) -> None:
    for name in (seal.SEAL, seal.TEST_RESULT):
        path = e.folder("failed") / name
        write_envelope(path, envelope_of(seal.envelope(path.read_bytes()).content, FreshKey()))


@attack(UNTRUSTED, "foreign-key")
def _signatures_taken_off(e: SealedEvidence) -> None:
    path = e.folder("failed") / seal.SEAL
    write_envelope(path, envelope_of(seal.envelope(path.read_bytes()).content))


@attack(TAMPERED, "seal-unreadable")
def _signed_as_another_type_of_payload(e: SealedEvidence) -> None:
    path = e.folder("failed") / seal.SEAL
    content = seal.envelope(path.read_bytes()).content
    write_envelope(path, envelope_of(content, e.key, payload_type="text/plain"))


@attack(TAMPERED, "seal-unreadable")
def _test_result_passed_off_as_the_seal(e: SealedEvidence) -> None:
    shutil.copy(e.folder("failed") / seal.TEST_RESULT, e.folder("failed") / seal.SEAL)


@attack(TAMPERED, "seal-unreadable")
def _seal_passed_off_as_the_test_result(e: SealedEvidence) -> None:
    shutil.copy(e.folder("failed") / seal.SEAL, e.folder("failed") / seal.TEST_RESULT)


@attack(TAMPERED, "seal-unreadable")
def _seal_with_a_name_twice(e: SealedEvidence) -> None:
    twice(e.folder("failed") / seal.SEAL)


@attack(TAMPERED, "seal-unreadable")
def _seal_nested_too_deep(e: SealedEvidence) -> None:
    (e.folder("failed") / seal.SEAL).write_bytes(b"[" * 200_000)


@attack(TAMPERED, "seal-unreadable")
def _seal_emptied(e: SealedEvidence) -> None:
    (e.folder("failed") / seal.SEAL).write_bytes(b"")


@attack(TAMPERED, "seal-unreadable")
def _payload_in_no_base64(e: SealedEvidence) -> None:
    edit_json(e.folder("failed") / seal.SEAL, lambda it: it.update(payload="é" + it["payload"]))


@attack(UNTRUSTED, "foreign-key")
def _signed_in_nobodys_name(e: SealedEvidence) -> None:
    edit_json(e.folder("failed") / seal.SEAL, lambda it: it["signatures"][0].update(keyid="é"))


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("attacked", ATTACKS, ids=str)
def test_an_attack_on_runs_is_told_by_its_own_name(attacked: Attack, sound: SealedEvidence, tmp_path: Path) -> None:
    """Every fault that is told is this attack's, and the exit code is that of the worst."""
    evidence = copy_of(sound, tmp_path / "evidence")
    attacked.do(evidence)
    outcome = verified(evidence, quick=True)
    assert (names(outcome), outcome.exit_code) == (attacked.faults, attacked.exit_code)
