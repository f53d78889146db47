"""The disaster `corrupt-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core import watch
from orchestrator.core.corruption import MOST_BYTES, Corruption, corrupt
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Disaster, Need
from orchestrator.core.software_port import DataFile
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

PIECE = 4096
"""A file of which nothing is known is taken for pieces of this size, all of them data."""


class CorruptFile(Disaster):
    """Put a few other bytes into a file of a service on disk, as silent corruption does; the service stays up.

    The service is stopped politely, the bytes are put where the file holds data, and it is started again: a running
    server would write them over with what it has in memory. That short outage is the injection's own; its seconds are
    in the recovery time, for the clock starts before it. Confirmed by the bytes, on disk after the start, and by their
    place: in free space of a relation they would harm nothing; of a file given by its path every byte is taken for
    data. Does not prove that anybody reads the place before the last good
    backup has expired: give `detect` a check that reads everything.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "corrupt-file: {service: db, relation: public.orders}"
    proves: ClassVar[str] = "Bytes that rotted on disk are noticed, and the data comes back as it was."
    not_proven: ClassVar[tuple[str, ...]] = (
        "Corruption that began before the oldest backup: here the backups were taken of sound data.",
        "A disk that fails while it is in use: the bytes were changed while the service was stopped.",
    )
    stays_up: ClassVar[bool] = True

    service: str = Field(description="The service whose file is corrupted.")
    relation: str | None = Field(
        default=None, min_length=1, description="The table or index whose file it is, as schema.name; or give `path`."
    )
    database: str | None = Field(default=None, description="The relation's database; the service's own by default.")
    path: str | None = Field(
        default=None, description="The file, as an absolute path inside the container, in one of its volumes."
    )
    length: int = Field(default=8, alias="bytes", ge=1, le=MOST_BYTES, description="How many bytes, side by side.")
    at: int | None = Field(
        default=None,
        ge=0,
        description="Where the first of them lies in the file; drawn in used space if absent.",
    )
    within: Duration = Field(
        default=60.0, gt=0, description="Longest time for the service to stop, and as long to be ready again."
    )

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is not one file, or one that lies on no volume."""
        if (self.relation is None) == (self.path is None):
            yield "relation", "give one of `relation` and `path`"
        service = drill.lab.services.get(self.service)
        paths = [volume.path for volume in service.volumes.values()] if service else []
        if service and self.path and not any(self.path.startswith(f"{path}/") for path in paths):
            yield "path", f"{self.path} is on no volume of {self.service}; its volumes: {', '.join(paths) or 'none'}"

    def needs(self) -> tuple[Need, ...]:
        """Return what changes the bytes."""
        return (Need(self.service, "dd"), Need(self.service, "od"))

    def inject(self, lab: Lab) -> str:
        """Stop, corrupt, start, and return so once clients write again; raises StepFailedError or CannotRunError."""
        file = self._file(lab)
        lab.stop(self.service, self.within)
        done = corrupt(lab, self.service, file, self.length, self.at)
        says = f"{self.length} bytes of {done.path} at {done.at} are others now"
        lab.remember(self.memory, self.service, {**done.seen}, says)
        lab.start(self.service, self.within)
        if ledger := lab.ledgers.get(self.service):
            watch.wait_for_acknowledgement(ledger, lab.clock.monotonic_ns(), self.within)
        return f"{self.service} was stopped, {says}, and it was started again"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the bytes are on disk now that the service runs again, and lie in used space."""
        remembered = lab.remembered(self.memory, self.service)
        if remembered is None:
            return self._finding(State.VIOLATED, "nothing was corrupted", {})
        done = Corruption(**remembered)
        if not done.is_there(lab, self.service):
            return self._finding(State.VIOLATED, f"{done.path} was written over: its bytes are sound again", done.seen)
        if not done.used:
            return self._finding(State.VIOLATED, f"{done.path} has free space at {done.at}: no data is hit", done.seen)
        return self._finding(State.HELD, f"{done.path} has other bytes at {done.at}, where data was", done.seen)

    def _file(self, lab: Lab) -> DataFile:
        if self.relation is not None:
            return lab.software(self.service).data_file(lab.access(self.service, self.database), self.relation)
        done = lab.execute(self.service, ["stat", "-c", "%s", str(self.path)])
        if done.exit_code != 0 or int(done.output) == 0:
            raise StepFailedError(f"{self.service}: {self.path} cannot be corrupted: stat says {done.output.strip()}")
        piece = min(PIECE, int(done.output))
        return DataFile(str(self.path), piece, int(done.output) // piece)

    def _finding(self, state: State, says: str, seen: dict[str, object]) -> Finding:
        return Finding(name="disaster-confirmed", state=state, says=f"{self.service}: {says}", seen=seen)
