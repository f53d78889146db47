"""The check `postgres-content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.content_check import ContentCheck
from orchestrator.postgresql.reading import take

if TYPE_CHECKING:
    from orchestrator.core.content import Content
    from orchestrator.core.lab import Lab


class PostgresContent(ContentCheck):
    """Compare everything a PostgreSQL cluster holds with what it held at the end of `protect`.

    Rows by count and hash, read from the tables themselves in one snapshot a database; columns, constraints, indexes,
    views, functions, triggers, policies, privileges, extensions, large objects, roles and settings by definition. A
    sequence may have gone on, never back: after a crash it skips numbers. It does not read indexes: postgres-amcheck
    does. The ledger's rows are left out, for the ledger judges them one by one, and so are rows of unlogged tables.
    A logical restore refreshes materialised views: exclude those that are not up to date. Between two majors, the
    wording of views' queries and rules and the versions of extensions are not compared.
    """

    example: ClassVar[str] = "postgres-content: {service: db, exclude: [public.sessions]}"
    proves: ClassVar[str] = "All that was protected is there again, row for row, and nothing else is."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Rows of excluded and of unlogged tables, and databases that allow no connections.",
        "Comments, security labels, operator classes and text search dictionaries.",
        "Foreign servers and the server's configuration files.",
    )

    def take(self, lab: Lab) -> Content:
        """Read the whole cluster as the application's role."""
        return take(lab.access(self.service), self.exclude)
