"""The sabotage `stop-archiving`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import base_backups, inside, repository, suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill, Expect
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.suiting import Tool
    from reports.facts.events import Finding

POLL_S = 0.2
# A segment's name, in a pgBackRest repository followed by a digest; and the name of a backup's history file, which
# begins with that of the first segment the backup needs.
SEGMENT = re.compile(r"/([0-9A-F]{24})(?:-[0-9a-f]{40}(?:\.\w+)?)?$")
HISTORY = re.compile(r"/([0-9A-F]{24})\.[0-9A-F]{8}\.backup$")
ARCHIVED = """
    SELECT last_archived_wal, coalesce(last_failed_time < last_archived_time, true) FROM pg_stat_archiver
"""


ARCHIVES: dict[Tool, str] = {"pgbackrest": repository.FOLDER, "base-backup": base_backups.FOLDER}


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
    archive: str = Field(default=f"{repository.FOLDER}/archive", description="The archive's folder in the container.")
    within: Duration = Field(
        default=20.0, gt=0, description="Longest time until segments must have been archived before and since."
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield a little more than the RPO for every server that replays an archive, where lost WAL can be told."""
        if (rpo := suiting.promised_loss(drill)) is None:
            return
        for tool, folder in ARCHIVES.items():
            for service in suiting.backed_up_servers(drill, tool, folder):
                stale = cls(
                    service=service, ago=f"{rpo + 2:g}s", archive=f"{folder}/archive", within=suiting.patience(drill)
                )
                for expect in suiting.without_wal(drill):
                    yield stale, expect

    def spoil(self, lab: Lab) -> Finding:
        """Take away what was archived since, and look at both sides."""
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        begun, history = max(self._named(lab, HISTORY).items(), default=("", ""))
        while not (young := self._since(lab, history)):
            if lab.clock.monotonic_ns() > deadline:
                says = f"{self.service}: no segment was archived within {self.within:g} s"
                return self.confirmation(says, matters=False, seen={})
            lab.clock.sleep(POLL_S)
        inside.run(lab, self.service, ["rm", "--force", *young.values()])
        # What is archived meanwhile lies behind the gap: recovery never gets there.
        left = max((segment for segment in self._named(lab, SEGMENT) if segment < min(young)), default="")
        [(archived, green)] = lab.sql(self.service, ARCHIVED)
        rpo = lab.loaded.drill.objectives.rpo
        return self.confirmation(
            f"{self.service}: the archive ends with {left}; the server has archived {archived}",
            matters=green is True and begun < left < str(archived) and rpo != "none" and self.ago > rpo,
            seen={"gone": sorted(young), "left": left, "archived": archived, "backup_start": begun},
        )

    def _since(self, lab: Lab, history: str) -> dict[str, str]:
        """Return the segments to take away; none as long as there are none before them that the backup can do without.

        A backup's history file is archived after all that the backup itself needs.
        """
        young = self._named(lab, SEGMENT, "-newermt", f"-{self.ago:g} seconds")
        after_backup = self._named(lab, SEGMENT, *(["-newer", history] if history else []))
        return young if any(segment < min(young) for segment in after_backup if young) else {}

    def _named(self, lab: Lab, name: re.Pattern[str], *which: str) -> dict[str, str]:
        found = inside.files(lab, self.service, self.archive, *which)
        return {match[1]: file for file in found if (match := name.search(file))}
