"""The disaster `hang-postmaster`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Disaster
from orchestrator.postgresql import processes
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class HangPostmaster(Disaster):
    """Freeze the process of a PostgreSQL server that lets clients in, and end every second session.

    Who is in goes on writing; who comes gets no answer, and neither does a health check. Proves that a server which is
    half dead is noticed, and really stopped before another takes its place: those who are in would go on writing to it
    beside the new one. Says nothing of a machine that hangs as a whole: pause-service does.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "hang-postmaster: db"
    proves: ClassVar[str] = "A server that lets nobody in any more, and goes on serving who is in, is recovered from."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A primary that its clients reach and its operators do not: it could be stopped from its own machine.",
    )

    service: str = Field(description="The service to freeze.")

    def inject(self, lab: Lab) -> str:
        """Freeze it, and end every second session; raises StepFailedError."""
        before = processes.sessions(lab, self.service)
        processes.freeze(lab, self.service)
        processes.end(lab, self.service, before[::2])
        return f"{self.service} lets nobody in any more; {len(before[::2])} of {len(before)} sessions were ended"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the process is frozen and sessions go on."""
        try:
            frozen, left = processes.is_frozen(lab, self.service), len(processes.sessions(lab, self.service))
        except StepFailedError as error:
            return Finding(name="disaster-confirmed", state=State.VIOLATED, says=error.message)
        door = "lets nobody in any more" if frozen else "still lets clients in"
        return Finding(
            name="disaster-confirmed",
            state=State.HELD if frozen and left else State.VIOLATED,
            says=f"{self.service}: it {door}, and {left} sessions go on",
            seen={"frozen": frozen, "sessions": left},
        )
