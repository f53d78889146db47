"""The runs' folders on disk, as sweep sees them: whose engine is gone, and how its journal is closed."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from orchestrator.adapters.journal_file import JournalFile
from orchestrator.adapters.run_lock import RunLock
from orchestrator.core.errors import CannotRunError, UnreadableRunError
from reports.facts import journal
from reports.facts.events import LabKept, RunAborted, RunFinished, RunPlanned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.ports import Clock
    from reports.facts.events import LabRemoved

TELLING_FACTS = (RunPlanned, LabKept, RunFinished, RunAborted)
PLANNED, KEPT, FINISHED, ABORTED = (fact.model_fields["event"].default for fact in TELLING_FACTS)
TELLING = re.compile(
    rb'^\{"seq":\d+,"at":\{[^{}\n]*\},"prev":"\w+","fact":\{"event":"(%b)"[^\n]*\n'
    % f"{PLANNED}|{KEPT}|{FINISHED}|{ABORTED}".encode(),
    re.MULTILINE,
)


class RunFolders:
    """The runs' folders in one evidence directory: `<evidence>/<drill>/<run>/`."""

    def __init__(self, evidence: Path, clock: Clock) -> None:
        self.evidence = evidence
        self._clock = clock

    def unfinished(self) -> list[Path]:
        """Return the folders whose journal tells that the run was planned, and not that it finished or was aborted."""
        folders = sorted(path.parent for path in self.evidence.glob(f"*/*/{journal.NAME}"))
        return [folder for folder in folders if _is_unfinished(folder)]

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
        """Journal what was removed and that the run was aborted, if it is unfinished; return whether it was."""
        if not _is_unfinished(folder):
            return False
        try:
            file = JournalFile(folder, self._clock)
        except journal.BrokenJournalError as error:
            raise UnreadableRunError(str(error)) from error
        file.append(removed)
        file.append(RunAborted(because="its engine died", by="sweep"))
        file.close()
        return True


def _is_unfinished(folder: Path) -> bool:
    told = _told(folder)
    return PLANNED in told and not told & {FINISHED, ABORTED}


def _told(folder: Path) -> set[str]:
    """Return which of the telling facts the journal holds; nothing else is parsed, for there may be many runs."""
    path = folder / journal.NAME
    return {name.decode() for name in TELLING.findall(path.read_bytes())} if path.exists() else set()
