"""What runs whose engine is gone left behind: found by labels and journals, taken only where nobody holds the run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orchestrator.core.errors import DrillmasterError
from orchestrator.core.lab_objects import FOLDER, HOST, RUN, remove_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from orchestrator.core.docker_port import Docker, LabObjects
    from orchestrator.core.ports import Clock, Guard, Links, Playbooks
    from reports.facts.events import LabRemoved

PROBE = "drillmaster.probe"
"""Label of a container that looks into an image and belongs to no run; its value is the Unix second of its making."""
PROBE_LIVES_S = 300


class RunFolders(Protocol):
    """The runs' folders in one evidence directory."""

    evidence: Path

    def unfinished(self) -> list[Path]:
        """Return the folders of runs whose journal, or whose entries in the register, tell of a start and no end."""
        ...

    def keeps_lab(self, folder: Path) -> bool:
        """Return whether the run's lab was left standing on request."""
        ...

    def claim(self, folder: Path) -> AbstractContextManager[bool]:
        """Hold the run meanwhile, unless an engine does; yields whether it is held now. A missing folder is free."""
        ...

    def close(self, folder: Path, removed: LabRemoved) -> bool:
        """End the run as ABORTED in journal and register, if it is unfinished; return whether it was.

        Torn last lines are cut off before. Raises UnreadableRunError for a journal that is broken elsewhere.
        """
        ...


@dataclass(frozen=True)
class Swept:
    """One run that left something: what was removed, or why it was let alone."""

    run: str
    folder: Path
    removed: LabRemoved | None = None
    closed: bool = False
    """Whether it was ended as aborted."""
    because: str = ""

    def __str__(self) -> str:
        if self.removed is None:
            return f"{self.run}: left alone: {self.because}"
        counts = self.removed.removed.items()
        done = [f"{count} {group.removesuffix('s') if count == 1 else group}" for group, count in counts if count]
        says = f"{self.run}: removed {', '.join(done) or 'nothing'}"
        says += "; closed as ABORTED" if self.closed else ""
        return "; ".join([says, *self.removed.left, *filter(None, [self.because])])


@dataclass(frozen=True)
class Sweep:
    """Takes what dead runs of one host and one evidence directory left; everything else is left alone and named."""

    docker: Docker
    guard: Guard
    links: Links
    playbooks: Playbooks
    folders: RunFolders
    clock: Clock
    host: str

    def run(self, *, spare_kept: bool) -> list[Swept]:
        """Sweep; with `spare_kept`, labs that were left standing on request stay. Raises CannotRunError."""
        self._remove_old_probes()
        swept = [self._consider(run, host, folder, spare_kept=spare_kept) for run, host, folder in self._labelled()]
        seen = {one.run for one in swept}
        unfinished = [folder for folder in self.folders.unfinished() if folder.name not in seen]
        return swept + [self._take(folder.name, folder, spare_kept=spare_kept) for folder in unfinished]

    def _labelled(self) -> Iterator[tuple[str, str, Path]]:
        hosts, folders = self.docker.labelled(HOST), self.docker.labelled(FOLDER)
        for run, objects in sorted(self.docker.labelled(RUN).items()):
            yield run, _value(hosts, objects), Path(_value(folders, objects))

    def _consider(self, run: str, host: str, folder: Path, *, spare_kept: bool) -> Swept:
        if host != self.host:
            return Swept(run, folder, because=f"it belongs to host {host or 'unknown'}")
        if not folder.is_relative_to(self.folders.evidence):
            return Swept(run, folder, because=f"its evidence is elsewhere: {folder}")
        return self._take(run, folder, spare_kept=spare_kept)

    def _take(self, run: str, folder: Path, *, spare_kept: bool) -> Swept:
        with self.folders.claim(folder) as held:
            if not held:
                return Swept(run, folder, because="its engine is at work")
            if spare_kept and self.folders.keeps_lab(folder):
                return Swept(run, folder, because="its lab was kept on request; `drillmaster sweep` removes it")
            self.guard.remove(run)
            self.links.remove(run)
            self.playbooks.remove(run)
            removed = remove_run(self.docker, run)
            try:
                return Swept(run, folder, removed, self.folders.close(folder, removed))
            except DrillmasterError as error:
                return Swept(run, folder, removed, because=f"it cannot be closed: {error.message}")

    def _remove_old_probes(self) -> None:
        now = datetime.fromisoformat(self.clock.now().utc).timestamp()
        for made, objects in self.docker.labelled(PROBE).items():
            if now - int(made) > PROBE_LIVES_S:
                for container in objects.containers:
                    self.docker.remove_container(container)


def _value(groups: Mapping[str, LabObjects], objects: LabObjects) -> str:
    """Return the label's value that `objects` carry too; empty when they carry none."""
    names = {*objects.containers, *objects.networks, *objects.volumes}
    for value, group in groups.items():
        if names & {*group.containers, *group.networks, *group.volumes}:
            return value
    return ""
