"""The seal of a run: what it is over, who it is by, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import synthetic_records
import synthetic_registers
from synthetic_registers import FreshKey

from reports import keys, seal, strict
from reports.facts.values import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record

KEY, OTHER = FreshKey(), FreshKey()
KNOWN = {one.keyid: one.private.public_key() for one in (KEY, OTHER)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a sealed run, to be read."""
    register = synthetic_registers.SyntheticRegister(tmp_path_factory.mktemp("evidence"), KEY)
    return register.add(synthetic_records.PASSED)


def test_the_encoding_is_that_of_dsses_specification() -> None:
    """Its own example, and its reason: no two pairs of type and payload read alike."""
    assert seal.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert seal.pae("a 1 b", b"c") != seal.pae("a", b"b 1 c")


def test_a_seal_is_over_all_files_of_the_run_but_its_own(tmp_path: Path, run: Path) -> None:
    """By path and digest, whatever folder they stand in; the lock of the run is no evidence."""
    run = shutil.copytree(run, tmp_path / "run")
    (run / "logs").mkdir()
    (run / "logs/db.log").write_text("ready\n")
    for name in seal.NOT_SEALED:
        (run / name).touch()
    assert [subject.name for subject in seal.subjects(run)] == [
        "drill.yaml",
        "journal.jsonl",
        "junit.xml",
        "logs/db.log",
        "record.json",
        "report.html",
    ]
    assert {subject.name: subject.digest.sha256 for subject in seal.subjects(run)} == {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in run.rglob("*")
        if path.is_file() and path.name not in seal.NOT_SEALED
    }


def test_a_statement_says_what_was_run_and_where_it_is_registered(run: Path) -> None:
    """So that no part of one run can be taken for another's."""
    sealing = seal.envelope((run / seal.SEAL).read_bytes())
    record = json.loads((run / "record.json").read_text())
    told = json.loads(sealing.content)
    assert (sealing.payloadType, told["_type"], told["predicateType"]) == (
        "application/vnd.in-toto+json",
        "https://in-toto.io/Statement/v1",
        "urn:drillmaster:drill-record:v1",
    )
    assert told["predicate"] == {
        "run": record["run"],
        "drill": record["drill"]["name"],
        "verdict": "PASS",
        "drill_sha256": record["drill"]["sha256"],
        "journal": record["journal"],
        "procedures": record["procedures"],
        "objectives": synthetic_registers.OBJECTIVES.model_dump(),
        "started_utc": record["started_utc"],
        "ended_utc": record["ended_utc"],
        "version": "0.1.0",
        "register": {
            "id": synthetic_registers.REGISTER_ID,
            "seq": 3,
            "sha256": told["predicate"]["register"]["sha256"],
        },
    }
    assert seal.signed_by(sealing, KNOWN) == (KEY.keyid,)


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (synthetic_records.PASSED, "PASSED"),
        (synthetic_records.FAILED, "FAILED"),
        (synthetic_records.CONTROL, "WARNED"),
        (synthetic_records.ABORTED, "FAILED"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.verdict.value,
)
def test_a_run_is_a_tests_result_too(tmp_path: Path, record: Record, result: str) -> None:
    """In in-toto's own terms: about the record, configured by the drill, its findings named by their state."""
    run = synthetic_registers.SyntheticRegister(tmp_path, KEY).add(record)
    sealing = seal.envelope((run / seal.TEST_RESULT).read_bytes())
    told = seal.stated(sealing, seal.ResultStatement)
    files = {subject.name: subject for subject in seal.subjects(run)}
    assert (told.subject, told.predicate.configuration) == ((files["record.json"],), (files["drill.yaml"],))
    assert (told.predicate.result, told.predicate.url) == (result, f"urn:drillmaster:run:{record.run}")
    every = [one.name for one in (*record.objectives, *record.findings, *record.instrument)]
    sorted_out = (*told.predicate.passedTests, *told.predicate.warnedTests, *told.predicate.failedTests)
    assert sorted(sorted_out) == sorted(every)
    assert seal.signed_by(sealing, KNOWN) == (KEY.keyid,)


def test_every_verdict_has_a_result() -> None:
    """A verdict without one could not be sealed."""
    assert set(seal.RESULTS) == set(Verdict)


def resealed(run: Path, **changes: Any) -> seal.Envelope:
    """Return the seal of a run with changes to its envelope."""
    raw = json.loads((run / seal.SEAL).read_text())
    return seal.envelope(json.dumps(raw | changes).encode())


