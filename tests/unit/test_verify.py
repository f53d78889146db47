"""What verifying says of sound evidence, of evidence nobody vouches for, and of what nobody can tell."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import synthetic_registers
from sealed_evidence import RUNS, SealedEvidence
from synthetic_registers import FreshKey
from tampering import ANCHOR, INCOMPLETE, SOUND, TAMPERED, UNTRUSTED, copy_of, flip, names, verified

from reports.register.entries import KeyRotated, Missed, Purged, Reviewed
from reports.verify import limits
from reports.verify.asked import Asked
from reports.verify.evidence import verify
from reports.verify.render_text import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.verify.outcome import Outcome


@pytest.fixture
def copied(sound: SealedEvidence, tmp_path: Path) -> SealedEvidence:
    """Sound evidence, to be changed."""
    return copy_of(sound, tmp_path / "evidence")


def told(outcome: Outcome) -> tuple[int, set[str]]:
    """Return the exit code and the names of the faults."""
    return outcome.exit_code, set(names(outcome))


# Sound evidence


def test_sound_evidence_is_verified(sound: SealedEvidence) -> None:
    """The text says as of when, with which key, what was checked, and what was not and why."""
    places = f"{', '.join(map(sound.where, list(RUNS)[:3]))} and 1 more"
    assert text(verified(sound)) == (
        f"VERIFIED: {sound.directory}\n"
        f"as of entry 10 of register {'5eed' * 8}, 2026-11-01T06:09:00.000000Z, with key {sound.key.keyid[:16]}\n"
        "\n"
        "checked\n"
        "  ✓ the register's 10 entries are one unbroken chain (register.jsonl)\n"
        "  ✓ its entries agree with each other: no run twice, none finished twice, no time goes back (register.jsonl)\n"
        "  ✓ every entry is signed by the key in force, which is pinned or tied to a pinned one (register.jsonl)\n"
        f"  ✓ seal.json is signed by a key that is pinned, or tied to a pinned one ({places})\n"
        f"  ✓ every file is as it was sealed, none is missing, none was put beside them ({places})\n"
        "  ✓ the register tells of this seal, verdict, record and journal, and the seal of its entry "
        f"({places})\n"
        f"  ✓ test-result.json is signed by a key that is pinned, or tied to a pinned one ({places})\n"
        f"  ✓ record, journal and test result say what the seal says ({places})\n"
        f"  ✓ VERIFY.md is the page that this version writes ({places})\n"
        f"  ✓ judging its journal and ledger again gives the same record, byte for byte ({places})\n"
        f"  ✓ report.html is what the record gives, byte for byte ({places})\n"
        f"  ✓ junit.xml is what the record gives, byte for byte ({places})\n"
        "\n"
        "not checked, or not to be told from here\n"
        f"  - {limits.TRUNCATION} (register.jsonl)\n"
        f"  - {limits.REWRITING} (register.jsonl)\n"
        f"  - {limits.SECOND_REGISTER}\n"
        f"  - {limits.FAKED_LIVE}\n"
        f"  - {limits.KEY_THEFT}\n"
    )


@pytest.mark.parametrize("name", RUNS)
def test_a_run_alone_is_verified_with_its_register(name: str, sound: SealedEvidence) -> None:
    """The other runs' folders are said to be not checked."""
    outcome = verified(sound, sound.folder(name))
    assert told(outcome) == (SOUND, set())
    assert "the register's other runs: name the evidence directory to check them all" in outcome.unchecked


def test_a_run_taken_out_of_its_directory_lacks_its_register(sound: SealedEvidence, tmp_path: Path) -> None:
    """Whether the run was ever registered cannot be told without it."""
    shutil.copytree(sound.folder("passed"), tmp_path / "a/b/mailed")
    assert told(verified(sound, tmp_path / "a/b/mailed")) == (INCOMPLETE, {"register-missing"})


def test_a_register_alone_is_verified_with_the_records_beside_it(copied: SealedEvidence) -> None:
    """What is not there is said; what is there must be what the register tells of."""
    shutil.rmtree(copied.folder("caught"))
    outcome = verified(copied, copied.book)
    assert told(outcome) == (SOUND, set())
    assert len(outcome.checked["records are those the register tells of"]) == 3
    flip(copied.folder("failed") / "record.json")
    assert told(verified(copied, copied.book)) == (TAMPERED, {"finish-differs"})


def test_rotated_keys_are_followed_both_ways(copied: SealedEvidence) -> None:
    """Who pinned the old key needs no new one, and who pins the new one needs no old."""
    old, new = copied.key, FreshKey()
    rotation = KeyRotated(old=old.keyid, new=new.keyid, public_pem=new.public_pem)
    copied.append(rotation, signers=(old, new))
    copied.append(Missed(drill="other", due="2026-11-01", reason=""), signers=(new,))
    for key in (old, new):
        pin = {key.keyid: key.private.public_key()}
        assert told(verified(copied, quick=True, pinned=pin)) == (SOUND, set())


