"""What is read beside what is measured: the services' configuration, their archiving, and how busy the machine is.

A service that does not answer here says nothing; that is judged elsewhere, and ends no drill.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.lab_objects import RUN
from reports.facts.events import AnyFact, ArchiverRead, LoadRead, SettingsRead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

When = Literal["before-disaster", "after-recovery"]


def configuration(lab: Lab, when: When) -> Iterator[AnyFact]:
    """Yield every service's whole configuration."""
    for service in lab.loaded.drill.lab.services:
        try:
            settings = lab.software(service).settings(lab.access(service))
        except (NotReadyError, StepFailedError):
            continue
        yield SettingsRead(service=service, when=when, settings=settings)


def archiving(lab: Lab) -> Iterator[AnyFact]:
    """Yield what every service says of its archiving."""
    for service in lab.loaded.drill.lab.services:
        try:
            archiver = lab.software(service).archiver(lab.access(service))
        except (NotReadyError, StepFailedError):
            continue
        if archiver:
            yield ArchiverRead(service=service, **asdict(archiver))


def load(lab: Lab, when: When) -> LoadRead:
    """Return how busy the machine is, and with what else."""
    docker, machine = lab.ports.docker, lab.ports.machine.load()
    running = {*docker.running()}
    labs = {run: running & {*objects.containers} for run, objects in docker.labelled(RUN).items()}
    others = running.difference(*labs.values())
    return LoadRead(
        when=when,
        load_1m=machine.load_1m,
        cpu_ticks=machine.cpu_ticks,
        steal_ticks=machine.steal_ticks,
        stalled_us=dict(machine.stalled_us),
        other_labs=sum(bool(containers) for run, containers in labs.items() if run != lab.run),
        other_containers=len(others),
    )
