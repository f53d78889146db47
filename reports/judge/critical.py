"""The critical step: what of the recovery time a team should shorten first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import Phase
from reports.judge.story import steps
from reports.measures import CriticalStep
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.folder import RunFolder
    from reports.measures import Rto, RtoPart, ServiceMeasures

SHORTENABLE = {"detect", "decide", "step", "replay", "first-write"}
"""Confirming the damage is the drill's own work, and what is unexplained has no name."""


def critical_step(folder: RunFolder, rto: Rto, services: Sequence[ServiceMeasures]) -> CriticalStep | None:
    """Return the largest part that a team can shorten, assumed time of people included; None when nothing is known.

    Of several services: on the critical path, and only until another one is the last to be back.
    """
    parts = [part for part in rto.parts if part.kind in SHORTENABLE]
    if not rto.achieved_s or not parts:
        return None
    largest = max(parts, key=lambda part: part.seconds)
    share = largest.seconds / rto.achieved_s
    says = f"{largest.name} takes {duration(largest.seconds)}, {share:.0%} of the recovery time"
    return CriticalStep(
        name=largest.name,
        seconds=largest.seconds,
        share=share,
        says=f"{says}{_longest_task(folder, largest)}{_until(rto.achieved_s, largest, services)}.",
    )


def _until(achieved_s: float, part: RtoPart, services: Sequence[ServiceMeasures]) -> str:
    """Return how much can be won before a service that did not wait for this part is the last to be back."""
    others = [one for one in services if one.was_out and part.name not in {its.name for its in one.rto.parts}]
    known = [(one.rto.achieved_s, one.service) for one in others if one.rto.achieved_s is not None]
    if not known:
        return ""
    back_s, service = max(known)
    return f"; shortening it wins at most {duration(achieved_s - back_s)}: then {service} is the last to be back"


def _longest_task(folder: RunFolder, part: RtoPart) -> str:
    tasks = [
        task for step in steps(folder) if (step.phase, step.title) == (Phase.RECOVER, part.name) for task in step.tasks
    ]
    if not tasks:
        return ""
    longest = max(tasks, key=lambda task: task.seconds)
    return f"; its longest task is “{longest.task}”, {duration(longest.seconds)}"
