"""The sabotage `tamper-files`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.filetree import compared
from orchestrator.filetree.tree import Question, Tree, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

How = Literal["remove", "alter", "permissions", "owner"]
HOWS: tuple[How, ...] = ("remove", "alter", "permissions", "owner")
LOOK_WITHIN_S = 10.0
# Given the path. One bit of the first byte changes; neither size nor time tells.
ALTER = """
import os, sys
was = os.stat(sys.argv[1])
with open(sys.argv[1], "r+b") as file:
    first = file.read(1)[0]
    file.seek(0)
    file.write(bytes([first ^ 1]))
os.utime(sys.argv[1], ns=(was.st_atime_ns, was.st_mtime_ns))
"""
TAMPER: dict[How, tuple[str, ...]] = {
    "remove": ("rm",),
    "alter": ("python3", "-c", ALTER),
    "permissions": ("chmod", "a+rwx,u+s"),
    "owner": ("chown", "54321:54321"),
}


class TamperFiles(Sabotage):
    """Remove a file that was recovered, alter one bit of it, open it to everybody, or give it to somebody else.

    What a restore that is only half done, or done as the wrong user, leaves. Of an altered file neither the size nor
    the time of its last change tells. The file is drawn from those that files-content compares; confirmed by what is at
    its path before and after.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "tamper-files: {service: files, how: alter}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service whose files are tampered with.")
    how: How = Field(description="What is done to the file.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each way for each service whose files are compared by name."""
        for service in compared.services(drill):
            for how in HOWS:
                yield cls(service=service, how=how), Expect.failed_by(compared.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the files."""
        yield from compared.mistakes(drill, self.service)

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it looks at the file, and alters it."""
        return (Need(self.service, "python3"),)

    def spoil(self, lab: Lab) -> Finding:
        """Tamper with one file, and look at it before and after; raises StepFailedError when none is compared."""
        known = sorted(path for path, entry in compared.files(lab, self.service).items() if entry.size)
        if not known:
            raise StepFailedError(f"{self.service}: no file with any content is compared")
        path = lab.random.choice(known)
        before = self._seen(lab, path)
        lab.execute(self.service, [*TAMPER[self.how], path])
        after = self._seen(lab, path)
        return self.confirmation(
            f"{self.service}: {path} was met by {self.how}",
            matters=before is not None and before != after,
            seen={"how": self.how, "path": path, "there_after": after is not None},
        )

    def _seen(self, lab: Lab, path: str) -> Tree | None:
        key = lab.secrets.value(self.service, self.memory).encode().hex()
        try:
            return take(lab, Question(self.service, path, (), names=True, key=key), LOOK_WITHIN_S)
        except StepFailedError:
            return None
