"""Sabotage of the WAL between a backup and the disaster: what a recovery to the latest state does without, silently."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from pydantic import Field

from orchestrator.core.kind import Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.postgresql import suiting
from orchestrator.postgresql.repository import FOLDER, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill, Expect
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.repository import Gap
    from reports.facts.events import Finding


class SpoiltArchive(Sabotage):
    """Something done to the first segment in a pgBackRest archive that lies wholly after the newest backup."""

    service: str = Field(description="The service whose archive is spoilt.")
    stanza: str = Field(default="main", description="The pgBackRest stanza.")
    repository: str = Field(default=FOLDER, description="The repository's folder in the container.")
    within: Duration = Field(default=20.0, gt=0, description="Longest time until there must be such a segment.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from a pgBackRest repository, where lost WAL can be told."""
        for service in suiting.backed_up_servers(drill, "pgbackrest", FOLDER):
            for expect in suiting.without_wal(drill):
                yield (
                    cls(service=service, stanza=suiting.stanza(drill, service), within=suiting.patience(drill)),
                    expect,
                )

    @abstractmethod
    def harm(self, lab: Lab, repository: Repository, gap: Gap) -> Finding:
        """Spoil the segment, look again, and return whether that is confirmed to matter."""

    def spoil(self, lab: Lab) -> Finding:
        """Wait for a segment that is older than the RPO and followed by another, and spoil it."""
        repository = Repository(lab, self.service, self.stanza, self.repository)
        age_s = suiting.promised_loss(lab.loaded.drill) or 0.0
        if gap := repository.segment_in_between(age_s, self.within):
            return self.harm(lab, repository, gap)
        says = f"{self.service}: no segment after the newest backup was {age_s:g} s old and followed by another"
        return self.confirmation(says, matters=False, seen={})
