"""The sabotage `spoil-binlog`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import LONGEST_WAIT_S, Moment, Sabotage
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.mariadb import suiting
from orchestrator.mariadb.backups import Backups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

How = Literal["gap", "flip", "stop"]


class SpoilBinlog(Sabotage):
    """Spoil the copied binlog of a MariaDB: lose one file of it, flip one bit in one, or stop copying before the end.

    The file is one that the server began after the backup and ended before the disaster, so a replay needs all of it.
    Confirmed by the copies: the file is gone and the next is there, its byte is another, or the copy lacks what the
    server wrote for longer than the RPO.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "spoil-binlog: {service: db, how: gap}"
    moment: ClassVar[Moment] = Moment.BEFORE_DISASTER
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service whose copied binlog is spoilt.")
    how: How = Field(description="What is done to it.")
    ago: Duration = Field(default=2.0, gt=0, description="With `stop`: how long before the disaster.")
    folder: str = Field(default=suiting.FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each way for every server that replays its binlog; the end of it where more is lost than promised.

        A recovery with a target refuses a binlog that ends before it.
        """
        rpo = drill.objectives.rpo
        for service in suiting.restored(drill):
            yield cls(service=service, how="gap"), Expect.failed_by("recovery-step")
            yield cls(service=service, how="flip"), Expect.failed_by("recovery-step")
            if rpo != "none" and rpo <= LONGEST_WAIT_S:
                by = "rpo" if drill.recover_to == "latest" else "recovery-step"
                yield cls(service=service, how="stop", ago=f"{rpo + 1:g}s"), Expect.failed_by(by)

    def spoil(self, lab: Lab) -> Finding:
        """Spoil it, and look at the copies; raises StepFailedError when nothing copies the binlog."""
        backups = Backups(lab, self.service, self.folder)
        return self._stop(lab, backups) if self.how == "stop" else self._file(backups)

    def _file(self, backups: Backups) -> Finding:
        file, following = backups.whole_binlog()
        if self.how == "flip":
            spoilt = backups.flip(file)
        else:
            backups.remove(file)
            spoilt = backups.size(file) == 0
        copied = backups.size(following) > 0
        return self.confirmation(
            f"{self.service}: {self.how} of {file}, written after the backup",
            matters=spoilt and copied,
            seen={"file": file, "spoilt": spoilt, "next_copied": copied},
        )

    def _stop(self, lab: Lab, backups: Backups) -> Finding:
        left = backups.stop_copying()
        lab.clock.sleep(self.ago)
        behind, rpo = backups.behind(), lab.loaded.drill.objectives.rpo
        return self.confirmation(
            f"{self.service}: nobody copies the binlog any more, and the copy lacks {behind} bytes",
            matters=left == 0 and behind > 0 and rpo != "none" and self.ago > rpo,
            seen={"copying": left, "behind": behind},
        )
