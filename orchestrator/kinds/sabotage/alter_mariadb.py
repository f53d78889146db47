"""The sabotage `alter-mariadb`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, get_args

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.mariadb import suiting
from orchestrator.mariadb.altering import How, alter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class AlterMariadb(Sabotage):
    """Take one row, one index or one privilege from a recovered MariaDB, or give one row another value.

    What a restore of an older state, a dump without its grants or a damaged page leaves. Hit is the largest table that
    mariadb-content compares and that has such a thing. Confirmed by what the server tells of it before and after.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "alter-mariadb: {service: db, how: index}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service that is altered.")
    how: How = Field(description="What is taken away, or altered: a `value` that no index holds.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each way for every server whose content is compared."""
        for service in suiting.compared(drill):
            for how in get_args(How):
                yield cls(service=service, how=how), Expect.failed_by(suiting.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the service's content."""
        if self.service not in suiting.compared(drill):
            yield "service", f"no {suiting.CONTENT} compares {self.service}, so what is done to it need not matter"

    def spoil(self, lab: Lab) -> Finding:
        """Alter, and ask the server again; raises StepFailedError where there is nothing to alter."""
        what, altered = alter(lab, self.service, self.how)
        return self.confirmation(
            f"{self.service}: {what} is not as it was", matters=altered, seen={"how": self.how, "what": what}
        )
