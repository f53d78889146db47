"""The check `mariadb-content`: how a table's definition is taken apart. Its SQL: tests/real/test_mariadb.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.content import Content, Database, differences
from orchestrator.kinds.checks.mariadb_content import MariadbContent
from orchestrator.mariadb.reading import parts_of
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

ORDERS = """\
CREATE TABLE `orders` (
  `number` bigint(20) NOT NULL AUTO_INCREMENT,
  `odd``name` varchar(9) DEFAULT 'a,b',
  PRIMARY KEY (`number`),
  UNIQUE KEY `by_name` (`odd``name`),
  KEY `by_number` (`number`,`odd``name`),
  CONSTRAINT `positive` CHECK (`number` > 0)
) ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8mb4
 PARTITION BY HASH (`number`)
PARTITIONS 2"""


def told(before: str, after: str) -> list[str]:
    """Return what differs between two definitions of a table."""
    first, second = (
        Content(major=1011, excluded=(), objects={}, databases={"shop": Database(objects=parts_of("orders", text))})
        for text in (before, after)
    )
    return list(differences(first, second))


def test_a_definition_is_its_columns_keys_constraints_and_the_rest() -> None:
    """Each by its name, so that a lost index is told as one; how far it has counted is no definition."""
    assert parts_of("orders", ORDERS) == {
        "column number of orders": "`number` bigint(20) NOT NULL AUTO_INCREMENT",
        "column odd``name of orders": "`odd``name` varchar(9) DEFAULT 'a,b'",
        "primary key of orders": "PRIMARY KEY (`number`)",
        "unique key by_name of orders": "UNIQUE KEY `by_name` (`odd``name`)",
        "key by_number of orders": "KEY `by_number` (`number`,`odd``name`)",
        "constraint positive of orders": "CONSTRAINT `positive` CHECK (`number` > 0)",
        "relation orders": "number\nodd``name\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4\n"
        "PARTITION BY HASH (`number`)\nPARTITIONS 2",
    }


def test_what_is_lost_of_a_table_is_named() -> None:
    """A key, a constraint, the order of columns, the table's own options."""
    assert told(ORDERS, ORDERS.replace("AUTO_INCREMENT=77", "AUTO_INCREMENT=99")) == []
    assert told(ORDERS, ORDERS.replace("  KEY `by_number` (`number`,`odd``name`),\n", "")) == [
        "shop: key by_number of orders missing"
    ]
    assert told(ORDERS, ORDERS.replace("utf8mb4", "latin1")) == ["shop: relation orders changed"]


def test_nothing_remembered_is_nothing_known(lab: Lab) -> None:
    """A check that saw no healthy system compares nothing, and asks the server nothing."""
    says = "db: nothing was remembered before the disaster to compare with"
    assert MariadbContent(service="db").look(lab) == [Finding(name="mariadb-content", state=State.UNKNOWN, says=says)]
