"""The check `files-content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import comparing
from orchestrator.core.declared_lab import AbsolutePath  # noqa: TC001 - pydantic reads it
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check, Need
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.filetree.tree import TREE, Question, Tree, counted, differences, take
from orchestrator.software.files import OWN, ROOT
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class FilesContent(Check):
    """Compare a tree of files in a service's container with what it was at the end of `protect`.

    Files by size and digest; files, folders and links by type, permissions, owner (numbers), extended attributes and
    access lists; links by where they lead; files by the time of their last change. In any type of service, so that a
    database's configuration can be compared as well. The evidence holds no content: digests are keyed with a secret
    that the run forgets, so that no short content can be guessed from them. Names of files are in it, those of what is
    different in the finding (20 at most) and all in the manifest; with `names: false` keyed digests stand for them. The
    ledger's own folder is left out, for the ledger judges its files one by one.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "files-content: {service: app, path: /etc/app, exclude: [cache]}"
    proves: ClassVar[str] = "Every file that was protected is there again, as it was and whose it was, and no other is."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Excluded files; times of folders and links, and which names share one file.",
        "That owners have the same names: they are compared by number.",
    )

    service: str = Field(description="The service in whose container the tree lies.")
    path: AbsolutePath = Field(default=ROOT, description="The tree's root, or a single file.")
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Paths below it, * matches anything, that change between `protect` and the disaster; "
        "all that is below an excluded folder is.",
    )
    names: bool = Field(default=True, description="Whether the evidence names files.")
    within: Duration = Field(default=60.0, gt=0, description="Longest time to read all of it.")

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it reads the tree."""
        return (Need(self.service, "python3"),)

    def remember(self, lab: Lab) -> None:
        """Take the manifest; raises StepFailedError when anything of the healthy tree cannot be read."""
        tree = take(lab, self._question(lab), self.within)
        if broken := [path for path, entry in tree.items() if entry.error]:
            raise StepFailedError(f"{self.service}: {broken[0]} cannot be read: {tree[broken[0]].error}")
        lab.remember(self.memory, self.service, TREE.dump_python(tree, exclude_defaults=True), _amount(tree))

    def look(self, lab: Lab) -> list[Finding]:
        """Take the manifest again and compare; unknown only where none was remembered."""
        remembered = lab.remembered(self.memory, self.service)
        if remembered is None:
            return [comparing.nothing_remembered(self.kind, self.service)]
        try:
            recovered = take(lab, self._question(lab), self.within)
        except StepFailedError as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._compared(TREE.validate_python(remembered), recovered)]

    def _question(self, lab: Lab) -> Question:
        own = (OWN.lstrip("/"),) if self.path == ROOT else ()
        key = lab.secrets.value(self.service, self.memory).encode().hex()
        return Question(self.service, self.path, (*own, *self.exclude), self.names, key)

    def _compared(self, before: Tree, after: Tree) -> Finding:
        found = list(differences(before, after))
        seen = {"paths": len(after), "excluded": list(self.exclude), "counts": counted(found)}
        says, where = (one.says for one in found), f"{self.service}: {self.path}"
        return comparing.compared(self.kind, where, _amount(after), says, seen)


def _amount(tree: Tree) -> str:
    files = [entry for entry in tree.values() if entry.type == "file"]
    rest = len(tree) - len(files)
    return f"{len(files):,} files of {sum(file.size or 0 for file in files):,} bytes and {rest:,} folders and links"
