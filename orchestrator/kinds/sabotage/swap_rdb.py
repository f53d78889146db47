"""The sabotage `swap-rdb`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.keyspace import suiting
from orchestrator.keyspace.backups import FOLDER, SNAPSHOT, Backups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# Another server on a socket of its own, for as long as saving its one key takes. Prints what its snapshot holds.
SWAP = """
set -e
other=$(mktemp -d)
redis-server --port 0 --unixsocket "$other/socket" --dir "$other" --save "" --daemonize yes > "$other/log"
ask() { redis-cli -e -s "$other/socket" "$@" > "$other/answer"; }
tries=0
until ask PING; do [ $((tries += 1)) -le 50 ]; sleep 0.1; done
ask SET of another-server
ask SAVE
ask SHUTDOWN NOSAVE
rm -rf "$1/appendonlydir"
cp "$other/dump.rdb" "$1/dump.rdb"
rm -r "$other"
redis-check-rdb "$1/dump.rdb" | sed -n 's/.* \\([0-9]*\\) keys read.*/\\1/p'
"""


class SwapRdb(Sabotage):
    """Put a sound snapshot of another Redis, made on the spot, in the place of the newest backup, with fitting digests.

    What a mistaken path or a shared bucket leaves. Confirmed by what redis-check-rdb finds in it: the one key of that
    other server, and nothing wrong.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "swap-rdb: cache"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is swapped.")
    folder: str = Field(default=FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that is restored from a backup."""
        for service in suiting.restored(drill):
            yield cls(service=service), Expect.failed_by("recovery-step")

    def needs(self) -> tuple[Need, ...]:
        """Return what the other server is made with."""
        return tuple(Need(self.service, tool) for tool in ("redis-server", "redis-cli", "redis-check-rdb"))

    def spoil(self, lab: Lab) -> Finding:
        """Make the other server, save it, and look into what was put in place."""
        backups = Backups(lab, self.service, self.folder)
        newest = backups.newest()
        keys = backups.run(["sh", "-c", SWAP, "swap", newest]).strip()
        backups.make_digests_fit(newest)
        fit = backups.digests_fit(newest)
        return self.confirmation(
            f"{self.service}: {newest}/{SNAPSHOT} holds {keys} key of another server",
            matters=keys == "1" and fit,
            seen={"backup": newest, "keys": keys, "digests_fit": fit},
        )
