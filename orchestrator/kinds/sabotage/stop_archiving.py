"""The sabotage `stop-archiving`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import inside

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.2
# A segment's name, in a pgBackRest repository followed by a digest; and the name of a backup's history file, which
# begins with that of the first segment the backup needs.
SEGMENT = re.compile(r"/([0-9A-F]{24})(?:-[0-9a-f]{40}(?:\.\w+)?)?$")
HISTORY = re.compile(r"/([0-9A-F]{24})\.[0-9A-F]{8}\.backup$")
ARCHIVED = """
    SELECT last_archived_wal, coalesce(last_failed_time < last_archived_time, true) FROM pg_stat_archiver
"""


class StopArchiving(Sabotage):
    """Let the archive end some seconds before the disaster, as the stalled copy of a repository does.

    The WAL archived since is taken away again, from a pgBackRest repository or a plain folder; the server counts all of
    it as archived, and nothing as failed. Confirmed by that, by segments that are left after the newest backup's first,
    and by the time being longer than the RPO.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stop-archiving: {service: db, ago: 8s}"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    service: str = Field(description="The service whose archive is stale.")
    ago: Duration = Field(default=8.0, gt=0, description="How long before the disaster the archive ends.")
    archive: str = Field(default="/var/lib/pgbackrest/archive", description="The archive's folder in the container.")

    within: Duration = Field(default=20.0, gt=0, description="Longest time until a segment must have been archived.")

    def spoil(self, lab: Lab) -> Finding:
        """Take away what was archived since, and look at both sides."""
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while not (young := self._named(lab, SEGMENT, "-newermt", f"-{self.ago:g} seconds")):
            if lab.clock.monotonic_ns() > deadline:
                says = f"{self.service}: no segment was archived within {self.within:g} s"
                return self.confirmation(says, matters=False, seen={})
            lab.clock.sleep(POLL_S)
        inside.run(lab, self.service, ["rm", "--force", *young.values()])
        # What is archived meanwhile lies behind the gap: recovery never gets there.
        left = max((segment for segment in self._named(lab, SEGMENT) if segment < min(young)), default="")
        begun = max(self._named(lab, HISTORY), default="")
        [(archived, green)] = lab.sql(self.service, ARCHIVED)
        rpo = lab.loaded.drill.objectives.rpo
        return self.confirmation(
            f"{self.service}: the archive ends with {left}; the server has archived {archived}",
            matters=green is True and begun < left < str(archived) and rpo != "none" and self.ago > rpo,
            seen={"gone": sorted(young), "left": left, "archived": archived, "backup_start": begun},
        )

    def _named(self, lab: Lab, name: re.Pattern[str], *which: str) -> dict[str, str]:
        found = inside.files(lab, self.service, self.archive, *which)
        return {match[1]: file for file in found if (match := name.search(file))}