def test_a_purged_run_is_not_missed(copied: SealedEvidence) -> None:
    """Its entries stay, and say why its folder is gone."""
    copied.append(Purged(run=RUNS["failed"], retained_until="2026-11-02"), at="2026-11-03T00:00:00.000000Z")
    shutil.rmtree(copied.folder("failed"))
    outcome = verified(copied, quick=True)
    assert told(outcome) == (SOUND, set())
    says = "was purged (FAIL): the register says that it was kept until 2026-11-02"
    assert outcome.unchecked[says] == (copied.where("failed"),)


def test_evidence_of_another_version_is_not_derived_again(copied: SealedEvidence) -> None:
    """Another judge may judge otherwise: that is said, and is no fault."""
    path = copied.folder("failed") / "record.json"
    path.write_text(path.read_text().replace('"judged_by": "0.1.0"', '"judged_by": "0.0.9"'))
    copied.reseal()
    outcome = verified(copied)
    says = "verdict and report were not derived again: version 0.0.9 made them, this is 0.1.0"
    assert (told(outcome), outcome.unchecked[says]) == ((SOUND, set()), (copied.where("failed"),))


def test_what_belongs_to_no_run_is_said_to_be_unchecked(copied: SealedEvidence) -> None:
    """A summary of a series is derived from runs that are checked; nothing vouches for it."""
    (copied.folder("passed").parent / "series-1").mkdir()
    for name in ("notes.txt", "people.json", "people.lock", "register.lock"):
        (copied.directory / name).write_text("")
    outcome = verified(copied, quick=True)
    places = ("notes.txt", "people.json", f"{copied.folder('passed').parent.name}/series-1")
    assert told(outcome) == (SOUND, set())
    assert outcome.unchecked["belongs to no run, so that nothing vouches for it"] == places


def test_a_run_that_never_ended_is_no_fault(copied: SealedEvidence) -> None:
    """It is aborted for ever; nothing of it was sealed."""
    copied.rewrite(copied.bodies[:-1])
    for path in copied.folder("aborted").iterdir():
        if path.is_file() and path.name != "journal.jsonl":
            path.unlink()
    outcome = verified(copied, quick=True)
    says = "never came to its end, so that nothing of it was sealed: it is ABORTED for ever"
    assert (told(outcome), outcome.unchecked[says]) == ((SOUND, set()), (copied.where("aborted"),))
    (copied.folder("aborted") / "logs/more.log").symlink_to("/etc/hostname")
    assert told(verified(copied, quick=True)) == (TAMPERED, {"link"})


def test_a_quick_check_says_what_it_left_out(sound: SealedEvidence) -> None:
    """Nothing is derived again, of any run."""
    outcome = verified(sound, quick=True)
    says = "verdict and report were not derived again: a quick check was asked for (--quick)"
    assert (told(outcome), outcome.unchecked[says]) == ((SOUND, set()), tuple(map(sound.where, RUNS)))
    assert "judging its journal and ledger again gives the same record, byte for byte" not in outcome.checked


def test_names_out_of_evidence_begin_no_line_of_their_own(copied: SealedEvidence) -> None:
    """What is told of a file is told in its line, whatever the file is called."""
    (copied.directory / "a\n  ✓ all is well\n").write_text("")
    lines = text(verified(copied, quick=True)).splitlines()
    assert "  - belongs to no run, so that nothing vouches for it (a\\n  ✓ all is well\\n)" in lines


# Evidence nobody vouches for


def test_without_a_pinned_key_nothing_is_verified(sound: SealedEvidence) -> None:
    """Every signature may hold and the key be anybody's."""
    outcome = verify(sound.directory, Asked())
    assert told(outcome) == (UNTRUSTED, {"unpinned"})
    assert text(outcome).startswith(f"UNTRUSTED: {sound.directory}\nas of entry 10 of register")


def test_a_key_that_signed_nothing_here_vouches_for_nothing(sound: SealedEvidence) -> None:
    """The pinned key is another one than the evidence's."""
    key = FreshKey()
    assert told(verified(sound, pinned={key.keyid: key.private.public_key()})) == (UNTRUSTED, {"foreign-key"})


def test_runs_without_a_key_are_unsigned(tmp_path: Path) -> None:
    """They are held against the register all the same."""
    register = synthetic_registers.evidence(tmp_path / "evidence", runs=1)
    evidence = SealedEvidence(register.evidence, FreshKey())
    path = next(register.evidence.glob("*/*/record.json"))
    assert "unsigned" in names(verified(evidence))
    path.write_text(path.read_text().replace('"seed": ', '"seed": 1'))
    assert (verified(evidence).exit_code, "finish-differs" in names(verified(evidence))) == (TAMPERED, True)


