"""Whether a run's parts belong together: its seal and the register, its record, its criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import seal
from reports.register.chain import Position
from reports.verify.register import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.facts.events import RunPlanned
    from reports.folder import RunFolder
    from reports.record import Record
    from reports.register.entries import Started
    from reports.register.state import RunRow
    from reports.verify.outcome import Fault, Remark
    from reports.verify.place import Place
    from reports.verify.register import Vouched
    from reports.verify.sealed import Unsealed


def to_register(place: Place, found: Unsealed[seal.RecordStatement], vouched: Vouched) -> Iterator[Remark]:
    """Yield whether the register tells of this very seal, and the seal of that very entry of the register."""
    stated, at = found.statement.predicate, found.statement.predicate.register_
    row = vouched.rows.get(stated.run)
    if at.id != vouched.state.register_id:
        yield place.tampered("seal-other-register", f"the seal belongs to register {at.id[:SHORT]}")
    elif at.seq > vouched.register.position.seq:
        end = vouched.register.position.seq
        yield place.tampered("register-truncated", f"the seal names entry {at.seq}; the register ends with {end}")
    elif row is None or (at.seq, at.sha256) != (row.started_seq, row.started_sha256):
        yield place.tampered("seal-misplaced", f"the register's entry {at.seq} is not the start of run {stated.run}")
    else:
        faults = [*_started(place, found.statement, row.started), *_finished(place, found, row)]
        yield from faults
        if not faults:
            yield place.checked(
                "the register tells of this seal, verdict, record and journal, and the seal of its entry"
            )
        yield from _key_in_force(place, found, row, vouched)


def _started(place: Place, statement: seal.RecordStatement, started: Started) -> Iterator[Fault]:
    stated = statement.predicate
    sealed = {"drill": stated.drill, "drill_sha256": stated.drill_sha256, "objectives": stated.objectives}
    for name, value in sealed.items():
        if value != getattr(started, name):
            yield place.tampered("criteria-differ", f"the seal's {name} is not what the register fixed at the start")


def _finished(place: Place, found: Unsealed[seal.RecordStatement], row: RunRow) -> Iterator[Fault]:
    if row.finished is None:
        yield place.missing(
            "finish-missing", "it was sealed, and the register does not tell that it ended: it is ABORTED"
        )
        return
    digests = {subject.name: subject.digest.sha256 for subject in found.statement.subject}
    sealed = {
        "statement_sha256": found.sha256,
        "verdict": found.statement.predicate.verdict,
        "record_sha256": digests.get("record.json"),
        "journal_sha256": found.statement.predicate.journal.sha256,
    }
    for name, value in sealed.items():
        if value != getattr(row.finished, name):
            yield place.tampered("finish-differs", f"its {name} is not the one the register tells of at its end")


def _key_in_force(
    place: Place, found: Unsealed[seal.RecordStatement], row: RunRow, vouched: Vouched
) -> Iterator[Fault]:
    in_force = {
        key.keyid for key in vouched.in_force(row.started_seq, row.finished_seq or vouched.register.position.seq)
    }
    if found.signers and not in_force & set(found.signers):
        says = f"key {found.signers[0][:SHORT]} was not in force while the run was made"
        yield place.untrusted("key-not-in-force", says, seal.SEAL)


def without_seal(place: Place, row: RunRow | None, record_sha256: str, journal_sha256: str) -> Iterator[Remark]:
    """Yield whether the register tells of the record and journal of a run that was not sealed."""
    if row is None:
        yield place.untrusted("in-no-register", "is in no register, and was not sealed")
        return
    if row.finished is None:
        yield place.missing(
            "finish-missing", "has a record, and the register does not tell that it ended: it is ABORTED"
        )
        return
    if row.finished.statement_sha256:
        yield place.missing("file-missing", "the register tells of a seal that is not there", seal.SEAL)
        return
    yield place.untrusted("unsigned", "was not sealed")
    for name, value in {"record_sha256": record_sha256, "journal_sha256": journal_sha256}.items():
        if value != getattr(row.finished, name):
            yield place.tampered("finish-differs", f"its {name} is not the one the register tells of at its end")


def of_record(place: Place, statement: seal.RecordStatement, record: Record, facts: RunFolder) -> Iterator[Remark]:
    """Yield whether seal, record and journal say the same."""
    at = statement.predicate.register_
    expected = seal.predicate(record, facts.planned.objectives, Position(at.id, at.seq, at.sha256))
    for name in type(expected).model_fields:
        if getattr(statement.predicate, name) != getattr(expected, name):
            yield place.tampered("seal-differs", f"the seal's {name} is not the record's", seal.SEAL)
    end = statement.predicate.journal
    if (end.sha256, end.entries) != (facts.head.head, facts.head.seq):
        yield place.tampered("seal-differs", "the seal is about another end of the journal", seal.SEAL)


def of_criteria(place: Place, planned: RunPlanned, started: Started) -> Iterator[Remark]:
    """Yield whether the journal begins with what the register says was fixed before anything was built."""
    journaled = {name: getattr(planned, name) for name in ("run", "drill", "system", "drill_sha256", "objectives")}
    journaled |= {"operator": planned.operator, "trigger": planned.trigger, "control": planned.expect is not None}
    for name, value in journaled.items():
        if value != getattr(started, name):
            yield place.tampered("criteria-differ", f"the journal's {name} is not what the register fixed at the start")
