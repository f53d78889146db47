"""The sabotage `tamper-ledger`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding
    from reports.facts.names import Integrity

How = Literal["delete", "alter", "invent", "duplicate"]
FOUND_BY: dict[How, Integrity] = {
    "delete": "no-hole",
    "alter": "no-corrupt",
    "invent": "no-unexpected",
    "duplicate": "no-duplicate",
}
FAR = 10**6
"""How far beyond the last number sent invented rows begin: no ledger gets there while a drill ends."""


@dataclass(frozen=True)
class Dialect:
    """How one type of server is told to do it."""

    chosen: str
    """Rows among the first: kept whatever was lost, with kept rows before and after them."""
    tamper: dict[How, str]
    counted: str
    """Does it, and returns how many rows it hit."""


DIALECTS = {
    "postgres": Dialect(
        chosen="SELECT ctid FROM drillmaster.ledger ORDER BY sequence OFFSET 10 LIMIT {rows}",
        tamper={
            "delete": "DELETE FROM drillmaster.ledger WHERE ctid = ANY (ARRAY({chosen}))",
            "alter": "UPDATE drillmaster.ledger SET payload = payload # 1 WHERE ctid = ANY (ARRAY({chosen}))",
            "duplicate": """
                INSERT INTO drillmaster.ledger SELECT * FROM drillmaster.ledger WHERE ctid = ANY (ARRAY({chosen}))
            """,
            "invent": """
                INSERT INTO drillmaster.ledger
                SELECT 0, (SELECT max(sequence) FROM drillmaster.ledger) + {far} + n, n
                FROM generate_series(1, {rows}) AS n
            """,
        },
        counted="WITH hit AS ({tamper} RETURNING 1) SELECT count(*) FROM hit",
    ),
    "mariadb": Dialect(
        chosen="(SELECT * FROM drillmaster_ledger ORDER BY sequence LIMIT 10, {rows}) AS chosen",
        tamper={
            "delete": """
                DELETE hit FROM drillmaster_ledger AS hit JOIN {chosen}
                ON hit.writer = chosen.writer AND hit.sequence = chosen.sequence
            """,
            "alter": """
                UPDATE drillmaster_ledger AS hit JOIN {chosen}
                ON hit.writer = chosen.writer AND hit.sequence = chosen.sequence
                SET hit.payload = hit.payload + 1
            """,
            "duplicate": "INSERT INTO drillmaster_ledger SELECT * FROM {chosen}",
            "invent": """
                INSERT INTO drillmaster_ledger
                SELECT 0, (SELECT MAX(sequence) FROM drillmaster_ledger) + {far} + seq, seq FROM seq_1_to_{rows}
            """,
        },
        counted="{tamper}; SELECT ROW_COUNT()",
    ),
}


class TamperLedger(Sabotage):
    """Delete, alter, invent or duplicate rows of the ledger's table behind its back.

    What a recovery that loses, damages or doubles single writes leaves. Confirmed by the number of rows it hit.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "tamper-ledger: {service: db, how: delete, rows: 5}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service the ledger writes to.")
    how: How = Field(description="What is done to the rows.")
    rows: int = Field(default=5, ge=1, description="How many rows.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield every way for every server that a ledger writes to, and whose type is known here."""
        written = [service for workload in drill.workload for service in workload.services()]
        for service, declared in drill.lab.services.items():
            if service in written and declared.type in DIALECTS:
                for how, finding in FOUND_BY.items():
                    yield cls(service=service, how=how), Expect.failed_by(finding)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nobody here knows how to tell the server."""
        declared = drill.lab.services.get(drill.lab.behind(self.service))
        if declared is not None and declared.type not in DIALECTS:
            yield (
                "service",
                f"{self.service} is a {declared.type}; only ledgers of {' and '.join(DIALECTS)} can be tampered with",
            )

    def spoil(self, lab: Lab) -> Finding:
        """Tamper, and count."""
        dialect = DIALECTS[lab.service(self.service).type]
        chosen = dialect.chosen.format(rows=self.rows)
        tamper = dialect.tamper[self.how].format(chosen=chosen, rows=self.rows, far=FAR)
        [(hit,)] = lab.sql(self.service, dialect.counted.format(tamper=tamper))
        return self.confirmation(
            f"{self.service}: {self.how} hit {hit} rows of the ledger",
            matters=hit == self.rows,
            seen={"how": self.how, "rows": hit},
        )
