"""A run's folder, read and checked: the only way from the files of a run to what the judge sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from reports.facts import journal, ledger
from reports.facts.events import (
    AnyFact,
    Entry,
    Fact,
    Instant,
    LedgerClosed,
    LedgerStarted,
    Mark,
    MarkReached,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunAborted,
    RunFinished,
    RunPlanned,
    StepFinished,
)

if TYPE_CHECKING:
    from pathlib import Path

AnyKind = TypeVar("AnyKind", bound=Fact)

DIED = "the engine died; sweep closes it"


class UnreadableFolderError(Exception):
    """A run's folder that cannot be judged: `message` says what and where, `hint` what to try."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class RunFolder:
    """The facts of one run, in order, and its ledgers."""

    path: Path
    entries: tuple[Entry, ...]
    head: journal.Chain

    @classmethod
    def read(cls, path: Path) -> RunFolder:
        """Return the run in `path`; raises UnreadableFolderError when its journal is missing, broken or not ours."""
        file = path / journal.NAME
        try:
            entries, head = journal.read(file)
        except OSError as error:
            raise UnreadableFolderError(
                f"{file}: {error.strerror}", hint="a run's folder holds its journal; `drillmaster runs` lists them"
            ) from error
        except journal.BrokenJournalError as error:
            raise UnreadableFolderError(
                str(error), hint="it was changed after the run, or written by another version of drillmaster"
            ) from error
        if not entries or not isinstance(entries[0].fact, RunPlanned):
            raise UnreadableFolderError(
                f"{file}: does not begin with a planned run", hint="the engine died before it had planned anything"
            )
        if _goes_on_after_its_end([entry.fact for entry in entries]):
            raise UnreadableFolderError(f"{file}: goes on after the run's end", hint="it was changed after the run")
        return cls(path, tuple(entries), head)

    def all(self, kind: type[AnyKind]) -> list[AnyKind]:
        """Return every fact of a kind, in order."""
        return [fact for _, fact in self.entries_of(kind)]

    def first(self, kind: type[AnyKind]) -> AnyKind | None:
        """Return the first fact of a kind, or None."""
        return next(iter(self.all(kind)), None)

    def entries_of(self, kind: type[AnyKind]) -> list[tuple[Instant, AnyKind]]:
        """Return every fact of a kind with the instant at which it was journaled."""
        return [(entry.at, entry.fact) for entry in self.entries if isinstance(entry.fact, kind)]

    @cached_property
    def planned(self) -> RunPlanned:
        """Return the criteria, fixed before anything was built."""
        return self.all(RunPlanned)[0]

    def mark(self, mark: Mark) -> Instant | None:
        """Return when a mark was first reached, or None."""
        return next((fact.at for fact in self.all(MarkReached) if fact.mark == mark), None)

    def phase_started(self, phase: Phase) -> Instant | None:
        """Return when a phase began, or None."""
        return next((at for at, fact in self.entries_of(PhaseStarted) if fact.phase == phase), None)

    def phase_finished(self, phase: Phase) -> PhaseFinished | None:
        """Return how a phase ended, or None when it never did."""
        return next((fact for fact in self.all(PhaseFinished) if fact.phase == phase), None)

    def steps(self, phase: Phase) -> list[StepFinished]:
        """Return a phase's steps, in order."""
        return [step for step in self.all(StepFinished) if step.phase == phase]

    def failed_step(self, phase: Phase) -> str | None:
        """Return which step of a phase failed, and how; None when none did."""
        failed = (step for step in self.steps(phase) if step.outcome != Outcome.OK)
        return next((_ended(step.title, step) for step in failed), None)

    def failure(self, phase: Phase) -> str | None:
        """Return what failed in a phase, its steps first; None when nothing did."""
        ended = self.phase_finished(phase)
        if ended is None or ended.outcome == Outcome.OK:
            return self.failed_step(phase)
        return self.failed_step(phase) or _ended(phase, ended)

    @property
    def aborted(self) -> str | None:
        """Return why the run must not be judged, or None. An unfinished journal is a run still going, or killed."""
        if ending := self.first(RunAborted):
            return ending.because
        return None if self.first(RunFinished) else DIED

    @cached_property
    def ledgers_started(self) -> dict[str, LedgerStarted]:
        """Return how each service's ledger was started; raises UnreadableFolderError when a service had two."""
        started = self.all(LedgerStarted)
        by_service = {one.service: one for one in started}
        if len(started) > len(by_service):
            raise UnreadableFolderError(
                f"{self.path}: {len(started)} ledgers for {len(by_service)} services; a service has one",
                hint="judge it with the version that made it",
            )
        return by_service

    @cached_property
    def ledgers(self) -> dict[str, ledger.Ledger | None]:
        """Return each service's closed ledger, or None when it never closed; the services in the order of their start.

        Raises UnreadableFolderError when the files are not those that the journal tells of.
        """
        closed = {fact.service: self._ledger(fact) for fact in reversed(self.all(LedgerClosed))}
        return {service: closed.get(service) for service in (*self.ledgers_started, *reversed(closed))}

    def _ledger(self, closed: LedgerClosed) -> ledger.Ledger | None:
        if closed.sha256 is None:
            return None
        folder = self.path / closed.folder
        hint = "the ledger's files were changed or lost after the run"
        if not folder.resolve().is_relative_to(self.path.resolve()):
            raise UnreadableFolderError(f"{folder}: does not lie in the run's folder", hint=hint)
        try:
            found = ledger.read(folder)
        except ledger.BrokenLedgerError as error:
            raise UnreadableFolderError(str(error), hint=hint) from error
        if hashlib.sha256((folder / ledger.CLOSED).read_bytes()).hexdigest() != closed.sha256:
            raise UnreadableFolderError(
                f"{folder / ledger.CLOSED}: content differs from its digest in {journal.NAME}", hint=hint
            )
        return found


def _goes_on_after_its_end(facts: list[AnyFact]) -> bool:
    """Return whether anything follows a run's end, but for sweep's word that the end was never registered."""
    *before, last = facts
    ends = [isinstance(fact, RunFinished | RunAborted) for fact in before]
    taken_back = isinstance(last, RunAborted) and last.by == "sweep" and isinstance(before[-1], RunFinished)
    return any(ends[:-1] if taken_back else ends)


def _ended(what: str, how: StepFinished | PhaseFinished) -> str:
    return f"{what} {how.outcome}: {how.says}".rstrip(": .")
