"""The sabotage `archive-nothing`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import suiting
from orchestrator.postgresql.repository import FOLDER, Repository

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Self

    from orchestrator.core.drill import Drill, Expect
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.2
SEGMENT = re.compile(r"[0-9A-F]{24}")
# A real setting with a real trap: past this much waiting WAL pgBackRest reports success and drops the segment.
DROP = b"[global:archive-push]\narchive-push-queue-max=0\n"
WRITE = ["sh", "-c", "mkdir -p /etc/pgbackrest/conf.d && cat > /etc/pgbackrest/conf.d/archive-nothing.conf"]
ARCHIVED = "SELECT archived_count, failed_count, coalesce(last_archived_wal, '') FROM pg_stat_archiver"


def is_missing(archived: str, segments: Collection[str]) -> bool:
    """Return whether what counts as archived is a segment, and not there; histories of backups are archived too."""
    return SEGMENT.fullmatch(archived) is not None and archived not in segments


class ArchiveNothing(Sabotage):
    """Let continuous archiving with pgBackRest report success and store nothing, as a full queue does.

    Confirmed by a segment that the server counts as archived, without a failure, and that is not in the repository.
    The setting lies in the container's own layer: a replaced container archives again.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "archive-nothing: db"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose archiving is spoilt.")
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default=FOLDER, description="The repository's folder in the container.")
    within: Duration = Field(default=20.0, gt=0, description="Longest time until a segment must have been archived.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from a pgBackRest repository, where lost WAL can be told."""
        for service in suiting.backed_up_servers(drill, "pgbackrest", FOLDER):
            for expect in suiting.without_wal(drill):
                yield cls(service=service, stanza=suiting.stanza(drill, service)), expect

    def spoil(self, lab: Lab) -> Finding:
        """Spoil the configuration and wait for the first segment that vanishes, then until that is too much."""
        repository = Repository(lab, self.service, self.stanza, self.repository)
        _, failed_before, newest_before = self._archived(lab)
        done = lab.execute(self.service, WRITE, user="root", stdin=DROP)
        if done.exit_code != 0:
            raise StepFailedError(f"{self.service}: cannot write pgBackRest's configuration: {done.output.strip()}")
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while lab.clock.monotonic_ns() < deadline:
            count, failed, newest = self._archived(lab)
            if newest != newest_before and is_missing(str(newest), repository.segments()):
                self._outlast_the_promise(lab)
                return self.confirmation(
                    f"{self.service}: segment {newest} counts as archived and is not in the repository",
                    matters=failed == failed_before,
                    seen={"archived": count, "failed": failed, "segment": newest},
                )
            lab.clock.sleep(POLL_S)
        says = f"{self.service}: no segment vanished within {self.within:g} s"
        return self.confirmation(says, matters=False, seen={})

    def _outlast_the_promise(self, lab: Lab) -> None:
        """Wait as long as steady is too short for more to be lost than was promised."""
        drill = lab.loaded.drill
        lab.clock.sleep(max(0.0, (suiting.promised_loss(drill) or 0.0) - drill.steady.wait))

    def _archived(self, lab: Lab) -> tuple[object, ...]:
        return lab.sql(self.service, ARCHIVED)[0]
