"""The runs' folders on disk, as sweep sees them: whose engine is gone, and how its journal is closed."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from orchestrator.adapters.journal_file import JournalFile
from orchestrator.adapters.register_file import open_runs
from orchestrator.adapters.run_lock import RunLock
from orchestrator.core import artifacts
from orchestrator.core.errors import CannotRunError, UnreadableRunError
from reports.facts import journal
from reports.facts.events import LabKept, RunAborted, RunFinished, RunPlanned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.core.ports import Clock
    from reports.facts.events import AnyFact, LabRemoved

TELLING_FACTS = (RunPlanned, LabKept, RunFinished, RunAborted)
PLANNED, KEPT, FINISHED, ABORTED = (fact.model_fields["event"].default for fact in TELLING_FACTS)
TELLING = re.compile(
    rb'^\{"seq":\d+,"at":\{[^{}\n]*\},"prev":"\w+","fact":\{"event":"(%b)"[^\n]*\n'
    % f"{PLANNED}|{KEPT}|{FINISHED}|{ABORTED}".encode(),
    re.MULTILINE,
)


class RunFolders:
    """The runs' folders in one evidence directory: `<evidence>/<drill>/<run>/`.

    `begin` registers the start of a run that died before it was registered; `end` judges one whose journal was
    closed, seals it and registers its end.
    """

    def __init__(
        self, evidence: Path, clock: Clock, begin: Callable[[Path], object], end: Callable[[Path], object]
    ) -> None:
        self.evidence = evidence
        self._clock = clock
        self._begin = begin
        self._end = end

    def unfinished(self) -> list[Path]:
        """Return the folders of runs whose journal, or whose entries in the register, tell of a start and no end."""
        folders = sorted(path.parent for path in self.evidence.glob(f"*/*/{journal.NAME}"))
        registered = open_runs(self.evidence)
        return [folder for folder in folders if folder.name in registered or _is_unfinished(folder)]

    def keeps_lab(self, folder: Path) -> bool:
        """Return whether the run's lab was left standing on request."""
        return KEPT in _told(folder)

    @contextmanager
    def claim(self, folder: Path) -> Iterator[bool]:
        """Hold the run meanwhile, unless an engine does; yields whether it is held now. A missing folder is free."""
        with ExitStack() as stack:
            held = True
            try:
                if folder.is_dir():
                    stack.enter_context(RunLock(folder, patience_s=0))
            except CannotRunError:
                held = False
            yield held

    def close(self, folder: Path, removed: LabRemoved) -> bool:
        """End the run as ABORTED in journal and register, if it is unfinished; return whether it was."""
        unfinished = _is_unfinished(folder)
        if not unfinished and folder.name not in open_runs(self.evidence):
            return False
        # Before its journal is closed: a run that can be registered only later must be found again then.
        self._begin(folder)
        if unfinished:
            self._journal(folder, removed, RunAborted(because="its engine died", by="sweep"))
        elif ABORTED not in _told(folder):
            because = "its engine died before the verdict was registered"
            self._journal(folder, RunAborted(because=because, by="sweep"))
        self._end(folder)
        return True

    def _journal(self, folder: Path, *facts: AnyFact) -> None:
        try:
            file = JournalFile(folder, self._clock)
        except journal.BrokenJournalError as error:
            raise UnreadableRunError(str(error)) from error
        for fact in facts:
            file.append(fact)
        file.close()


def _is_unfinished(folder: Path) -> bool:
    told = _told(folder)
    return PLANNED in told and not told & {FINISHED, ABORTED}


def _told(folder: Path) -> set[str]:
    """Return which of the telling facts the journal holds; nothing else is parsed, for there may be many runs."""
    return {name.decode() for name in TELLING.findall(artifacts.content(folder / journal.NAME) or b"")}
