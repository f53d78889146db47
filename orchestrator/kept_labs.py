"""The use case of a lab that was left standing: procedures are written and tried on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import UnreadableRunError
from orchestrator.registering import reading
from reports.facts.events import BeforeDisaster, FactsHandedBack, TargetSet

if TYPE_CHECKING:
    from pathlib import Path


def inventory(folder: Path) -> dict[str, object]:
    """Return the Ansible inventory of a run whose lab was kept, with the facts its playbooks get.

    Raises UnreadableRunError when nothing of the lab stands.
    """
    from orchestrator.adapters.ansible import inventory as in_ansibles_form
    from orchestrator.adapters.docker_engine import DockerEngine
    from orchestrator.core.declared_lab import LabDeclaration
    from orchestrator.core.lab_objects import RUN, ansible_inventory
    from orchestrator.core.procedures import facts_for
    from reports.folder import RunFolder

    if folder.name not in DockerEngine().labelled(RUN, folder.name):
        raise UnreadableRunError(
            f"{folder.name}: nothing of its lab stands", hint="keep one: drillmaster run … --until disaster --keep-lab"
        )
    with reading():
        run = RunFolder.read(folder)
    services = LabDeclaration.model_validate(run.planned.effective_drill["lab"]).services
    handed_back = {name: value for back in run.all(FactsHandedBack) for name, value in back.facts.items()}
    target = run.first(TargetSet) or TargetSet(mode="latest")
    facts = facts_for(folder.name, run.planned.drill, target, run.first(BeforeDisaster), handed_back)
    return {"all": {**in_ansibles_form(ansible_inventory(folder.name, services))["all"], "vars": facts}}
