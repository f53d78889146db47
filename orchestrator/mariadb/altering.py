"""What a MariaDB holds, altered behind everybody's back: what a recovery that loses or damages single things leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator.core.content_check import largest_tables
from orchestrator.core.errors import StepFailedError
from orchestrator.mariadb import root, suiting

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

OfATable = Literal["row", "value", "index"]
How = Literal[OfATable, "privilege"]
CHOOSE: dict[OfATable, str] = {
    "row": "SELECT ''",
    # A number that no index holds: what only a comparison of rows can miss.
    "value": """
        SELECT column_name FROM information_schema.COLUMNS AS c
        WHERE table_schema = '{database}' AND table_name = '{table}' AND extra = ''
          AND data_type IN ('int', 'bigint', 'decimal', 'double')
          AND NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS AS s
                          WHERE s.table_schema = c.table_schema AND s.table_name = c.table_name
                            AND s.column_name = c.column_name)
        ORDER BY ordinal_position LIMIT 1
    """,
    # One that no foreign key needs: those begin with its column.
    "index": """
        SELECT index_name FROM information_schema.STATISTICS AS s
        WHERE table_schema = '{database}' AND table_name = '{table}' AND non_unique AND seq_in_index = 1
          AND NOT EXISTS (SELECT 1 FROM information_schema.KEY_COLUMN_USAGE AS k
                          WHERE k.table_schema = s.table_schema AND k.table_name = s.table_name
                            AND k.column_name = s.column_name AND k.referenced_table_name IS NOT NULL)
        ORDER BY index_name LIMIT 1
    """,
}
"""What of a table is altered."""
ALTER: dict[OfATable, str] = {
    "row": "DELETE FROM `{table}` LIMIT 1",
    "value": "UPDATE `{table}` SET `{chosen}` = `{chosen}` + 1 WHERE `{chosen}` IS NOT NULL LIMIT 1",
    "index": "DROP INDEX `{chosen}` ON `{table}`",
}
"""What is done to it."""
TELL: dict[OfATable, str] = {
    "row": "SELECT COUNT(*) FROM `{table}` USE INDEX ()",
    "value": "SELECT SUM(`{chosen}`) FROM `{table}`",
    "index": """
        SELECT COUNT(*) FROM information_schema.STATISTICS
        WHERE table_schema = '{database}' AND table_name = '{table}' AND index_name = '{chosen}'
    """,
}
"""What tells that it was done."""


def alter(lab: Lab, service: str, how: How) -> tuple[str, bool]:
    """Alter one thing in the service's database; return what it was, and whether the server tells it otherwise since.

    Raises StepFailedError with the server's message, or where there is nothing of the kind.
    """
    return _without_privilege(lab, service) if how == "privilege" else _table_altered(lab, service, how)


def _table_altered(lab: Lab, service: str, how: OfATable) -> tuple[str, bool]:
    database = lab.service(service).database
    for table in largest_tables(lab, suiting.CONTENT, service, database):
        for (chosen,) in root.ask(lab, service, CHOOSE[how].format(database=database, table=table)):
            names = {"database": database, "table": table, "chosen": chosen}
            tell = TELL[how].format(**names)
            before = root.ask(lab, service, tell)
            root.ask(lab, service, ALTER[how].format(**names))
            return " ".join(filter(None, [how, str(chosen), "of", table])), root.ask(lab, service, tell) != before
    raise StepFailedError(f"{service}: no table of {database} has one {how} that could be altered")


def _without_privilege(lab: Lab, service: str) -> tuple[str, bool]:
    declared = lab.service(service)
    role, database = f"'{declared.user}'@'%'", declared.database
    before = root.ask(lab, service, f"SHOW GRANTS FOR {role}")
    # One that no application asks for while it runs.
    root.ask(lab, service, f"REVOKE TRIGGER ON `{database}`.* FROM {role}")
    return f"privilege TRIGGER of {declared.user}", root.ask(lab, service, f"SHOW GRANTS FOR {role}") != before
