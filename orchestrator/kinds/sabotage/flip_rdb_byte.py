"""The sabotage `flip-rdb-byte`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.keyspace import suiting
from orchestrator.keyspace.backups import FOLDER, SNAPSHOT, Backups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


Digests = Literal["stale", "fitting"]


class FlipRdbByte(Sabotage):
    """Flip one bit in the middle of the snapshot (RDB) that the newest backup of a Redis holds.

    With fitting digests, the backup's own are made anew, as when they are computed after the damage: then only the
    checksum inside the snapshot can tell. Confirmed by reading the byte again, and by what the digests say.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "flip-rdb-byte: {service: cache, digests: fitting}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    variants: ClassVar[tuple[str, ...]] = ("digests",)

    service: str = Field(description="The service whose backup is spoilt.")
    digests: Digests = Field(default="stale", description="Whether the backup's digests are made to fit.")
    folder: str = Field(default=FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it with and without fitting digests for every server that is restored from a backup."""
        for service in suiting.restored(drill):
            for digests in get_args(Digests):
                yield cls(service=service, digests=digests), Expect.failed_by("recovery-step")

    def spoil(self, lab: Lab) -> Finding:
        """Flip the byte; raises StepFailedError when there is no backup."""
        backups = Backups(lab, self.service, self.folder)
        newest = backups.newest()
        file = f"{newest}/{SNAPSHOT}"
        at = int(backups.run(["stat", "--format=%s", file])) // 2
        before = lab.read_file(self.service, file, at, 1)
        lab.overwrite(self.service, file, at, bytes([before[0] ^ 1]))
        after = lab.read_file(self.service, file, at, 1)
        if self.digests == "fitting":
            backups.make_digests_fit(newest)
        fit = backups.digests_fit(newest)
        return self.confirmation(
            f"{self.service}: one bit of {file} is flipped; the backup's digests {'fit' if fit else 'do not fit'}",
            matters=before != after and fit == (self.digests == "fitting"),
            seen={"file": file, "offset": at, "before": before[0], "after": after[0], "digests_fit": fit},
        )
