"""What lets others check a run: its entries in the register, and the seal over its files."""

from __future__ import annotations

import base64
import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core import artifacts
from orchestrator.core.errors import CannotRunError, RefusedError, UnreadableRunError
from reports.previous import RECORD
from reports.register.chain import NAME
from reports.register.entries import Anchored, Finished, Started

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Literal

    from orchestrator.adapters.key_files import KeyFiles
    from orchestrator.adapters.register_file import RegisterFile
    from reports.facts.events import RunPlanned
    from reports.keys import Signer
    from reports.record import Record
    from reports.register.chain import Position, Register
    from reports.register.heads import Head


def register_of(evidence: Path, signer: Signer | None) -> RegisterFile:
    """Return the register of an evidence directory, to append to; without a signer its entries are unsigned."""
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.register_file import RegisterFile

    return RegisterFile(evidence, SystemClock(), signer)


def begin(register: RegisterFile, planned: RunPlanned) -> Position:
    """Register a run's start, before anything is built, and return its place; raises what `append` raises."""
    return register.append(
        Started(
            run=planned.run,
            drill=planned.drill,
            system=planned.system,
            drill_sha256=planned.drill_sha256,
            objectives=planned.objectives,
            operator=planned.operator,
            trigger=planned.trigger,
            control=planned.expect is not None,
        )
    )


def end(
    register: RegisterFile, folder: Path, record: Record, started: Position, by: Literal["engine", "sweep"]
) -> None:
    """Seal a run's folder, if there is a key, and register the run's end; raises EvidenceError."""
    statement_sha256 = _seal(folder, record, started, register.signer) if register.signer else ""
    # What the register says of the files must not outlast them: its own entry survives a power cut.
    artifacts.put_on_disk(folder)
    register.append(
        Finished(
            run=record.run,
            verdict=record.verdict,
            record_sha256=hashlib.sha256((folder / RECORD).read_bytes()).hexdigest(),
            journal_sha256=record.journal.sha256,
            statement_sha256=statement_sha256,
            by=by,
        )
    )


def begin_of_dead(register: RegisterFile, folder: Path) -> Position:
    """Return the place of the start of a run whose engine died, registered now if that came before it could be.

    Raises UnreadableRunError, RefusedError where the end could not be signed, and what `append` raises.
    """
    from orchestrator.adapters.register_file import start_of

    evidence = folder.parent.parent
    refuse_unsigned(evidence, register.signer)
    return start_of(evidence, folder.name) or begin(register, _planned(folder))


def end_of_dead(register: RegisterFile, folder: Path, record: Record) -> None:
    """Register the end of a run whose engine died; raises what `begin_of_dead` and `end` raise."""
    end(register, folder, record, begin_of_dead(register, folder), "sweep")


def refuse_unsigned(evidence: Path, signer: Signer | None) -> None:
    """Raise RefusedError where a register is signed and this user has no key.

    A run without a key is better than none. What else is to be registered can wait until it can be signed.
    """
    from orchestrator.adapters.register_file import names_a_key

    if signer is None and names_a_key(evidence):
        raise RefusedError(
            f"{evidence / NAME}: its entries are signed, and you have no key",
            hint="use the key (DRILLMASTER_KEYS): with an unsigned entry in it nobody trusts a register",
        )


def read_register(evidence: Path) -> Register:
    """Return the register, its chain checked; raises UnreadableRunError, also for one without an entry."""
    from reports.register import chain

    try:
        found = chain.read(evidence / chain.NAME)
    except chain.BrokenRegisterError as error:
        raise UnreadableRunError(error.message, hint=error.hint) from error
    if not found.entries:
        raise UnreadableRunError(f"{found.path}: is empty", hint="the first run makes its first entries")
    return found


def head(evidence: Path) -> Head:
    """Return how far the register reaches; raises UnreadableRunError."""
    from reports.register import heads

    found = read_register(evidence)
    return heads.head_of(found, found.position.seq)


def stamp(register: RegisterFile, reached: Head, url: str) -> Position:
    """Have a head stamped by a time-stamp authority and register that; raises CannotRunError or RefusedError."""
    from orchestrator.adapters.time_stamps import stamp as stamped

    refuse_unsigned(register.path.parent, register.signer)
    return anchor(register, reached, url, stamped(url, str(reached)))


def rotate(files: KeyFiles, directories: Sequence[Path]) -> list[tuple[Path, bool]]:
    """Put a new key in force in the registers of these evidence directories; return in which of them it is.

    Raises CannotRunError, also where one has no register, for a register that was forgotten could never be continued,
    and while a run is going on, for its end is signed as its start was; or EvidenceError. The old key then stays, and
    another call goes on with the same new one.
    """
    for one in directories:
        _refuse_going_on(one)
        if not (one / NAME).is_file():
            raise CannotRunError(
                f"{one / NAME}: there is no register, and the old key is deleted once the new one is in force",
                hint="name every evidence directory whose register the key signs: --evidence; "
                "a key that has signed nothing can be deleted, and another made with `drillmaster keys init`",
            )
    with files.rotation() as (old, new):
        return [(one, register_of(one, old).rotate(new)) for one in directories]


def _refuse_going_on(evidence: Path) -> None:
    from orchestrator.adapters.register_file import open_runs
    from orchestrator.adapters.run_lock import is_free

    for run in sorted(open_runs(evidence)):
        if not all(is_free(folder) for folder in evidence.glob(f"*/{run}")):
            raise CannotRunError(
                f"{evidence}: run {run} is going on, and could not register its end with the old key",
                hint="wait until it has ended",
            )


def anchor(register: RegisterFile, reached: Head, where: str, reply: bytes = b"") -> Position:
    """Register that a head was put elsewhere: with a time-stamp authority, whose reply this is, or by hand.

    Raises RefusedError, and what `append` raises.
    """
    from orchestrator.adapters.people_file import refuse_no_text

    refuse_no_text(where=where)
    refuse_unsigned(register.path.parent, register.signer)
    token = base64.b64encode(reply).decode()
    return register.append(Anchored(seq=reached.seq, sha256=reached.sha256, where=where, token=token))


@contextmanager
def reading() -> Iterator[None]:
    """Raise UnreadableRunError for a run's folder that cannot be read inside."""
    from reports.folder import UnreadableFolderError

    try:
        yield
    except UnreadableFolderError as error:
        raise UnreadableRunError(error.message, hint=error.hint) from error


def _planned(folder: Path) -> RunPlanned:
    from reports.folder import RunFolder

    with reading():
        return RunFolder.read(folder).planned


def _seal(folder: Path, record: Record, started: Position, signer: Signer) -> str:
    """Write seal, test result and how to verify beside a run's files; return the digest of the sealed statement."""
    from reports import seal
    from reports.verify import by_hand

    about = seal.statement(folder, record, _planned(folder).objectives, started)
    sealing = seal.sealed(about, (signer,))
    result = seal.sealed(seal.result_statement(about, record), (signer,))
    for name, one in ((seal.SEAL, sealing), (seal.TEST_RESULT, result)):
        artifacts.keep(folder / name, one.model_dump_json(indent=2).encode() + b"\n")
    artifacts.keep(folder / seal.VERIFY, by_hand.run_page(signer.keyid).encode())
    return hashlib.sha256(sealing.content).hexdigest()
