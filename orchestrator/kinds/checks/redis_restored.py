"""The check `redis-restored`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.keyspace.reading import take
from reports.facts.events import Finding, State
from reports.words import counted

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.keyspace.content import Content

NAMED = 50


class RedisRestored(Check):
    """Read every key of every database with its value, and count them by what stands before their first colon.

    Violated when there is not one key, when a group that is named in `filled` has none, or when a key cannot be read.
    For backups that were there already: there is nothing of before to compare values with.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "redis-restored: {service: cache, filled: ['session:*']}"
    proves: ClassVar[str] = "Every recovered key can be read, and there are keys."
    not_proven: ClassVar[tuple[str, ...]] = (
        "That the recovered values are the right ones: they were read and counted, with nothing to compare them with.",
        "Keys that had expired by then: Redis leaves them out as it loads.",
    )

    service: str = Field(description="The service to read.")
    filled: tuple[str, ...] = Field(
        default=(),
        description="Groups that must have keys: what stands before the first colon, and `:*`.",
    )

    def look(self, lab: Lab) -> list[Finding]:
        """Read everything; violated with the server's message, or with what is missing."""
        try:
            content = take(lab.access(self.service), ())
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._judged(content)]

    def _judged(self, content: Content) -> Finding:
        groups = {
            f"db{database}: {group}": len(keys)
            for database, groups in content.databases.items()
            for group, keys in groups.items()
        }
        largest = sorted(groups, key=lambda name: -groups[name])[:NAMED]
        seen: dict[str, object] = {**content.totals, "keys_of": {name: groups[name] for name in largest}}
        there = {group for database in content.databases.values() for group in database}
        if empty := [group for group in self.filled if group not in there]:
            return self._finding(State.VIOLATED, f"no key of {', '.join(empty)}", seen)
        if not groups:
            return self._finding(State.VIOLATED, "not one key", seen)
        says = f"{counted(content.totals['keys'], 'key')} read, of {counted(len(groups), 'group')}"
        return self._finding(State.HELD, says, seen)

    def _finding(self, state: State, says: str, seen: dict[str, object]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)
