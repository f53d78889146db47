"""What can be known before a run: what a drill would do, and whether this machine can do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.drill import KIND_LISTS
from orchestrator.core.errors import CannotRunError
from orchestrator.core.uses import lacking_tools, playbooks_of, unreadable
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.adapters.machine import Condition
    from orchestrator.core.drill import LoadedDrill, Objectives, ServiceObjectives
    from orchestrator.core.ports import Person
    from orchestrator.core.software_port import Software

SPACE_NEEDED = 200 * 2**20
"""Free bytes that the evidence directory must have before a drill starts."""


def refuse(mistakes: Sequence[str]) -> None:
    """Raise CannotRunError with every mistake, if there is any."""
    if mistakes:
        raise CannotRunError("\n".join(mistakes))


def require_people(person: Person) -> None:
    """Raise CannotRunError where nobody is there to take part in a tabletop."""
    if not person.present:
        raise CannotRunError(
            "a tabletop is of people, and nobody can be asked: standard input is no terminal",
            hint="run it on a terminal; --assume-manual rehearses it without people, and ends INCONCLUSIVE",
        )


def plan_mistakes(loaded: LoadedDrill, evidence: Path) -> list[str]:
    """Return all that this machine or the drill's files have against starting it; empty when it can start."""
    from orchestrator.adapters import machine, region_links

    if loaded.drill.tabletop:
        return machine.space_mistakes(evidence, SPACE_NEEDED)
    from orchestrator.adapters.ansible import AnsiblePlaybooks
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.docker_engine import DockerEngine
    from orchestrator.core import catalogue

    docker = DockerEngine()
    mistakes = list(declaration_mistakes(loaded, catalogue.software()))
    mistakes += [*machine.route_mistakes(docker), *machine.space_mistakes(evidence, SPACE_NEEDED)]
    if any(volume.size for service in loaded.drill.lab.services.values() for volume in service.volumes.values()):
        mistakes += machine.loop_device_mistakes()
    if regions := loaded.drill.lab.regions:
        mistakes += machine.mistakes(region_links.condition(regions.values()))
    playbooks = AnsiblePlaybooks(SystemClock(), redact=bytes)
    # Ansible would say the same of an unreadable playbook, in other words.
    return [*mistakes, *(unreadable(loaded) or playbooks.mistakes(playbooks_of(loaded)))]


def declaration_mistakes(loaded: LoadedDrill, software: Mapping[str, Software]) -> Iterator[str]:
    """Yield which settings of services their software could not take."""
    for name, service in loaded.drill.lab.services.items():
        try:
            software[service.type].command(service)
        except ValueError as error:
            yield f"{loaded.file}: lab.services.{name}.{error}"


def image_mistakes(loaded: LoadedDrill) -> list[str]:
    """Return what the images that are here lack for the drill; a run makes sure of all of them while it provisions."""
    from orchestrator.adapters.ansible import AnsiblePlaybooks
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.docker_engine import DockerEngine

    if loaded.drill.tabletop:
        return []
    return lacking_tools(DockerEngine(), AnsiblePlaybooks(SystemClock(), redact=bytes), loaded)


def plan_lines(loaded: LoadedDrill) -> list[str]:
    """Return what a run would do, a line for each thing, in order."""
    drill = loaded.drill
    lines = [f"{drill.drill}: {drill.title}"]
    lines += [f"  service   {name}: {service.type}, {service.image}" for name, service in drill.lab.services.items()]
    lines += [f"  {name:9} {kind.title}" for name in KIND_LISTS for kind in getattr(drill, name)]
    lines += [f"  promised  {_promised(drill.objectives)}; target {drill.recover_to}"]
    return [
        *lines,
        *(f"  promised  {name}: {_promised(own)}" for name, own in (drill.objectives.services or {}).items()),
    ]


def _promised(objectives: Objectives | ServiceObjectives) -> str:
    promises = {"RTO": objectives.rto, "RPO": objectives.rpo, "given up": objectives.given_up}
    told = {name: promise if promise == "none" else promise and duration(promise) for name, promise in promises.items()}
    return ", ".join(f"{name} {promise}" for name, promise in told.items() if promise)


def examine_machine(evidence: Path) -> list[Condition]:
    """Return what drills need of this machine, and whether it is so."""
    from orchestrator.adapters import doctor

    return doctor.examine(evidence, SPACE_NEEDED)
