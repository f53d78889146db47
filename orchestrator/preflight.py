"""What can be known before a run: what a drill would do, and whether this machine can do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.drill import KIND_LISTS
from orchestrator.core.errors import CannotRunError
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.adapters.machine import Condition
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.core.kind import Kind

SPACE_NEEDED = 200 * 2**20
"""Free bytes that the evidence directory must have before a drill starts."""


def refuse(mistakes: Sequence[str]) -> None:
    """Raise CannotRunError with every mistake, if there is any."""
    if mistakes:
        raise CannotRunError("\n".join(mistakes))


def plan_mistakes(loaded: LoadedDrill, evidence: Path) -> list[str]:
    """Return all that this machine or the drill's files have against running it; empty when it can start."""
    from orchestrator.adapters import machine
    from orchestrator.adapters.ansible import AnsiblePlaybooks
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.docker_engine import DockerEngine

    docker = DockerEngine()
    mistakes = [*machine.route_mistakes(docker), *machine.space_mistakes(evidence, SPACE_NEEDED)]
    playbooks = AnsiblePlaybooks(SystemClock(), redact=bytes)
    for playbook in playbooks_of(loaded):
        mistakes += playbooks.mistakes(playbook)
    for service, tools in _needs(loaded).items():
        image = loaded.drill.lab.services[service].image
        if docker.image_id(image):
            missing = docker.missing_tools(image, sorted(tools))
            mistakes += [f"{service}: image {image} lacks {tool}, which {tools[tool]} needs" for tool in missing]
    return mistakes


def plan_lines(loaded: LoadedDrill) -> list[str]:
    """Return what a run would do, a line for each thing, in order."""
    drill = loaded.drill
    lines = [f"{drill.drill}: {drill.title}"]
    lines += [f"  service   {name}: {service.type}, {service.image}" for name, service in drill.lab.services.items()]
    lines += [f"  {name:9} {kind.title}" for name in KIND_LISTS for kind in getattr(drill, name)]
    rpo = drill.objectives.rpo if drill.objectives.rpo == "none" else duration(drill.objectives.rpo)
    return [*lines, f"  promised  RTO {duration(drill.objectives.rto)}, RPO {rpo}; target {drill.recover_to}"]


def _needs(loaded: LoadedDrill) -> dict[str, dict[str, str]]:
    needs: dict[str, dict[str, str]] = {}
    for kind in kinds_of(loaded):
        for need in kind.needs():
            needs.setdefault(need.service, {})[need.tool] = kind.kind
    return needs


def kinds_of(loaded: LoadedDrill) -> list[Kind]:
    """Return every kind the drill uses, in the order of the phases."""
    return [kind for name in KIND_LISTS for kind in getattr(loaded.drill, name)]


def playbooks_of(loaded: LoadedDrill) -> list[Path]:
    """Return the playbooks the drill uses, each once."""
    names = [name for kind in kinds_of(loaded) for name in kind.playbooks()]
    return sorted({loaded.resolve_playbook(name) for name in names})


def examine_machine(evidence: Path) -> list[Condition]:
    """Return what drills need of this machine, and whether it is so."""
    from orchestrator.adapters import doctor

    return doctor.examine(evidence, SPACE_NEEDED)
