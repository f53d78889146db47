"""Recovery by tiers: those that depend on each other one after another, independent ones side by side."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from orchestrator.core.errors import CannotRunError, DrillmasterError, EvidenceError
from orchestrator.core.lab_parts import Progress
from orchestrator.core.scribe import Scribe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.drill import Drill, Tier
    from orchestrator.core.kind import Step
    from orchestrator.core.lab import Lab

Numbered = list[tuple[int, "Step"]]


def services_of(name: str, tier: Tier) -> tuple[str, ...]:
    """Return the services of a tier."""
    return tier.services if tier.services is not None else (name,)


def tiers_of(step: Step, tiers: Mapping[str, Tier]) -> list[str]:
    """Return the tiers whose services a step names: a sound drill has one for each step that names any."""
    return [name for name, tier in tiers.items() if {*step.services()} & {*services_of(name, tier)}]


def recover(lab: Lab, drill: Drill) -> None:
    """Run the recovery's steps in order, those of independent tiers side by side; raises the first error of a step.

    Steps that name no service are of no tier, and come before all of them. A tier that fails lets the others end; those
    after it are not begun, and their steps are recorded as skipped. Whatever else ends this first, a request to stop
    among it, ends what still goes on: it returns with nothing at work.
    """
    steps: Numbered = [*enumerate(drill.recover, start=1)]
    if not drill.tiers:
        Scribe(lab).steps(steps)
        return
    Scribe(lab).steps(one for one in steps if not one[1].services())
    parted = {name: [one for one in steps if name in tiers_of(one[1], drill.tiers)] for name in drill.tiers}
    scribes = {name: Scribe(lab.beside(Progress(lab.progress.phase, tier=name))) for name in parted}
    order = TopologicalSorter({name: tier.after for name, tier in drill.tiers.items()})
    order.prepare()
    failed: dict[str, DrillmasterError] = {}
    with ThreadPoolExecutor(len(parted)) as pool:
        running: dict[Future[None], str] = {}
        try:
            while order.is_active():
                running |= {pool.submit(scribes[name].steps, parted[name]): name for name in order.get_ready()}
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(done)
                    if error := _failure(done):
                        failed[name] = error
                    else:
                        order.done(name)
        except BaseException:
            _end(lab)
            raise
    _skip(parted, scribes, drill.tiers, failed)
    for failure in failed.values():
        raise failure


def _failure(done: Future[None]) -> DrillmasterError | None:
    """Return the error of the step that failed, or None; raises what is no failure of the drill's."""
    error = done.exception()
    if isinstance(error, DrillmasterError) and not isinstance(error, EvidenceError):
        return error
    done.result()
    return None


def _end(lab: Lab) -> None:
    """End what other threads do in the lab: playbooks are told, and all else ends with the containers it waits for."""
    lab.stopping.set()
    for service in lab.loaded.drill.lab.services:
        with suppress(CannotRunError):
            if lab.is_running(service):
                lab.kill(service)


def _skip(
    parted: Mapping[str, Numbered],
    scribes: Mapping[str, Scribe],
    tiers: Mapping[str, Tier],
    failed: Mapping[str, DrillmasterError],
) -> None:
    """Record the steps of the tiers that come after a failed one, at whatever distance."""
    lacking = {name: name for name in failed}
    for name in TopologicalSorter({name: tier.after for name, tier in tiers.items()}).static_order():
        if name in failed or not (missing := [lacking[one] for one in tiers[name].after if one in lacking]):
            continue
        lacking[name] = missing[0]
        for number, step in parted[name]:
            scribes[name].skipped(number, step, f"not begun: {missing[0]}, which {name} comes after, was not recovered")
