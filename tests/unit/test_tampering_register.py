"""The tampering matrix, part two: what is done to the register without the key."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sealed_evidence import RUNS, SealedEvidence
from synthetic_registers import FreshKey
from tampering import (
    INCOMPLETE,
    TAMPERED,
    UNTRUSTED,
    Attack,
    attack,
    attacks_of,
    copy_of,
    names,
    replace_in,
    verified,
)

from reports.facts.events import Verdict
from reports.register import chain
from reports.register.entries import (
    KeyRotated,
    Missed,
    Reviewed,
    Signature,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reports.register.entries import Entry


def _last(e: SealedEvidence, **changes: object) -> None:
    """Change the last entry, whose hash no other entry carries."""
    changed = e.entries[-1].model_copy(update=changes)
    e.put([*e.lines[:-1], changed.model_dump_json() + "\n"])


def _chained(e: SealedEvidence, entries: list[Entry]) -> None:
    """Write entries with numbers and hashes that fit, their signatures as they are."""
    head, lines = chain.FIRST_PREV, []
    for number, entry in enumerate(entries, start=1):
        raw = entry.model_copy(update={"seq": number, "prev": head}).model_dump_json()
        head = chain.digest(raw.encode())
        lines.append(raw + "\n")
    e.put(lines)


# Without the key


@attack(TAMPERED, "register-broken")
def _entry_edited(e: SealedEvidence) -> None:
    replace_in(e.book, '"verdict":"FAIL"', '"verdict":"PASS"')


@attack(TAMPERED, "signature-wrong", "finish-differs", "register-mistake")
def _last_entry_edited(e: SealedEvidence) -> None:
    _last(e, body=e.end_of("aborted").model_copy(update={"verdict": Verdict.PASS}))


@attack(TAMPERED, "register-broken")
def _entry_removed(e: SealedEvidence) -> None:
    e.put([*e.lines[:4], *e.lines[6:]])


@attack(TAMPERED, "register-broken")
def _entries_exchanged(e: SealedEvidence) -> None:
    lines = e.lines
    e.put([*lines[:4], lines[6], lines[7], lines[4], lines[5], *lines[8:]])


@attack(TAMPERED, "register-broken")
def _entry_repeated(e: SealedEvidence) -> None:
    e.put([*e.lines, e.lines[-1]])


@attack(TAMPERED, "register-broken")
def _name_twice_in_an_entry(e: SealedEvidence) -> None:
    lines = e.lines
    e.put([*lines[:-1], lines[-1].replace('{"seq":10,', '{"seq":10,"seq":10,', 1)])


@attack(TAMPERED, "register-broken")
def _entry_spelled_otherwise(e: SealedEvidence) -> None:
    lines = e.lines
    e.put([*lines[:-1], lines[-1].replace('"body":{', '"body": {', 1)])


@attack(TAMPERED, "register-broken")
def _entry_of_an_unknown_kind(e: SealedEvidence) -> None:
    lines = e.lines
    e.put([*lines[:-1], lines[-1].replace('"entry":"finished"', '"entry":"forgiven"', 1)])


@attack(TAMPERED, "register-empty")
def _register_emptied(e: SealedEvidence) -> None:
    e.book.write_text("")


@attack(TAMPERED, "register-broken")
def _register_of_bytes(e: SealedEvidence) -> None:
    e.book.write_bytes(b"\xff\xfe\n" * 3)


@attack(INCOMPLETE, "register-missing")
def _register_removed(e: SealedEvidence) -> None:
    e.book.unlink()


@attack(TAMPERED, "register-missing", "link")
def _register_replaced_by_a_link(e: SealedEvidence) -> None:
    e.book.rename(e.directory.parent / "register")
    e.book.symlink_to(e.directory.parent / "register")


@attack(INCOMPLETE, "register-torn")
def _half_an_entry_put_after_the_last(e: SealedEvidence) -> None:
    e.book.write_text(e.book.read_text() + e.lines[-1][:40])


@attack(TAMPERED, "register-truncated")
def _newest_run_cut_off_but_for_its_folder(e: SealedEvidence) -> None:
    e.put(e.lines[:-2])


@attack(INCOMPLETE, "finish-missing")
def _end_of_the_newest_run_cut_off(e: SealedEvidence) -> None:
    e.put(e.lines[:-1])


@attack(TAMPERED, "signature-wrong", "seal-misplaced", "register-truncated")
def _failed_run_left_out_and_hashes_made_anew(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed"))
    _chained(e, [*e.entries[:4], *e.entries[6:]])


@attack(TAMPERED, "signature-wrong")
def _review_edited_and_hashes_made_anew(e: SealedEvidence) -> None:
    e.append(Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="rejected", note="no"))
    e.append(Missed(drill="other", due="2026-11-01", reason="nobody there"))
    *before, review, after = e.entries
    accepted = review.body.model_copy(update={"decision": "accepted"})
    _chained(e, [*before, review.model_copy(update={"body": accepted}), after])


@attack(UNTRUSTED, "unsigned")
def _signature_taken_off(e: SealedEvidence) -> None:
    _last(e, signed=())


@attack(UNTRUSTED, "unsigned")
def _entry_appended_without_a_key(e: SealedEvidence) -> None:
    e.append(Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="accepted", note=""), signers=())


@attack(UNTRUSTED, "foreign-key")
def _entry_appended_with_another_key(e: SealedEvidence) -> None:
    review = Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="accepted", note="")
    e.append(review, signers=(FreshKey(),))


@attack(TAMPERED, "signature-wrong")
def _signature_of_another_entry(e: SealedEvidence) -> None:
    _last(e, signed=e.entries[-2].signed)


@attack(TAMPERED, "signature-wrong")
def _signature_under_another_keys_id(e: SealedEvidence) -> None:
    found = chain.read(e.book)
    body = Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="accepted", note="")
    raw, _ = chain.line(found.position, body, found.entries[-1].at, (FreshKey(),))
    entry = chain.parse(raw[:-1], "")
    forged = entry.model_copy(update={"signed": (Signature(keyid=e.key.keyid, sig=entry.signed[0].sig),)})
    e.put([*e.lines, forged.model_dump_json() + "\n"])


@attack(TAMPERED, "signature-unexpected")
def _signature_put_beside(e: SealedEvidence) -> None:
    other = chain.keys.signatures(b"anything", (FreshKey(),))
    _last(e, signed=(*e.entries[-1].signed, *other))


@attack(UNTRUSTED, "foreign-key")
def _all_signed_with_another_key(e: SealedEvidence) -> None:
    trusted = e.key
    e.rewrite(e.bodies, FreshKey())
    e.key = trusted


@attack(UNTRUSTED, "foreign-key")
def _key_exchanged_without_the_old_ones_word(e: SealedEvidence) -> None:
    thief = FreshKey()
    rotation = KeyRotated(old=e.key.keyid, new=thief.keyid, public_pem=thief.public_pem)
    e.append(rotation, signers=(thief,))
    e.append(Missed(drill="other", due="2026-11-01", reason=""), signers=(thief,))


@attack(TAMPERED, "register-mistake", "foreign-key")
def _key_under_another_keys_id(e: SealedEvidence) -> None:
    trusted, thief = e.key, FreshKey()
    e.rewrite(e.bodies, thief)
    first = KeyRotated(old="", new=trusted.keyid, public_pem=thief.public_pem)
    _chained(e, [e.entries[0], e.entries[1].model_copy(update={"body": first})])
    e.key = trusted
    for name in RUNS:
        shutil.rmtree(e.folder(name))


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("attacked", ATTACKS, ids=str)
def test_an_attack_on_the_register_is_told_by_its_own_name(
    attacked: Attack, sound: SealedEvidence, tmp_path: Path
) -> None:
    """Every fault that is told is this attack's, and the exit code is that of the worst."""
    evidence = copy_of(sound, tmp_path / "evidence")
    attacked.do(evidence)
    outcome = verified(evidence, quick=True)
    assert (names(outcome), outcome.exit_code) == (attacked.faults, attacked.exit_code)
