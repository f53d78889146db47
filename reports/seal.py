"""The seal of a run: in-toto statements about its files, each in a DSSE envelope.

Sources: DSSE protocol v1 (secure-systems-lab/dsse), in-toto Attestation Framework v1, its test-result predicate v0.1.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError

from reports import keys, strict
from reports.facts.values import Fact, FileDigest, Objectives, State, Verdict
from reports.register.entries import Signature  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reports.record import Record
    from reports.register.chain import Position

SEAL, TEST_RESULT, VERIFY, LOCK = "seal.json", "test-result.json", "VERIFY.md", "run.lock"
NOT_SEALED = frozenset({SEAL, TEST_RESULT, VERIFY, LOCK})
"""What stands in a run's folder beside the sealed files."""
PAYLOAD_TYPE = "application/vnd.in-toto+json"
RECORD_PREDICATE: Literal["urn:drillmaster:drill-record:v1"] = "urn:drillmaster:drill-record:v1"
RESULT_PREDICATE: Literal["https://in-toto.io/attestation/test-result/v0.1"] = (
    "https://in-toto.io/attestation/test-result/v0.1"
)


class BadSealError(Exception):
    """A seal that is no DSSE envelope over a statement of ours; the message says what is wrong with it."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return what a DSSE signature is over (pre-authentication encoding): type and payload with their lengths."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


class Envelope(Fact):
    """A payload with its type and signatures."""

    payload: str = Field(description="Base64.")
    payloadType: str  # noqa: N815 - DSSE's name
    signatures: tuple[Signature, ...]

    @property
    def content(self) -> bytes:
        """Return the payload's bytes; raises BadSealError for what is no base64."""
        try:
            return strict.unbase64(self.payload)
        except ValueError as error:
            raise BadSealError("its payload is not base64") from error


class Digest(Fact):
    """A content, by its digest."""

    sha256: str


class Subject(Fact):
    """A file that a statement is about."""

    name: str = Field(description="Path in the run's folder, with slashes.")
    digest: Digest


class RegisterPlace(Fact):
    """Where a run stands in which register: the entry of its start."""

    id: str
    seq: int
    sha256: str


class JournalEnd(Fact):
    """The end of the journal's chain."""

    sha256: str
    entries: int


class DrillRecord(Fact):
    """What is stated about a run: predicate `urn:drillmaster:drill-record:v1`."""

    run: str
    drill: str
    verdict: Verdict
    drill_sha256: str
    journal: JournalEnd
    procedures: tuple[FileDigest, ...]
    objectives: Objectives
    started_utc: str
    ended_utc: str
    version: str
    register_: RegisterPlace = Field(alias="register")

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class TestResult(Fact):
    """The run as a test's result: in-toto's predicate test-result v0.1."""

    __test__ = False  # no test of pytest's

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[Subject, ...]
    url: str
    passedTests: tuple[str, ...]  # noqa: N815 - in-toto's name
    warnedTests: tuple[str, ...]  # noqa: N815 - in-toto's name
    failedTests: tuple[str, ...]  # noqa: N815 - in-toto's name


class _Statement(Fact):
    type_: Literal["https://in-toto.io/Statement/v1"] = Field(default="https://in-toto.io/Statement/v1", alias="_type")
    subject: tuple[Subject, ...]

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True)


class RecordStatement(_Statement):
    """The statement in `seal.json`: its subjects are all files of the run."""

    predicateType: Literal["urn:drillmaster:drill-record:v1"] = RECORD_PREDICATE  # noqa: N815 - in-toto's name
    predicate: DrillRecord


class ResultStatement(_Statement):
    """The statement in `test-result.json`: its subject is the record."""

    predicateType: Literal["https://in-toto.io/attestation/test-result/v0.1"] = (  # noqa: N815 - in-toto's name
        RESULT_PREDICATE
    )
    predicate: TestResult


AnyStatement = TypeVar("AnyStatement", RecordStatement, ResultStatement)
RESULTS: dict[Verdict, Literal["PASSED", "WARNED", "FAILED"]] = {
    Verdict.PASS: "PASSED",
    Verdict.INCONCLUSIVE: "WARNED",
    Verdict.FAIL: "FAILED",
    Verdict.ABORTED: "FAILED",
}


