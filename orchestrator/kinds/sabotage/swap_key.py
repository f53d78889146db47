"""The sabotage `swap-key`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field

from orchestrator.core import shell
from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.filetree import restic
from orchestrator.filetree.restic import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

SWAP = 'umask 077; rm "$1" && head -c 32 /dev/urandom | base64 > "$1"'


class SwapKey(Sabotage):
    """Let the escrow hold another key than the one that the backups are encrypted with.

    What a deposit that was never tried, or a key that was renewed on one side only, leaves. Confirmed by the
    repository: the key that was there opened it, and the one that is there now does not.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "swap-key: {service: files, escrow: escrow}"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backups the key opens.")
    escrow: str = Field(default=restic.ESCROW, description="The service that keeps the key.")
    deposits: str = Field(
        default="/srv/keys", description="The folder of the keys in the escrow, each named after its service."
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield each service that is restored with a key from the escrow."""
        for service in restic.restored(drill):
            yield cls(service=service), Expect.failed_by("recovery-step")

    def services(self) -> tuple[str, ...]:
        """Return both."""
        return (self.service, self.escrow)

    def needs(self) -> tuple[Need, ...]:
        """Return restic: it tries the keys."""
        return (Need(self.service, "restic"),)

    def spoil(self, lab: Lab) -> Finding:
        """Swap the key, and try both; raises StepFailedError when the escrow has none."""
        repository = Repository(lab, self.service)
        deposit = f"{self.deposits}/{self.service}"
        before = repository.opens_with(shell.output(lab, self.escrow, ["cat", deposit]))
        shell.output(lab, self.escrow, ["sh", "-c", SWAP, "swap", deposit])
        after = repository.opens_with(shell.output(lab, self.escrow, ["cat", deposit]))
        opens = "opens" if after else "does not open"
        return self.confirmation(
            f"{self.escrow}: the key it holds {opens} the backups of {self.service}",
            matters=before and not after,
            seen={"opened_before": before, "opens_after": after},
        )
