"""The tampering matrix, part three: entries that the key's holder signs, and that break the rules between entries."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from sealed_evidence import RUNS, SealedEvidence
from synthetic_registers import FreshKey
from tampering import (
    TAMPERED,
    UNTRUSTED,
    Attack,
    attack,
    attacks_of,
    copy_of,
    names,
    verified,
)

from reports.facts.events import Verdict
from reports.register import chain
from reports.register.entries import (
    Anchored,
    Held,
    KeyRotated,
    Missed,
    Opened,
    Purged,
    Reviewed,
    Started,
)

if TYPE_CHECKING:
    from pathlib import Path


# With the key: rules between entries


@attack(TAMPERED, "register-mistake")
def _run_finished_twice(e: SealedEvidence) -> None:
    e.append(e.end_of("failed").model_copy(update={"verdict": Verdict.PASS}))


@attack(TAMPERED, "register-mistake")
def _run_started_twice(e: SealedEvidence) -> None:
    e.append(next(body for body in e.bodies if isinstance(body, Started)))


@attack(TAMPERED, "register-mistake")
def _run_finished_that_never_started(e: SealedEvidence) -> None:
    e.append(e.end_of("failed").model_copy(update={"run": "20261121-080000-abcd"}))


@attack(TAMPERED, "register-mistake")
def _run_passed_by_sweep(e: SealedEvidence) -> None:
    e.rewrite(body.model_copy(update={"by": "sweep"}) if body == e.end_of("passed") else body for body in e.bodies)


@attack(TAMPERED, "register-mistake")
def _opened_twice(e: SealedEvidence) -> None:
    e.append(Opened(version="0.1.0"))


@attack(TAMPERED, "register-mistake")
def _appended_with_an_earlier_time(e: SealedEvidence) -> None:
    e.append(Missed(drill="other", due="2026-11-01", reason=""), at=e.entries[4].at)


@attack(TAMPERED, "register-mistake")
def _review_of_a_run_that_never_was(e: SealedEvidence) -> None:
    e.append(Reviewed(run="20261121-080000-abcd", by="p1", role="reviewer", decision="accepted", note=""))


@attack(TAMPERED, "register-mistake")
def _anchor_of_another_entry(e: SealedEvidence) -> None:
    e.append(Anchored(seq=3, sha256="a" * 64, where="a newspaper"))


@attack(TAMPERED, "register-mistake", "foreign-key")
def _rotation_from_a_key_that_was_not_in_force(e: SealedEvidence) -> None:
    new = FreshKey()
    e.append(KeyRotated(old="0" * 64, new=new.keyid, public_pem=new.public_pem), signers=(e.key, new))


@attack(TAMPERED, "register-mistake", "purged-early")
def _purged_under_a_legal_hold_and_before_its_time(e: SealedEvidence) -> None:
    e.append(Held(run=RUNS["failed"], held=True, by="p1", reason="a court"))
    e.append(Purged(run=RUNS["failed"], retained_until="2033-11-01"))
    shutil.rmtree(e.folder("failed"))


@attack(TAMPERED, "finish-differs")
def _register_tells_another_verdict(e: SealedEvidence) -> None:
    told = e.end_of("aborted").model_copy(update={"verdict": Verdict.INCONCLUSIVE, "by": "engine"})
    lines = e.lines
    e.put(lines[:-1])
    e.append(told, at=chain.parse(lines[-1].strip().encode(), "").at)


@attack(TAMPERED, "seal-other-register")
def _run_of_another_register(e: SealedEvidence) -> None:
    shutil.copytree(e.directory, e.directory.parent / "other")
    other = SealedEvidence(e.directory.parent / "other", e.key)
    other.reseal(register_id="0" * 32)
    shutil.rmtree(e.folder("failed"))
    shutil.copytree(other.folder("failed"), e.folder("failed"))


@attack(TAMPERED, "seal-misplaced")
def _sealed_run_that_the_register_does_not_tell_of(e: SealedEvidence) -> None:
    shutil.copytree(e.directory, e.directory.parent / "other")
    e.rewrite(body for body in e.bodies if getattr(body, "run", "") != RUNS["failed"])


@attack(UNTRUSTED, "key-not-in-force")
def _run_sealed_with_a_retired_key(e: SealedEvidence) -> None:
    old, new = e.key, FreshKey()
    rotation = KeyRotated(old=old.keyid, new=new.keyid, public_pem=new.public_pem)
    bodies = e.bodies
    e.rewrite(bodies[:-2])
    e.append(rotation, signers=(old, new))
    started = e.append(bodies[-2], signers=(new,))
    e.append(e.seal(e.folder("aborted"), started, "sweep"), signers=(new,))


ATTACKS = attacks_of(globals())


@pytest.mark.parametrize("attacked", ATTACKS, ids=str)
def test_a_broken_rule_between_entries_is_told_by_its_own_name(
    attacked: Attack, sound: SealedEvidence, tmp_path: Path
) -> None:
    """A signature makes no sense of what cannot have been."""
    evidence = copy_of(sound, tmp_path / "evidence")
    attacked.do(evidence)
    outcome = verified(evidence, quick=True)
    assert (names(outcome), outcome.exit_code) == (attacked.faults, attacked.exit_code)