def subjects(folder: Path) -> tuple[Subject, ...]:
    """Return all files of a run's folder that a seal is about, by path."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return tuple(_subject(folder, name) for name in files if name not in NOT_SEALED)


def _subject(folder: Path, name: str) -> Subject:
    with (folder / name).open("rb") as file:
        return Subject(name=name, digest=Digest(sha256=hashlib.file_digest(file, "sha256").hexdigest()))


def statement(folder: Path, record: Record, objectives: Objectives, started: Position) -> RecordStatement:
    """Return the statement about a run as it stands in its folder; `started` is its place in the register."""
    return RecordStatement(subject=subjects(folder), predicate=predicate(record, objectives, started))


def predicate(record: Record, objectives: Objectives, started: Position) -> DrillRecord:
    """Return what is stated about a run, its files apart."""
    return DrillRecord(
        run=record.run,
        drill=record.drill.name,
        verdict=record.verdict,
        drill_sha256=record.drill.sha256,
        journal=JournalEnd(sha256=record.journal.sha256, entries=record.journal.entries),
        procedures=record.procedures,
        objectives=objectives,
        started_utc=record.started_utc,
        ended_utc=record.ended_utc,
        version=record.version,
        register_=RegisterPlace(id=started.register_id, seq=started.seq, sha256=started.head),
    )


def result_statement(about: RecordStatement, record: Record) -> ResultStatement:
    """Return the run as a test's result, about the record that `about` covers."""
    files = {subject.name: subject for subject in about.subject}
    states: list[tuple[str, State]] = [(one.name, one.state) for one in record.objectives]
    states += [(one.name, one.state) for one in (*record.findings, *record.instrument)]
    tests = {state: tuple(name for name, said in states if said == state) for state in State}
    predicate = TestResult(
        result=RESULTS[record.verdict],
        configuration=(files["drill.yaml"],),
        url=f"urn:drillmaster:run:{record.run}",
        passedTests=tests[State.HELD],
        warnedTests=tests[State.UNKNOWN],
        failedTests=tests[State.VIOLATED],
    )
    return ResultStatement(subject=(files["record.json"],), predicate=predicate)


def sealed(about: RecordStatement | ResultStatement, signers: Sequence[keys.Signer]) -> Envelope:
    """Return a statement in its envelope, signed."""
    payload = about.model_dump_json().encode()
    return Envelope(
        payload=base64.b64encode(payload).decode(),
        payloadType=PAYLOAD_TYPE,
        signatures=keys.signatures(pae(PAYLOAD_TYPE, payload), signers),
    )


def envelope(raw: bytes) -> Envelope:
    """Return the envelope in a file's bytes; raises BadSealError."""
    try:
        return Envelope.model_validate(strict.loads(raw))
    except ValidationError as error:
        raise BadSealError(f"no DSSE envelope: {_first(error)}") from error
    except ValueError as error:
        raise BadSealError(f"no DSSE envelope: {error}") from error


def stated(sealing: Envelope, kind: type[AnyStatement]) -> AnyStatement:
    """Return the statement in an envelope; raises BadSealError for another type of payload or predicate."""
    if sealing.payloadType != PAYLOAD_TYPE:
        raise BadSealError(f"its payload is {sealing.payloadType!r}, not {PAYLOAD_TYPE}")
    try:
        return kind.model_validate(strict.loads(sealing.content))
    except ValidationError as error:
        raise BadSealError(f"not a statement about a drill: {_first(error)}") from error
    except ValueError as error:
        raise BadSealError(f"not a statement about a drill: {error}") from error


def signed_by(sealing: Envelope, known: Mapping[str, Ed25519PublicKey]) -> tuple[str, ...]:
    """Return the ids of those of the `known` keys that have signed an envelope; raises BadSealError."""
    return keys.signed_by(pae(sealing.payloadType, sealing.content), sealing.signatures, known)


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
