"""The check `postgres-content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.postgresql.content import Content, differences
from orchestrator.postgresql.reading import take
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

NAMED = 20
LONGEST = 300
"""A function's name holds all its arguments' types: evidence names so many characters of it."""


class PostgresContent(Check):
    """Compare everything a PostgreSQL cluster holds with what it held at the end of `protect`.

    Rows by count and hash, read from the tables themselves in one snapshot a database; columns, constraints, indexes,
    views, functions, triggers, policies, privileges, extensions, large objects, roles and settings by definition. A
    sequence may have gone on, never back: after a crash it skips numbers. It does not read indexes: postgres-amcheck
    does. The ledger's rows are left out, for the ledger judges them one by one, and so are rows of unlogged tables.
    A logical restore refreshes materialised views: exclude those that are not up to date. Between two majors, the
    wording of views' queries and rules and the versions of extensions are not compared.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-content: {service: db, exclude: [public.sessions]}"
    proves: ClassVar[str] = "All that was protected is there again, row for row, and nothing else is."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Rows of excluded and of unlogged tables, and databases that allow no connections.",
        "Comments, security labels, operator classes and text search dictionaries.",
        "Foreign servers and the server's configuration files.",
    )

    service: str = Field(description="The service to compare.")
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Tables (schema.table, * matches any) whose rows change between `protect` and the disaster.",
    )

    def remember(self, lab: Lab) -> None:
        """Take the manifest; raises StepFailedError when anything of the healthy system cannot be read."""
        content = take(lab.access(self.service), self.exclude)
        if content.errors:
            raise StepFailedError(f"{self.service}: its content cannot be read: {content.errors[0]}")
        lab.remember(self.memory, self.service, content.model_dump(mode="json"), _amount(content))

    def look(self, lab: Lab) -> list[Finding]:
        """Take the manifest again and compare; unknown only where none was remembered."""
        remembered = lab.remembered(self.memory, self.service)
        if remembered is None:
            says = f"{self.service}: nothing was remembered before the disaster to compare with"
            return [Finding(name=self.kind, state=State.UNKNOWN, says=says)]
        try:
            recovered = take(lab.access(self.service), self.exclude)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._compared(Content.model_validate(remembered), recovered)]

    def _compared(self, before: Content, after: Content) -> Finding:
        different = [_bounded(says) for says in differences(before, after)]
        left_out = {"excluded": list(after.excluded), "closed": list(after.closed)}
        seen = {**after.totals, **left_out, "differences": different[:NAMED]}
        if not different:
            says = f"{self.service}: {_amount(after)} are as they were"
            return Finding(name=self.kind, state=State.HELD, says=says, seen=seen)
        more = len(different) - NAMED
        if more > 0:
            seen["further_differences"] = more
        says = f"{self.service}: {different[0]}" + (
            f", and {len(different) - 1} more differences" if different[1:] else ""
        )
        return Finding(name=self.kind, state=State.VIOLATED, says=says, seen=seen)


def _bounded(says: str) -> str:
    return says if len(says) <= LONGEST else f"{says[:LONGEST]}…"


def _amount(content: Content) -> str:
    totals = content.totals
    return f"{totals['rows']:,} rows of {totals['tables']:,} tables and {totals['objects']:,} definitions"
