"""The check `postgres-restored`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.kind import Check
from orchestrator.postgresql.counting import tables
from orchestrator.postgresql.session import databases
from reports.facts.events import Finding, State
from reports.words import counted

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.counting import Table

NAMED = 50
SERVER = "SELECT system_identifier::text FROM pg_control_system()"


class PostgresRestored(Check):
    """Read every table of every database to its last row, count, and see that it is the server the backup is of.

    Violated when there is no user's table, when not one of them has a row, when one that is named in `filled` has none,
    or when a table cannot be read. For backups that were there already: there is nothing of before to compare rows
    with.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-restored: {service: db, filled: [public.orders]}"
    proves: ClassVar[str] = "Every recovered table can be read to its last row, and there are rows."
    not_proven: ClassVar[tuple[str, ...]] = (
        "That the recovered rows are the right ones: they were read and counted, with nothing to compare them with.",
    )

    service: str = Field(description="The service to read.")
    filled: tuple[str, ...] = Field(
        default=(), description="Tables of the service's database, as schema.table, that must have rows."
    )

    def look(self, lab: Lab) -> list[Finding]:
        """Read everything; violated with the server's message, or with what is missing."""
        try:
            access = lab.access(self.service)
            found = [table for name in databases(access) for table in tables(access, name)]
            [(server,)] = lab.sql(self.service, SERVER)
        except (NotReadyError, StepFailedError) as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=error.message)]
        return [self._judged(lab, found, str(server))]

    def _judged(self, lab: Lab, found: list[Table], server: str) -> Finding:
        rows, size = sum(table.rows for table in found), sum(table.size for table in found)
        largest = sorted(found, key=lambda table: table.size, reverse=True)[:NAMED]
        seen: dict[str, object] = {
            "tables": len(found),
            "rows": rows,
            "bytes": size,
            "server": server,
            "rows_of": {table.name: table.rows for table in largest},
        }
        expected = lab.handed_back.get("existing", {}).get("server")
        if expected and server != expected:
            return self._finding(State.VIOLATED, f"this is server {server}, and the backup is of {expected}", seen)
        database = lab.access(self.service).database
        counts = {table.name: table.rows for table in found}
        empty = [name for name in self.filled if not counts.get(f"{database}: {name}")]
        if empty:
            return self._finding(State.VIOLATED, f"no row in {', '.join(empty)}, or no such table", seen)
        if not rows:
            return self._finding(State.VIOLATED, f"{counted(len(found), 'table')}, and not one row", seen)
        says = f"{counted(len(found), 'table')} read to the last row: {rows:,} rows, {size:,} bytes with indexes"
        return self._finding(State.HELD, says, seen)

    def _finding(self, state: State, says: str, seen: dict[str, object]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)
