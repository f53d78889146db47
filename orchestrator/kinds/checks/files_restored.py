"""The check `files-restored`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.declared_lab import AbsolutePath  # noqa: TC001 - pydantic reads it
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check, Need
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.filetree.tree import Question, Tree, take
from orchestrator.software.files import IDENTITY_FILE, OWN, ROOT
from reports.facts.events import Finding, State
from reports.words import counted

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

NAMED = 20


class FilesRestored(Check):
    """Read every file of a tree in a service's container to its last byte, and count.

    Violated when there is not one byte, when a file that is named in `filled` is not there or empty, or when anything
    cannot be read. For backups that were there already: there is nothing of before to compare contents with. What the
    lab's own server put into the tree is left out.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "files-restored: {service: files, filled: [home/app/settings.conf]}"
    proves: ClassVar[str] = "Every recovered file can be read to its last byte, and there are files."
    not_proven: ClassVar[tuple[str, ...]] = (
        "That the recovered files are the right ones: they were read and counted, with nothing to compare them with.",
    )

    service: str = Field(description="The service in whose container the tree lies.")
    path: AbsolutePath = Field(default=ROOT, description="The tree's root.")
    filled: tuple[str, ...] = Field(default=(), description="Files below it that must hold something.")
    within: Duration = Field(default=600.0, gt=0, description="Longest time to read all of it.")

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it reads the tree."""
        return (Need(self.service, "python3"),)

    def look(self, lab: Lab) -> list[Finding]:
        """Read everything; violated with what could not be read, or with what is missing."""
        own = tuple(path.removeprefix(f"{ROOT}/") for path in (IDENTITY_FILE, f"{ROOT}{OWN}"))
        key = lab.secrets.value(self.service, self.memory).encode().hex()
        try:
            tree = take(lab, Question(self.service, self.path, own, names=True, key=key), self.within)
        except StepFailedError as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._judged(tree)]

    def _judged(self, tree: Tree) -> Finding:
        files = {path: entry for path, entry in tree.items() if entry.type == "file"}
        size = sum(entry.size or 0 for entry in files.values())
        unreadable = [f"{path}: {entry.error}" for path, entry in tree.items() if entry.error]
        seen: dict[str, object] = {"paths": len(tree), "files": len(files), "bytes": size}
        if unreadable:
            seen["unreadable"] = unreadable[:NAMED]
            says = f"{counted(len(unreadable), 'path')} cannot be read: {unreadable[0]}"
            return self._finding(State.VIOLATED, says, seen)
        if empty := [path for path in self.filled if path not in files or not files[path].size]:
            return self._finding(State.VIOLATED, f"nothing in {', '.join(empty)}, or no such file", seen)
        if not size:
            return self._finding(State.VIOLATED, f"{counted(len(files), 'file')}, and not one byte", seen)
        return self._finding(State.HELD, f"{counted(len(files), 'file')} read to the last byte: {size:,} bytes", seen)

    def _finding(self, state: State, says: str, seen: dict[str, object]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {self.path}: {says}", seen=seen)