def test_a_signature_holds_for_its_payload_its_type_and_its_key_alone(run: Path) -> None:
    """Edited, retyped, under another's id, of another's key, or of nobody: nobody has signed it."""
    sealing = seal.envelope((run / seal.SEAL).read_bytes())
    (signature,) = sealing.signatures
    edited = base64.b64encode(sealing.content.replace(b'"PASS"', b'"FAIL"')).decode()
    assert seal.signed_by(resealed(run, payload=edited), KNOWN) == ()
    assert seal.signed_by(resealed(run, payloadType="text/plain"), KNOWN) == ()
    for keyid in (OTHER.keyid, "", "ab" * 32):
        assert seal.signed_by(resealed(run, signatures=[{"keyid": keyid, "sig": signature.sig}]), KNOWN) == ()
    for sig in ("", "AAAA", "no base64", signature.sig[:-3] + chr(ord(signature.sig[-3]) + 1) + "=="):
        assert seal.signed_by(resealed(run, signatures=[{"keyid": KEY.keyid, "sig": sig}]), KNOWN) == ()
    assert seal.signed_by(resealed(run, signatures=[]), KNOWN) == ()
    assert seal.signed_by(sealing, {OTHER.keyid: OTHER.private.public_key()}) == ()


def test_a_key_counts_once_however_often_it_signs(run: Path) -> None:
    """Two signatures of one key are no two people; those of two keys are."""
    sealing = seal.envelope((run / seal.SEAL).read_bytes())
    twice = [one.model_dump() for one in sealing.signatures * 2]
    assert seal.signed_by(resealed(run, signatures=twice), KNOWN) == (KEY.keyid,)
    both = keys.signatures(seal.pae(sealing.payloadType, sealing.content), (OTHER, KEY))
    assert seal.signed_by(resealed(run, signatures=[one.model_dump() for one in both]), KNOWN) == (
        OTHER.keyid,
        KEY.keyid,
    )


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no DSSE envelope: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "no DSSE envelope: : Input should be a valid dictionary or instance of Envelope"),
        (b"{}", "no DSSE envelope: payload: Field required"),
        (b'{"payload": "", "payload": ""}', "no DSSE envelope: key 'payload' stands twice"),
        (
            b'{"payload": "", "payloadType": "t", "signatures": [], "more": 1}',
            "no DSSE envelope: more: Extra inputs are not permitted",
        ),
        (
            b'{"payload": "", "payloadType": "t", "signatures": [{"sig": ""}]}',
            "no DSSE envelope: signatures.0.keyid: Field required",
        ),
        (b'{"payload": NaN}', "no DSSE envelope: NaN is no number"),
        (b"[" * 100_000, "no DSSE envelope: nested too deep"),
        (b"\xff\xfe\xfd", "no DSSE envelope: 'utf-"),
    ],
)
def test_what_is_no_envelope_is_refused(raw: bytes, says: str) -> None:
    """By one error, whatever is wrong with it."""
    with pytest.raises(seal.BadSealError) as caught:
        seal.envelope(raw)
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"payloadType": "text/plain"}, "its payload is 'text/plain', not application/vnd.in-toto+json"),
        ({"payload": "e30"}, "its payload is not base64"),
        ({"payload": "e31="}, "its payload is not base64"),
        ({"payload": "e30="}, "not a statement about a drill: subject: Field required"),
        (
            {"payload": base64.b64encode(b'{"a":1,"a":2}').decode()},
            "not a statement about a drill: key 'a' stands twice",
        ),
    ],
)
def test_what_is_no_statement_about_a_drill_is_refused(run: Path, changes: dict[str, str], says: str) -> None:
    """Another type, another spelling of base64, other fields."""
    with pytest.raises(seal.BadSealError) as caught:
        seal.stated(resealed(run, **changes), seal.RecordStatement)
    assert str(caught.value) == says


def test_a_tests_result_is_not_taken_for_the_record(run: Path) -> None:
    """The predicate's type is looked at, not only the signature."""
    sealing = seal.envelope((run / seal.TEST_RESULT).read_bytes())
    with pytest.raises(seal.BadSealError) as caught:
        seal.stated(sealing, seal.RecordStatement)
    assert str(caught.value).startswith("not a statement about a drill: predicateType: Input should be 'urn:drill")


def test_base64_has_one_spelling() -> None:
    """The unused bits of the last sign are zero, and nothing else stands in between."""
    assert strict.unbase64("e30=") == b"{}"
    for other in ("e31=", "e30", "e3 0=", "e30=\n", "e30-"):
        with pytest.raises(ValueError, match=r"base64|padding"):
            strict.unbase64(other)


SECP112R1 = "MDIwEAYHKoZIzj0CAQYFK4EEAAYDHgAEqoe8VsQZ6/ZIbpPv35YlBh/A3et3eRnqor9UFQ=="
"""A public key on a curve that no library of today takes."""


@pytest.mark.parametrize(
    "pem", ["", *(f"-----BEGIN PUBLIC KEY-----\n{one}\n-----END PUBLIC KEY-----\n" for one in ("AAAA", SECP112R1))]
)
def test_what_is_no_public_key_is_refused(pem: str) -> None:
    """By one error."""
    with pytest.raises(keys.BadKeyError) as caught:
        keys.public_key(pem)
    assert str(caught.value) == "no public key in PEM form"


def test_a_key_is_named_by_its_public_half() -> None:
    """Both spellings of it give the same id, of 64 hexadecimal digits."""
    again = keys.public_key(KEY.public_pem.encode())
    assert keys.key_id(again) == KEY.keyid == keys.key_id(keys.public_key(KEY.public_pem))
    assert len(bytes.fromhex(KEY.keyid)) == 32
