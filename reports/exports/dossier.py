"""One run as an export finds it: what the register says of it, its files, and its record if that can be read."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from reports import keys, seal
from reports.controls.context import Action, Review, RunContext, Schedule
from reports.exports.window import CannotExportError
from reports.facts.values import FileDigest
from reports.population import Sources, population
from reports.record import SCHEMA_VERSION, Record, is_newer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.actions import ActionLine
    from reports.population import RunLine
    from reports.register.entries import Finished
    from reports.register.state import RunRow, State

RECORD = "record.json"
_NAME = re.compile(r"\w[\w.-]*")
_HINT = "`drillmaster verify` says what is wrong with the evidence; a window without this run can be exported"


@dataclass(frozen=True)
class Dossier:
    """A run's evidence. `files` are all that may leave; `record` is None where it was not interpreted: `says` why."""

    row: RunRow
    line: RunLine
    actions: tuple[ActionLine, ...]
    files: tuple[FileDigest, ...] = ()
    record: Record | None = None
    says: str = ""
    sealed: bool = False
    """Whether a key of the register has signed its seal."""
    operator: str = ""
    """The id of the person who operated it; empty: it is not known which person that was."""

    @property
    def where(self) -> str:
        """Return the way to its folder from the evidence directory, and in a bundle."""
        return f"{self.row.drill}/{self.row.run}"

    @property
    def ended(self) -> date:
        """Return the day it ended; of a run that never did, the day it started."""
        return date.fromisoformat((self.row.finished_at or self.row.started_at)[:10])

    def context(self, record: Record) -> RunContext:
        """Return what controls are held against."""
        adherence = self.line.adherence
        return RunContext(
            record=record,
            sealed=self.sealed,
            operator=self.operator,
            reviewed=tuple(Review(by=one.by, decision=one.decision, utc=at) for at, one in self.row.reviews),
            actions=tuple(_action(action) for action in self.actions),
            schedule=None if adherence == "unscheduled" else Schedule(due=self.line.due, state=adherence),
        )


@dataclass(frozen=True)
class Registered:
    """An evidence directory, what its register says, and what the register alone does not hold."""

    evidence: Path
    state: State
    sources: Sources


def _action(line: ActionLine) -> Action:
    return Action(action=line.action, owner=line.owner, due=line.due, closed_utc=line.closed_utc, retest=line.retest)


def dossier(register: Registered, row: RunRow, actions: Sequence[ActionLine]) -> Dossier:
    """Return the evidence of a run.

    Of a sealed run only what its seal lists may leave, and the seal itself: what else lies in its folder does not.
    Raises CannotExportError for evidence that is not as the register says.
    """
    folder = register.evidence / row.drill / row.run
    if not all(_NAME.fullmatch(name) for name in (row.drill, row.run)):
        raise CannotExportError(
            f"{register.evidence}: run {row.run!r} of {row.drill!r} is no name of a folder", hint=_HINT
        )
    if row.purged:
        return _untold(row, actions)
    if row.finished is None:
        return _untold(row, actions, _unsealed(folder))
    if not folder.is_dir():
        raise CannotExportError(f"{folder}: is missing", hint=_HINT)
    raw = _read(folder / RECORD)
    if hashlib.sha256(raw).hexdigest() != row.finished.record_sha256:
        raise CannotExportError(f"{folder / RECORD}: is not the record that the register tells of", hint=_HINT)
    files, sealed = (
        _sealed(folder, row.finished, register.state) if row.finished.statement_sha256 else (_unsealed(folder), False)
    )
    record, newer = _interpreted(folder / RECORD, raw)
    (line,) = population([row], replace(register.sources, record_of=lambda _: raw))
    operator = register.sources.id_of(row.started.operator)
    return Dossier(row, line, tuple(actions), files, record, newer, sealed, operator)


def _untold(row: RunRow, actions: Sequence[ActionLine], files: tuple[FileDigest, ...] = ()) -> Dossier:
    """Return the dossier of a run that has no record."""
    (line,) = population([row], Sources(lambda _: None))
    return Dossier(row, line, tuple(actions), files, says=line.sentence)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotExportError(f"{path}: cannot be read: {error.strerror}", hint=_HINT) from error


def _unsealed(folder: Path) -> tuple[FileDigest, ...]:
    if not folder.is_dir():
        return ()
    links = [path for path in (folder.parent, folder, *folder.rglob("*")) if path.is_symlink()]
    if links:
        raise CannotExportError(f"{min(links)}: is a link; evidence holds plain files", hint=_HINT)
    return tuple(FileDigest(path=one.name, sha256=one.digest.sha256) for one in seal.subjects(folder))


def _sealed(folder: Path, finished: Finished, state: State) -> tuple[tuple[FileDigest, ...], bool]:
    """Return the files that a seal lists, and those beside it that belong to it; and whether a known key signed it."""
    known = {key.keyid: keys.public_key(key.public_pem) for key in state.keys}
    try:
        sealing = seal.envelope(_read(folder / seal.SEAL))
        statement = seal.stated(sealing, seal.RecordStatement)
        signers = seal.signed_by(sealing, known)
    except seal.BadSealError as error:
        raise CannotExportError(f"{folder / seal.SEAL}: {error}", hint=_HINT) from error
    if hashlib.sha256(sealing.content).hexdigest() != finished.statement_sha256:
        raise CannotExportError(f"{folder / seal.SEAL}: is not the seal that the register tells of", hint=_HINT)
    found = {file.path: file for file in _unsealed(folder)}
    for listed in statement.subject:
        if listed.name not in found or found[listed.name].sha256 != listed.digest.sha256:
            raise CannotExportError(f"{folder / listed.name}: is not as it was sealed", hint=_HINT)
    beside = [name for name in (seal.SEAL, seal.TEST_RESULT, seal.VERIFY) if (folder / name).is_file()]
    files = [found[listed.name] for listed in statement.subject]
    files += [FileDigest(path=name, sha256=hashlib.sha256(_read(folder / name)).hexdigest()) for name in beside]
    return tuple(sorted(files, key=lambda file: file.path)), bool(signers)


def _interpreted(path: Path, raw: bytes) -> tuple[Record | None, str]:
    """Return the record; None, and why, for one of a newer schema. What an older one does not tell is left empty."""
    try:
        told = json.loads(raw)
        version = told["schema_version"]
        if is_newer(version):
            return None, f"Its record has schema {version}; this version of drillmaster knows {SCHEMA_VERSION}."
        return Record.model_validate({**told, "schema_version": SCHEMA_VERSION}), ""
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise CannotExportError(f"{path}: is no record: {str(error).splitlines()[0]}", hint=_HINT) from error