def test_evidence_made_before_there_was_a_register_is_in_none(copied: SealedEvidence) -> None:
    """Nothing was sealed, and nothing can be told but that it is so."""
    old = copied.folder("passed").with_name("20251121-060000-abcd")
    shutil.copytree(copied.folder("passed"), old)
    for name in ("seal.json", "test-result.json", "VERIFY.md"):
        (old / name).unlink()
    outcome = verified(copied, quick=True)
    assert told(outcome) == (UNTRUSTED, {"in-no-register"})
    assert [fault.where for fault in outcome.faults] == [f"{old.parent.name}/{old.name}"]


def test_of_several_faults_the_worst_is_the_exit_code_and_all_are_told(copied: SealedEvidence) -> None:
    """Tampered before incomplete before untrusted before the anchor."""
    key = FreshKey()
    codes = [verified(copied, quick=True, pinned={key.keyid: key.private.public_key()}, require_anchor=True).exit_code]
    (copied.folder("passed") / "junit.xml").unlink()
    codes.append(verified(copied, quick=True, pinned={}, require_anchor=True).exit_code)
    flip(copied.folder("failed") / "logs/db.log")
    outcome = verified(copied, quick=True, pinned={}, require_anchor=True)
    assert [*codes, outcome.exit_code] == [UNTRUSTED, INCOMPLETE, TAMPERED]
    assert [fault.name for fault in outcome.faults] == ["file-changed", "file-missing", "unpinned", "anchor-missing"]


# Anchors, and what nobody can tell without them


def _newest_run_left_out(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("aborted"))
    lines = e.book.read_text().splitlines(keepends=True)
    e.book.write_text("".join(lines[:-2]))


def _failed_run_left_out_with_the_key(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed"))
    e.rewrite(body for body in e.bodies if getattr(body, "run", "") != RUNS["failed"])


def _run_dated_back_with_the_key(e: SealedEvidence) -> None:
    e.rewrite([*e.bodies[2:4], *e.bodies[:2], *e.bodies[4:]])


def _another_register_with_the_key(e: SealedEvidence) -> None:
    e.reseal(register_id="0" * 32)


@pytest.mark.parametrize(
    ("attack", "limit", "fault"),
    [
        (_newest_run_left_out, limits.TRUNCATION, "head-truncated"),
        (_failed_run_left_out_with_the_key, limits.REWRITING, "head-truncated"),
        (_run_dated_back_with_the_key, limits.REWRITING, "head-rewritten"),
        (_another_register_with_the_key, limits.SECOND_REGISTER, "head-other-register"),
    ],
)
def test_only_a_head_tells_what_the_register_alone_cannot(
    attack: Callable[[SealedEvidence], None], limit: str, fault: str, copied: SealedEvidence
) -> None:
    """Without one, verifying names what it cannot tell; with one, it tells."""
    head = copied.head()
    attack(copied)
    without, with_one = verified(copied, quick=True), verified(copied, quick=True, head=head)
    assert told(without) == (SOUND, set())
    assert limit in without.unchecked
    assert told(with_one) == (TAMPERED, {fault})


def test_a_faked_run_is_said_not_to_be_detectable(copied: SealedEvidence) -> None:
    """Whoever makes the facts up while signing them leaves nothing to find."""
    outcome = verified(copied, head=copied.head())
    assert told(outcome) == (SOUND, set())
    assert list(outcome.unchecked) == list(limits.ALWAYS)


def test_an_anchor_is_demanded_and_must_reach_the_newest_run(copied: SealedEvidence) -> None:
    """A head of before the newest run says nothing of it."""
    assert told(verified(copied, quick=True, require_anchor=True)) == (ANCHOR, {"anchor-missing"})
    head = copied.head()
    assert told(verified(copied, quick=True, require_anchor=True, head=head)) == (SOUND, set())
    bodies = copied.bodies
    copied.rewrite(bodies[:-2])
    early = copied.head()
    copied.rewrite(bodies)
    stale = verified(copied, quick=True, require_anchor=True, head=early)
    assert told(stale) == (ANCHOR, {"anchor-stale"})
    assert f"after entry {early.seq} {limits.TRUNCATION}" in stale.unchecked


def test_what_came_after_the_newest_run_is_not_covered_by_an_older_head(copied: SealedEvidence) -> None:
    """Every run is anchored; whether a review was cut off cannot be told."""
    head = copied.head()
    copied.append(Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="rejected", note="no"))
    outcome = verified(copied, quick=True, require_anchor=True, head=head)
    assert told(outcome) == (SOUND, set())
    assert f"after entry {head.seq} {limits.TRUNCATION}" in outcome.unchecked
