"""The sabotage `corrupt-page`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.corruption import corrupt
from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.postgresql import compared, suiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# Once all of it is in the cache, and written, nothing makes the server write it again.
INTO_THE_CACHE = "SELECT count(*) FROM {table}; CHECKPOINT"


class CorruptPage(Sabotage):
    """Change one byte of a table on disk below the server's cache, which goes on giving the right one.

    What a restore onto a rotten disk leaves: every query is answered rightly until the cache forgets the page. The
    table should be small and quiet, so that the cache holds it whole. Confirmed by the byte on disk, in used space.
    """

    main: ClassVar[str] = "table"
    example: ClassVar[str] = "corrupt-page: {service: db, table: public.pgbench_tellers}"
    moment: ClassVar[Moment] = Moment.AFTER_RECOVERY

    service: str = Field(description="The service whose table rots.")
    table: str | None = Field(
        default=None,
        description="The table, as schema.table, in the service's database; by default the largest that is compared.",
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for servers whose checksums are looked at, and whose content tells which table is the largest."""
        for service in suiting.servers(drill, "postgres-checksums", suiting.CONTENT):
            yield cls(service=service), Expect.failed_by("postgres-checksums")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is nothing to choose from: only what is compared is."""
        if self.table is None:
            yield from compared.mistakes(drill, self.service, "service")

    def spoil(self, lab: Lab) -> Finding:
        """Let the server read the table, change a byte of it on disk, and look at that again."""
        table = compared.tables(lab, self.service, self.table)[0]
        lab.sql(self.service, INTO_THE_CACHE.format(table=table))
        file = lab.software(self.service).data_file(lab.access(self.service), table)
        done = corrupt(lab, self.service, file, length=1)
        there = done.is_there(lab, self.service)
        return self.confirmation(
            f"{self.service}: a byte of {table} {'is' if there else 'is not'} another on disk",
            matters=there and done.used,
            seen=done.seen,
        )
