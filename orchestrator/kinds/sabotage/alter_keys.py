"""The sabotage `alter-keys`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, get_args

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.keyspace import suiting
from orchestrator.keyspace.altering import How, alter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class AlterKeys(Sabotage):
    """Delete keys of a Redis after its recovery, or give them another value or a later expiry.

    What a snapshot of another moment or a lost part of the append-only files leaves. Confirmed by the number of keys
    that it hit, all of them such as redis-content compares.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "alter-keys: {service: cache, how: delete, keys: 3}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service whose keys are altered.")
    how: How = Field(description="What is done to the keys; `value` to strings only.")
    keys: int = Field(default=1, ge=1, description="How many keys.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each way for every server whose keys are compared."""
        for service in suiting.compared(drill):
            for how in get_args(How):
                yield cls(service=service, how=how), Expect.failed_by(suiting.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the service's keys."""
        if not suiting.comparing(drill, self.service):
            yield "service", f"no {suiting.CONTENT} compares {self.service}, so what is done to it need not matter"

    def spoil(self, lab: Lab) -> Finding:
        """Alter, and count."""
        checks = suiting.comparing(lab.loaded.drill, self.service)
        excluded = tuple(pattern for check in checks for pattern in check.model_dump()["exclude"])
        hit = alter(lab.access(self.service), self.how, self.keys, excluded)
        return self.confirmation(
            f"{self.service}: {self.how} hit {hit} keys",
            matters=hit == self.keys,
            seen={"how": self.how, "keys": hit},
        )
