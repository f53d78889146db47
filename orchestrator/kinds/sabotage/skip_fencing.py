"""The sabotage `skip-fencing`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import processes
from orchestrator.postgresql.standbys import fails_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class SkipFencing(Sabotage):
    """Say that the old primary is switched off while it goes on serving: the fail-over does not stop it.

    Playbooks are told `fenced: true`. Confirmed by clients' sessions that the old primary still has.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "skip-fencing: db"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    service: str = Field(description="The old primary.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it where a half-dead primary is failed over from: only there clients can go on writing to it."""
        for disaster in drill.disaster:
            if disaster.kind == "hang-postmaster" and fails_over(drill):
                for service in disaster.services():
                    yield cls(service=service), Expect.failed_by("no-split-brain")

    def spoil(self, lab: Lab) -> Finding:
        """Tell playbooks so, and count who is still in."""
        lab.handed_back["fenced"] = True
        left = len(processes.sessions(lab, self.service)) if lab.is_running(self.service) else 0
        says = f"{self.service}: is said to be switched off, and has {left} sessions of clients"
        return self.confirmation(says, matters=left > 0, seen={"sessions": left})
