"""Playbooks on the lab: what they are given, what is kept of them, what they hand back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import backups, endpoints
from orchestrator.core.lab_objects import ansible_inventory
from orchestrator.core.ports import PlaybookRun, TaskResult
from reports.facts.events import FactsHandedBack, TaskFinished

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.core.lab import Lab
    from reports.facts.events import BeforeDisaster, TargetSet


@dataclass(frozen=True)
class Part:
    """How much of a playbook is run: which tags, and on which service; empty: all of it."""

    tags: tuple[str, ...] = ()
    service: str = ""


WHOLE = Part()


def run_playbook(
    lab: Lab, playbook: Path, settings: Mapping[str, object], *, timeout_s: float, part: Part = WHOLE
) -> str:
    """Run a playbook on the lab, keep the facts it hands back for those after it; return how many tasks it took.

    What one handed back that is limited to a service is for those that are limited to the same.

    Raises StepFailedError or StepTimedOutError.
    """
    tasks: list[TaskResult] = []

    def on_task(result: TaskResult) -> None:
        tasks.append(result)
        fact = TaskFinished(
            phase=lab.progress.phase,
            number=lab.progress.step,
            task=result.task,
            service=result.host,
            outcome=result.outcome,
            started=result.started,
            finished=result.finished,
            says=result.says,
        )
        lab.ports.journal.append(fact)

    backups.choose(lab, part.service)
    limit = lab.behind(part.service)
    job = PlaybookRun(
        playbook=playbook,
        inventory=ansible_inventory(lab.run, lab.loaded.drill.lab.services, limit),
        extra_vars={**playbook_facts(lab, part.service), **settings},
        folder=lab.folder / "steps" / f"{lab.progress.phase}-{lab.progress.step}-{playbook.stem}",
        timeout_s=timeout_s,
        tags=part.tags,
        limit=limit,
        stopped=lab.stopping.is_set,
    )
    facts = lab.ports.playbooks.run(job, on_task)
    if facts:
        lab.handed_back_by(part.service).update(facts)
        backups.keep(lab, part.service, facts)
        lab.ports.journal.append(FactsHandedBack(facts=facts))
        endpoints.move(lab, facts)
    return f"{len(tasks)} tasks"


def playbook_facts(lab: Lab, service: str = "") -> dict[str, object]:
    """Return the facts that every playbook gets, or one that is limited to a service."""
    handed_back = {**lab.handed_back, **lab.handed_back_by(service)}
    target = lab.targets_told.get(service, lab.target)
    return facts_for(lab.run, lab.loaded.drill.drill, target, lab.before_disaster, handed_back)


def facts_for(
    run: str, drill: str, target: TargetSet, before: BeforeDisaster | None, handed_back: Mapping[str, object]
) -> dict[str, object]:
    """Return the facts for playbooks of a run; those handed back by earlier ones come last and win."""
    where = {"type": target.mode, "time": target.server_time}
    return {
        "drill_run": run,
        "drill_name": drill,
        "drill_recovery_target": {key: value for key, value in where.items() if value},
        **({"drill_before_disaster": before.server_time} if before else {}),
        **handed_back,
    }
