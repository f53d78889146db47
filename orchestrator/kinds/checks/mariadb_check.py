"""The check `mariadb-check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.mariadb import root
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

NAMED = 20
LONGEST_S = 3600.0
# With the answer that engines give which keep nothing to be verified, such as MEMORY.
SOUND = ("OK", "Table is already up to date", "The storage engine for the table doesn't support check")
TABLES = """
    SELECT CONCAT('`', REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '`')
    FROM information_schema.TABLES
    WHERE table_type IN ('BASE TABLE', 'SEQUENCE', 'SYSTEM VERSIONED')
      AND table_schema NOT IN ('information_schema', 'performance_schema')
    ORDER BY 1
"""


class MariadbCheck(Check):
    """Let MariaDB verify every page of every table, and that every index leads to the rows that are there.

    In all databases, system tables included, with CHECK TABLE … EXTENDED. Finds a damaged index, which no comparison of
    rows can. Does not compare values with what they should be: mariadb-content does.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "mariadb-check: db"
    proves: ClassVar[str] = "Tables and their indexes are sound."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Pages on disk that the server's cache holds are as sound as those in it.",
    )

    service: str = Field(description="The service to verify.")

    def look(self, lab: Lab) -> list[Finding]:
        """Verify every table; violated too where the server breaks off."""
        try:
            tables = [str(table) for (table,) in root.ask(lab, self.service, TABLES)]
            told = root.ask(lab, self.service, f"CHECK TABLE {', '.join(tables)} EXTENDED", timeout_s=LONGEST_S)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        problems = [f"{table}: {says}" for table, _, _, says in told if says not in SOUND]
        seen = {"tables": len(tables), "problems": problems[:NAMED]}
        if problems:
            says = f"{self.service}: {problems[0]}"
            return [Finding(name=self.kind, state=State.VIOLATED, says=says, seen=seen)]
        return [
            Finding(name=self.kind, state=State.HELD, says=f"{self.service}: {len(tables)} tables verified", seen=seen)
        ]
