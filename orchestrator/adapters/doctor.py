"""What drills need of this machine, one condition after the other, for `drillmaster doctor`."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.adapters import bridge_guard, machine, region_links
from orchestrator.adapters.ansible import AnsiblePlaybooks
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.adapters.machine import Condition
from orchestrator.core import loader
from orchestrator.core.errors import CannotRunError
from orchestrator.core.images import MAJOR
from orchestrator.core.uses import lacking_tools

if TYPE_CHECKING:
    from collections.abc import Iterator


def examine(evidence: Path, space_needed: int) -> list[Condition]:
    """Return every condition, held or not; changes nothing and raises nothing for what is missing."""
    # Most drills need neither disks of limited size nor regions, and can do without a guard.
    optional = [replace(one, ok=True) for one in (machine.loop_devices(), region_links.condition([]))]
    optional.append(_guard())
    return [*_engine(), machine.space(evidence, space_needed), _ansible(), *optional]


def _engine() -> Iterator[Condition]:
    try:
        docker = DockerEngine()
        seen = docker.describe()
        yield Condition("docker engine", ok=True, says=", ".join(f"{name} {value}" for name, value in seen.items()))
        yield machine.route(docker)
        yield _images(docker)
    except CannotRunError as error:
        yield Condition("docker engine", ok=False, says=error.message, hint=error.hint)


def _images(docker: DockerEngine) -> Condition:
    drills = [loader.load(file) for file in loader.shipped()]
    named = {service.image for loaded in drills for service in loaded.drill.lab.services.values()}
    images = sorted(image for image in named if MAJOR not in image)
    lacking = lacking_tools(docker, AnsiblePlaybooks(SystemClock(), redact=bytes), *drills)
    if lacking:
        return Condition("images", ok=False, says="; ".join(lacking), hint="`make setup` builds them anew")
    here = [image for image in images if docker.image_id(image)]
    absent = [image for image in images if image not in here]
    says = [f"{', '.join(here)}: with all that the shipped drills need"] if here else []
    says += [f"{', '.join(absent)}: not here yet, a run pulls or builds it"] if absent else []
    return Condition("images", ok=True, says="; ".join(says))


def _ansible() -> Condition:
    beside = Path(sys.executable).parent / "ansible-playbook"
    found = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if found is None:
        return Condition("ansible", ok=False, says="ansible-playbook is not installed", hint="`make setup` installs it")
    return Condition("ansible", ok=True, says=f"ansible-core {importlib.metadata.version('ansible-core')} ({found})")


def _guard() -> Condition:
    if bridge_guard.possible():
        return Condition("guard", ok=True, says="labs are barred from this machine (root and iptables are here)")
    return Condition(
        "guard", ok=True, says="labs can reach this machine's listeners: barring them needs root and iptables"
    )
