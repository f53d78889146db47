"""The part of every check of content that does not depend on the software: remember, compare, and tell what differs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import comparing
from orchestrator.core.content import Content, Database, differences
from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class ContentCheck(Check):
    """Compare everything a service holds with what it held at the end of `protect`."""

    main: ClassVar[str] = "service"

    service: str = Field(description="The service to compare.")
    exclude: tuple[str, ...] = Field(
        default=(),
        description="Tables (schema.table, * matches any) whose rows change between `protect` and the disaster.",
    )

    @abstractmethod
    def take(self, lab: Lab) -> Content:
        """Read what the service holds; raises NotReadyError or StepFailedError when nothing of it can be read."""

    def remember(self, lab: Lab) -> None:
        """Take the manifest; raises StepFailedError when anything of the healthy system cannot be read."""
        content = self.take(lab)
        if content.errors:
            raise StepFailedError(f"{self.service}: its content cannot be read: {content.errors[0]}")
        lab.remember(self.memory, self.service, content.model_dump(mode="json"), _amount(content))

    def look(self, lab: Lab) -> list[Finding]:
        """Take the manifest again and compare; unknown only where none was remembered."""
        remembered = lab.remembered(self.memory, self.service)
        if remembered is None:
            return [comparing.nothing_remembered(self.kind, self.service)]
        try:
            recovered = self.take(lab)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._compared(Content.model_validate(remembered), recovered)]

    def _compared(self, before: Content, after: Content) -> Finding:
        seen = {**after.totals, "excluded": list(after.excluded), "closed": list(after.closed)}
        return comparing.compared(self.kind, self.service, _amount(after), differences(before, after), seen)


def remembered_databases(lab: Lab, check: str, service: str, database: str) -> list[Database]:
    """Return what each check of this kind remembers of one database of a service."""
    checks = (one for one in lab.loaded.drill.checks if one.kind == check and service in one.services())
    memories = (lab.remembered(one.memory, service) for one in checks)
    contents = [Content.model_validate(memory) for memory in memories if memory is not None]
    return [content.databases.get(database, Database()) for content in contents]


def largest_tables(lab: Lab, check: str, service: str, database: str) -> list[str]:
    """Return the tables of a database whose rows are compared, the largest first.

    Raises StepFailedError when there are none.
    """
    databases = remembered_databases(lab, check, service, database)
    sizes = [(-rows.count, name) for database in databases for name, rows in database.tables.items()]
    found = [name for size, name in sorted(sizes) if size]
    if not found:
        raise StepFailedError(f"{service}: {check} compares no rows in it, so there is no table to spoil")
    return found


def _amount(content: Content) -> str:
    totals = content.totals
    return f"{totals['rows']:,} rows of {totals['tables']:,} tables and {totals['objects']:,} definitions"
