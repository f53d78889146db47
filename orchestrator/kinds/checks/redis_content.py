"""The check `redis-content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import comparing
from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.keyspace.content import Content, differences
from orchestrator.keyspace.reading import take
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class RedisContent(Check):
    """Compare every key that a Redis holds with what it held at the end of `protect`: type, value and expiry.

    Sets and hashes are compared in no order, streams with how far their groups have read; functions by their code. What
    has expired since may be gone. The drill's own keys (drillmaster:*) are left out, for the ledger judges its writes
    one by one. Keys are told by number and by what stands before their first colon, never by name or value.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "redis-content: {service: cache, exclude: ['visits:*']}"
    proves: ClassVar[str] = "All keys that were protected are there again with their values, and no others are."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Excluded keys, and keys that expired before they could be compared.",
        "Users, access lists and the server's configuration, which Redis keeps apart from its keys.",
    )

    service: str = Field(description="The service to compare.")
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Keys (* matches any text) that change between `protect` and the disaster.",
    )
    expiry: Duration = Field(default=1.0, description="How much earlier or later than before a key may expire.")

    def remember(self, lab: Lab) -> None:
        """Take the manifest; raises StepFailedError when anything of the healthy system cannot be read."""
        content = take(lab.access(self.service), self.exclude)
        lab.remember(self.memory, self.service, content.model_dump(mode="json"), _amount(content))

    def look(self, lab: Lab) -> list[Finding]:
        """Take the manifest again and compare; unknown only where none was remembered."""
        remembered = lab.remembered(self.memory, self.service)
        if remembered is None:
            return [comparing.nothing_remembered(self.kind, self.service)]
        try:
            after = take(lab.access(self.service), self.exclude)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        different = differences(Content.model_validate(remembered), after, round(self.expiry * 1000))
        seen = {**after.totals, "excluded": list(after.excluded)}
        return [comparing.compared(self.kind, self.service, _amount(after), different, seen)]


def _amount(content: Content) -> str:
    totals = content.totals
    return (
        f"{totals['keys']:,} keys of {totals['databases']} databases and {totals['functions']} libraries of functions"
    )
