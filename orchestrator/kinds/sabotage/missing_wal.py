"""The sabotage `missing-wal`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql.repository import Repository

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

POLL_S = 0.2


class MissingWal(Sabotage):
    """Remove from the pgBackRest archive the first WAL segment that lies wholly after the newest backup.

    Recovery to the latest state ends at the gap and promotes without a word. Confirmed by a later segment that is
    there: what it holds is out of reach now.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "missing-wal: db"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER

    service: str = Field(description="The service whose archive is spoilt.")
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default="/var/lib/pgbackrest", description="The repository's folder in the container.")
    within: Duration = Field(default=20.0, gt=0, description="Longest time until two segments must have been archived.")

    def spoil(self, lab: Lab) -> Finding:
        """Remove the segment once a later one is there too."""
        repository = Repository(lab, self.service, self.stanza, self.repository)
        stop = repository.newest_backup()["archive"]["stop"]
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        while len(after := self._after(repository, stop)) < 2 and lab.clock.monotonic_ns() < deadline:  # noqa: PLR2004
            lab.clock.sleep(POLL_S)
        if not after:
            says = f"{self.service}: no segment after {stop}, where the backup stops, was archived"
            return self.confirmation(says, matters=False, seen={"backup_stop": stop})
        missing, file = next(iter(after.items()))
        repository.run(["rm", file])
        left = list(self._after(repository, stop))
        return self.confirmation(
            f"{self.service}: segment {missing} is gone from the archive, {len(left)} later ones are there",
            matters=missing not in left and bool(left),
            seen={"backup_stop": stop, "missing": missing, "later": left},
        )

    @staticmethod
    def _after(repository: Repository, stop: str) -> dict[str, str]:
        return {name: file for name, file in repository.segments().items() if name > stop}
