"""One run: sealed, bound to the register, derived again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import __version__, seal
from reports.facts import journal
from reports.previous import RECORD
from reports.record import Record
from reports.verify import again, binding, by_hand, sealed
from reports.verify.files import digest, is_plain, listing
from reports.verify.outcome import Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.register.state import RunRow
    from reports.verify.outcome import Remark
    from reports.verify.place import Place
    from reports.verify.register import Vouched
    from reports.verify.sealed import Unsealed

LEFT = (seal.SEAL, RECORD, journal.NAME)
"""One of these makes a folder that of a run."""
_SPOILED = {Level.TAMPERED, Level.INCOMPLETE}


def remarks(place: Place, vouched: Vouched | None) -> Iterator[Remark]:
    """Yield all that is to be said of a run; `vouched` is the register it should be in, None when there is none."""
    row = vouched.rows.get(place.folder.name) if vouched else None
    if is_plain(place.folder / seal.SEAL):
        said = list(_sealed(place, vouched))
    elif is_plain(place.folder / RECORD) or (row and row.finished):
        said = list(_not_sealed(place, row))
    else:
        said = list(_never_ended(place, row))
    yield from said
    if any(isinstance(one, Fault) and one.level in _SPOILED for one in said):
        yield place.unchecked("verdict and report were not derived again: what lies there is not what was left")
    elif place.trust.asked.quick:
        yield place.unchecked("verdict and report were not derived again: a quick check was asked for (--quick)")
    elif is_plain(place.folder / RECORD):
        yield from again.derived(place)


def _sealed(place: Place, vouched: Vouched | None) -> Iterator[Remark]:
    found = sealed.unsealed(place, seal.SEAL, seal.RecordStatement)
    if isinstance(found, Fault):
        yield found
        return
    yield from sealed.signed(place, seal.SEAL, found)
    yield from sealed.files(place, found.statement)
    stated = found.statement.predicate
    if place.named and place.where != f"{stated.drill}/{stated.run}":
        yield place.tampered("misplaced", f"the seal is about {stated.drill}/{stated.run}")
    if vouched:
        yield from binding.to_register(place, found, vouched)
    yield from _of_contents(place, found, vouched)
    yield from _guide(place, found)


def _of_contents(place: Place, found: Unsealed[seal.RecordStatement], vouched: Vouched | None) -> Iterator[Remark]:
    """Yield whether seal, record, journal and test result say the same."""
    result = sealed.unsealed(place, seal.TEST_RESULT, seal.ResultStatement)
    yield from [result] if isinstance(result, Fault) else sealed.signed(place, seal.TEST_RESULT, result)
    if listing(place.folder, place.where).faults:
        return
    record = again.record(place)
    if not isinstance(record, Record):
        yield record
        return
    facts = again.facts(place)
    if isinstance(facts, Fault):
        yield facts
        return
    yield from binding.of_record(place, found.statement, record, facts)
    row = vouched.rows.get(found.statement.predicate.run) if vouched else None
    if row:
        yield from binding.of_criteria(place, facts.planned, row.started)
    if not isinstance(result, Fault):
        yield from _of_result(place, found.statement, result.statement, record)


def _of_result(
    place: Place, statement: seal.RecordStatement, result: seal.ResultStatement, record: Record
) -> Iterator[Remark]:
    if not set(sealed.NEEDED) <= {subject.name for subject in statement.subject}:
        return
    if result != seal.result_statement(statement, record):
        yield place.tampered("test-result-differs", "is not what seal and record give", seal.TEST_RESULT)
    else:
        yield place.checked("record, journal and test result say what the seal says")


def _guide(place: Place, found: Unsealed[seal.RecordStatement]) -> Iterator[Remark]:
    """Yield whether VERIFY.md is ours: it is not sealed, and it is about to be pasted into a shell."""
    if not is_plain(place.folder / seal.VERIFY):
        yield place.missing("file-missing", "is not there", seal.VERIFY)
    elif found.statement.predicate.version != __version__:
        yield place.unchecked(f"{seal.VERIFY} was written by another version: read it before anything of it is run")
    else:
        pages = {by_hand.run_page(keyid) for keyid in found.signers or place.trust.known}
        if not by_hand.is_one_of(place.folder / seal.VERIFY, pages):
            yield place.tampered("guide-changed", "is not what this version writes: run nothing of it", seal.VERIFY)
        else:
            yield place.checked(f"{seal.VERIFY} is the page that this version writes")


def _not_sealed(place: Place, row: RunRow | None) -> Iterator[Remark]:
    here = listing(place.folder, place.where)
    if here.faults:
        yield from here.faults
        return
    record, facts = again.record(place), again.facts(place)
    if isinstance(record, Fault) or isinstance(facts, Fault):
        yield from (one for one in (record, facts) if isinstance(one, Fault))
        return
    yield from [record] if isinstance(record, Unchecked) else ()
    yield from binding.without_seal(place, row, digest(here.files[RECORD]), facts.head.head)
    if row:
        yield from binding.of_criteria(place, facts.planned, row.started)


def _never_ended(place: Place, row: RunRow | None) -> Iterator[Remark]:
    if row is None:
        yield place.untrusted("in-no-register", "is in no register, and was not sealed")
    else:
        yield from listing(place.folder, place.where).faults
        yield place.unchecked("never came to its end, so that nothing of it was sealed: it is ABORTED for ever")
