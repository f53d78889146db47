"""The sabotage `lose-object`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import compared, suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

Sort = Literal["index", "extension", "privilege", "role", "policy"]
EVERYWHERE: tuple[Sort, ...] = ("index", "extension", "privilege")
"""What every database has: pgbench's keys, plpgsql, and everybody's right to connect."""

# Each yields the statements that would take one object away, the first to be taken first; the ledger's are left alone.
STATEMENTS: dict[Sort, str] = {
    "index": """
        SELECT CASE
            WHEN conname IS NULL THEN format('DROP INDEX %s', indexrelid::regclass)
            ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
        END
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
        WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema|drillmaster)'
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype = 'f')
        ORDER BY conname IS NOT NULL, indexrelid
    """,
    "extension": """
        SELECT format('DROP EXTENSION %I', extname) FROM pg_extension ORDER BY extname = 'plpgsql', extname
    """,
    "privilege": """
        SELECT format('REVOKE %s ON DATABASE %I FROM PUBLIC', privilege_type, datname)
        FROM pg_database CROSS JOIN aclexplode(coalesce(datacl, acldefault('d', datdba)))
        WHERE datname = current_database() AND grantee = 0 AND privilege_type = 'CONNECT'
    """,
    "role": """
        SELECT format('DROP ROLE %I', rolname) FROM pg_roles
        WHERE rolname !~ '^pg_' AND rolname <> current_user
          AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refobjid = pg_roles.oid)
        ORDER BY rolname
    """,
    "policy": "SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy ORDER BY polname",
}


class LoseObject(Sabotage):
    """Take one index, extension, privilege, role or row-security policy away, as a restore with wrong options does.

    Every row stays. Confirmed by looking for it again.
    """

    main: ClassVar[str] = "what"
    example: ClassVar[str] = "lose-object: {service: db, what: index}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY
    variants: ClassVar[tuple[str, ...]] = ("what",)

    service: str = Field(description="The service in whose database it is lost.")
    what: Sort = Field(description="What sort of thing; the first that is found goes.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield what every database has, for every server whose content is compared."""
        for service in suiting.servers(drill, suiting.CONTENT):
            for what in EVERYWHERE:
                yield cls(service=service, what=what), Expect.failed_by(suiting.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares it."""
        yield from compared.mistakes(drill, self.service, "service")

    def spoil(self, lab: Lab) -> Finding:
        """Take it away, and look again; raises StepFailedError when there is none."""
        before = lab.sql(self.service, STATEMENTS[self.what])
        if not before:
            raise StepFailedError(f"{self.service}: its database has no {self.what} to lose")
        [(statement,), *_] = before
        lab.sql(self.service, str(statement))
        after = lab.sql(self.service, STATEMENTS[self.what])
        return self.confirmation(
            f"{self.service}: {statement}",
            matters=(statement,) not in after,
            seen={"statement": statement, "before": len(before), "after": len(after)},
        )
