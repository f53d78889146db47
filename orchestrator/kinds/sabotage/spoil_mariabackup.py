"""The sabotage `spoil-mariabackup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, get_args

from pydantic import Field

from orchestrator.core.content_check import largest_tables
from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage
from orchestrator.mariadb import suiting
from orchestrator.mariadb.backups import Backups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

How = Literal["truncate", "flip"]


class SpoilMariabackup(Sabotage):
    """Cut, or flip one bit of, the file that the newest backup of mariadb-backup has of the largest table.

    What a copy that broke off, a full disk or a rotten one leaves. Confirmed by the backup's own checksums, which the
    file fits no more, and by the table being one that mariadb-content compares.
    """

    main: ClassVar[str] = "how"
    example: ClassVar[str] = "spoil-mariabackup: {service: db, how: truncate}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    variants: ClassVar[tuple[str, ...]] = ("how",)

    service: str = Field(description="The service whose backup is spoilt.")
    how: How = Field(description="What is done to the file.")
    folder: str = Field(default=suiting.FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield both ways for every server that is restored from its newest backup, and compared."""
        compared = suiting.compared(drill)
        for service in (name for name in suiting.restored(drill) if name in compared):
            for how in get_args(How):
                yield cls(service=service, how=how), Expect.failed_by("recovery-step")

    def spoil(self, lab: Lab) -> Finding:
        """Spoil the file, and hold the backup to its checksums; raises StepFailedError when there is no backup."""
        backups = Backups(lab, self.service, self.folder)
        newest, database = backups.newest(), lab.service(self.service).database
        file = f"{newest}/{database}/{largest_tables(lab, suiting.CONTENT, self.service, database)[0]}.ibd"
        was_sound = backups.is_sound(newest)
        if self.how == "flip":
            backups.flip(file)
        else:
            backups.truncate(file, backups.size(file) // 2)
        sound = backups.is_sound(newest)
        return self.confirmation(
            f"{self.service}: {self.how} of {file}: its backup {'fits' if sound else 'does not fit'} its checksums",
            matters=was_sound and not sound,
            seen={"file": file, "was_sound": was_sound, "sound": sound},
        )
