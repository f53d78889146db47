"""The tampering matrix, part six: what time stamps of an authority tell, and what is done to them."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import local_authority
import pytest
from cryptography.x509 import load_pem_x509_certificates
from sealed_evidence import RUNS, SealedEvidence
from tampering import ANCHOR, SOUND, TAMPERED, copy_of, names, verified

from reports.register import chain
from reports.register.entries import Anchored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.x509 import Certificate

    from reports.verify.outcome import Outcome


@pytest.fixture
def copied(sound: SealedEvidence, tmp_path: Path) -> SealedEvidence:
    """Sound evidence, to be changed."""
    return copy_of(sound, tmp_path / "evidence")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a time-stamp authority."""
    return local_authority.make(tmp_path_factory.mktemp("authority"))


def root_of(authority: Path) -> tuple[Certificate, ...]:
    """Return what whoever believes an authority names."""
    return tuple(load_pem_x509_certificates((authority / "root.pem").read_bytes()))


def at(moment: datetime) -> str:
    """Return a moment as the register has it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def anchored(evidence: SealedEvidence, authority: Path, text: str | None = None, when: str | None = None) -> None:
    """Append a time stamp of the register's head (or of another text), dated now unless told otherwise."""
    head = evidence.head()
    token = local_authority.stamp(authority, hashlib.sha256((text or str(head)).encode()).hexdigest())
    body = Anchored(seq=head.seq, sha256=head.sha256, where="here", token=base64.b64encode(token).decode())
    evidence.append(body, at=when or at(datetime.now(UTC)))


def told(outcome: Outcome) -> tuple[int, set[str]]:
    """Return the exit code and the names of the faults."""
    return outcome.exit_code, set(names(outcome))


def test_a_time_stamp_is_an_anchor_for_who_believes_its_authority(copied: SealedEvidence, authority: Path) -> None:
    """It covers every entry up to the head it is of; without the authority's certificate it says nothing."""
    anchored(copied, authority)
    outcome = verified(copied, quick=True, authorities=root_of(authority), require_anchor=True)
    assert told(outcome) == (SOUND, set())
    assert "entries up to the newest time stamp were there when the authority named stamped them" in outcome.checked
    unbelieved = verified(copied, quick=True, require_anchor=True)
    assert told(unbelieved) == (ANCHOR, {"anchor-missing"})
    assert "time stamps: no certificate of their authority was given (--tsa-ca)" in unbelieved.unchecked


def test_a_time_stamp_of_another_authority_is_not_believed(
    copied: SealedEvidence, authority: Path, tmp_path: Path
) -> None:
    """Anybody can be an authority: the one that was named counts."""
    (tmp_path / "other").mkdir()
    anchored(copied, local_authority.make(tmp_path / "other"))
    assert told(verified(copied, quick=True, authorities=root_of(authority))) == (ANCHOR, {"time-stamp-untrusted"})


def _of_other_data(e: SealedEvidence, authority: Path) -> None:
    anchored(e, authority, text="another head")


def _no_time_stamp(e: SealedEvidence, _: Path) -> None:
    head = e.head()
    e.append(Anchored(seq=head.seq, sha256=head.sha256, where="here", token="AAAA"))


def _register_written_anew(e: SealedEvidence, authority: Path) -> None:
    """Leave the failed run out, with the key, and keep the time stamp."""
    anchored(e, authority)
    stamped = e.bodies[-1]
    e.rewrite(body for body in e.bodies[:-1] if getattr(body, "run", "") != RUNS["failed"])
    for path in sorted(e.folder("failed").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    e.folder("failed").rmdir()
    head = e.head()
    e.append(stamped.model_copy(update={"seq": head.seq, "sha256": head.sha256}), at=at(datetime.now(UTC)))


def _late_entry_dated_back(e: SealedEvidence, authority: Path) -> None:
    """Set the clock back before going on after a time stamp."""
    anchored(e, authority, when=e.entries[-1].at)


def _entry_dated_ahead(e: SealedEvidence, authority: Path) -> None:
    """Write today what will have happened in an hour."""
    later = at(datetime.now(UTC) + timedelta(hours=1))
    e.append(Anchored(seq=1, sha256=chain.read(e.book).hashes[0], where="a newspaper"), at=later)
    anchored(e, authority, when=later)


@pytest.mark.parametrize(
    ("attack", "faults"),
    [
        (_of_other_data, {"time-stamp-other-data"}),
        (_no_time_stamp, {"time-stamp-unreadable"}),
        (_register_written_anew, {"time-stamp-other-data"}),
        (_late_entry_dated_back, {"dated-back"}),
        (_entry_dated_ahead, {"dated-ahead"}),
    ],
)
def test_an_attack_on_time_stamps_is_told_by_its_own_name(
    attack: Callable[[SealedEvidence, Path], None], faults: set[str], copied: SealedEvidence, authority: Path
) -> None:
    """What the key's holder alone could do, the authority's clock tells of."""
    attack(copied, authority)
    assert told(verified(copied, quick=True, authorities=root_of(authority))) == (TAMPERED, faults)
