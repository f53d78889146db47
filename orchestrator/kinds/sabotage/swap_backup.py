"""The sabotage `swap-backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import suiting
from orchestrator.postgresql.base_backups import FOLDER, BaseBackups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# Another server on a socket of its own, for as long as its backup takes.
SWAP = """
set -e
other=$(mktemp -d)
initdb --pgdata="$other/data" --auth=trust --no-sync
socket="-c listen_addresses= -c unix_socket_directories=$other"
pg_ctl --pgdata="$other/data" --options="$socket" --log="$other/log" start
rm -r "$1"
pg_basebackup --host="$other" --pgdata="$1" --label="$(basename "$1")" --checkpoint=fast --wal-method=none
pg_ctl --pgdata="$other/data" --mode=immediate stop
rm -r "$other"
"""


class SwapBackup(Sabotage):
    """Put a sound base backup of another server, made on the spot, in the place of the newest.

    What a mistaken path or a shared bucket leaves. Confirmed by the two backups' system identifiers.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "swap-backup: db"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is swapped.")
    folder: str = Field(default=FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from the newest base backup."""
        for service in suiting.restored_servers(drill, "base-backup", FOLDER):
            yield cls(service=service), Expect.failed_by("recovery-step")

    def needs(self) -> tuple[Need, ...]:
        """Return what the other server is made with."""
        return tuple(Need(self.service, tool) for tool in ("initdb", "pg_ctl", "pg_basebackup"))

    def spoil(self, lab: Lab) -> Finding:
        """Make the other server, back it up, and compare."""
        backups = BaseBackups(lab, self.service, self.folder)
        newest = backups.newest()
        own = backups.system_identifier(newest)
        backups.run(["sh", "-c", SWAP, "swap", newest])
        other = backups.system_identifier(newest)
        return self.confirmation(
            f"{self.service}: its newest base backup is of server {other} now, and was of {own}",
            matters=own != other,
            seen={"backup": newest, "own": own, "other": other},
        )
