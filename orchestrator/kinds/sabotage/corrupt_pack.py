"""The sabotage `corrupt-pack`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core.corruption import corrupt
from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.core.software_port import DataFile
from orchestrator.filetree import compared, restic
from orchestrator.filetree.restic import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

PAGE = 4096


class CorruptPack(Sabotage):
    """Put another byte into the largest pack of a restic repository that holds a part of a compared file.

    What a rotten disk under the backups leaves. Every byte of a pack counts, for it is encrypted and sealed as a whole.
    Confirmed by the byte on disk, and by the compared files that restic says it holds.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "corrupt-pack: files"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose repository is spoilt.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each service that is restored from a repository and whose files are compared."""
        for service in restic.restored(drill):
            if service in compared.services(drill):
                yield cls(service=service), Expect.failed_by("recovery-step")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the files."""
        yield from compared.mistakes(drill, self.service)

    def needs(self) -> tuple[Need, ...]:
        """Return restic: it tells which files a pack holds."""
        return (Need(self.service, "restic"),)

    def spoil(self, lab: Lab) -> Finding:
        """Put the byte, and look again; raises StepFailedError when no pack holds a compared file."""
        pack, size, held = self._chosen(lab)
        done = corrupt(lab, self.service, DataFile(pack, PAGE, -(-size // PAGE)), 1)
        return self.confirmation(
            f"{self.service}: another byte is in a pack that holds something of {held} compared files",
            matters=done.is_there(lab, self.service),
            seen={"pack": pack, "at": done.at, "compared_files": held},
        )

    def _chosen(self, lab: Lab) -> tuple[str, int, int]:
        """Return a pack, its bytes, and how many compared files it holds something of."""
        repository, known = Repository(lab, self.service), compared.files(lab, self.service)
        for pack, size in repository.packs():
            if held := known.keys() & repository.files_in(pack):
                return pack, size, len(held)
        raise StepFailedError(f"{self.service}: no pack of its repository holds a file that is compared")
