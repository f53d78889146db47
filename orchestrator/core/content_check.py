"""The part of every check of content that does not depend on the software: remember, compare, and tell what differs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import comparing
from orchestrator.core.content import Content, differences
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


def _amount(content: Content) -> str:
    totals = content.totals
    return f"{totals['rows']:,} rows of {totals['tables']:,} tables and {totals['objects']:,} definitions"
