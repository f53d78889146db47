"""The sabotage `tamper-ledger`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import suiting

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
# Among the first: kept whatever was lost, with kept rows before and after them.
CHOSEN = "SELECT ctid FROM drillmaster.ledger ORDER BY sequence OFFSET 10 LIMIT {rows}"
TAMPER: dict[How, str] = {
    "delete": "DELETE FROM drillmaster.ledger WHERE ctid = ANY (ARRAY({chosen}))",
    "alter": "UPDATE drillmaster.ledger SET payload = payload # 1 WHERE ctid = ANY (ARRAY({chosen}))",
    "duplicate": "INSERT INTO drillmaster.ledger SELECT * FROM drillmaster.ledger WHERE ctid = ANY (ARRAY({chosen}))",
    "invent": """
        INSERT INTO drillmaster.ledger
        SELECT 0, (SELECT max(sequence) FROM drillmaster.ledger) + {far} + n, n FROM generate_series(1, {rows}) AS n
    """,
}
COUNTED = "WITH hit AS ({tamper} RETURNING 1) SELECT count(*) FROM hit"


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
        """Yield every way for every server that a ledger writes to."""
        for service in suiting.ledger_servers(drill):
            for how, finding in FOUND_BY.items():
                yield cls(service=service, how=how), Expect.failed_by(finding)

    def spoil(self, lab: Lab) -> Finding:
        """Tamper, and count."""
        tamper = TAMPER[self.how].format(chosen=CHOSEN.format(rows=self.rows), rows=self.rows, far=FAR)
        [(hit,)] = lab.sql(self.service, COUNTED.format(tamper=tamper))
        return self.confirmation(
            f"{self.service}: {self.how} hit {hit} rows of the ledger",
            matters=hit == self.rows,
            seen={"how": self.how, "rows": hit},
        )
