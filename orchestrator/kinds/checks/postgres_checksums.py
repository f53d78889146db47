"""The check `postgres-checksums`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.postgresql.checksums import Verified, verify
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

NAMED = 20


class PostgresChecksums(Check):
    """Verify the checksum of every data page on disk, of all databases, while the server runs.

    Reads the files themselves, past the server's cache, which may hold a sound copy of a page that rotted below: no
    query and no amcheck would notice. It makes the server neither checkpoint nor switch its WAL, so it may be polled in
    `detect`. Says nothing of values that were wrong when they were written, nor of files that are missing.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-checksums: db"
    proves: ClassVar[str] = "Every data page on disk is as the server wrote it."
    not_proven: ClassVar[tuple[str, ...]] = (
        "What the medium holds beneath the operating system's cache: pages were verified as the system gave them.",
    )

    service: str = Field(description="The service to verify; its cluster needs data checksums.")

    def look(self, lab: Lab) -> list[Finding]:
        """Verify every page; violated with the damaged ones, or with the server's message.

        Raises CannotRunError where the cluster has no checksums or the server no pageinspect.
        """
        try:
            return [self._judged(verify(lab.access(self.service)))]
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]

    def _judged(self, verified: Verified) -> Finding:
        damaged = len(verified.damaged)
        seen = {"files": verified.files, "pages": verified.pages, "damaged": verified.damaged[:NAMED]}
        if damaged:
            state, says = State.VIOLATED, f"{damaged} of {verified.pages} pages are damaged: {verified.damaged[0]}"
        elif verified.pages:
            state, says = State.HELD, f"{verified.pages} pages in {verified.files} files verified"
        else:
            state, says = State.UNKNOWN, "there was no page to verify"
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)
