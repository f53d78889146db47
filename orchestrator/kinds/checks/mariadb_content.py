"""The check `mariadb-content`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from orchestrator.core.content_check import ContentCheck
from orchestrator.mariadb import root

if TYPE_CHECKING:
    from orchestrator.core.content import Content
    from orchestrator.core.lab import Lab


class MariadbContent(ContentCheck):
    """Compare everything a MariaDB server holds with what it held at the end of `protect`.

    Rows by count and hash, read from the tables themselves in one snapshot; columns, keys, constraints, views,
    routines, triggers, events, users and their privileges by definition. A sequence or an AUTO_INCREMENT may have gone
    on, never back. It does not read indexes. The ledger's rows are left out, for the ledger judges them one by one.
    """

    example: ClassVar[str] = "mariadb-content: {service: db, exclude: [shop.sessions]}"
    proves: ClassVar[str] = "All that was protected is there again, row for row, and nothing else is."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Rows of excluded tables, and what system-versioned tables held before.",
        "Users' passwords are those of before: their hashes have no salt and are left out.",
        "AUTO_INCREMENT goes on past numbers whose rows were deleted: it is compared behind the highest that is there.",
        "Plugins, foreign servers and the server's configuration files.",
    )

    def take(self, lab: Lab) -> Content:
        """Read everything as root, for the application's role may see its own database only."""
        # Its driver takes a tenth of a second to import, which every drill would pay.
        from orchestrator.mariadb.reading import take

        return take(root.access(lab, self.service, "mysql"), self.exclude)
