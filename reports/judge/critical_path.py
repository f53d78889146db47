"""The critical path: of tiers that were recovered side by side, those that the last service had to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import Phase

if TYPE_CHECKING:
    from reports.facts.events import StepFinished, Tier
    from reports.folder import RunFolder


def path_to(folder: RunFolder, service: str) -> tuple[str, ...]:
    """Return the tiers that a service waited for, first to last: its own, the last done before it, and so on back.

    A service of no tier waited for the last of all. Empty where the recovery has no tiers.
    """
    tiers = {tier.name: tier for tier in folder.planned.tiers}
    if not tiers:
        return ()
    done = _done(folder)
    own = next((tier for tier in tiers.values() if service in tier.services), None)
    last = own or tiers[max(tiers, key=lambda name: done.get(name, 0))]
    return tuple(reversed(_back_from(last, tiers, done)))


def steps_to(folder: RunFolder, service: str) -> list[StepFinished]:
    """Return the recovery steps that a service waited for: they do not overlap."""
    path = path_to(folder, service)
    steps = [step for step in folder.steps(Phase.RECOVER) if not step.tier or step.tier in path]
    return sorted(steps, key=lambda step: step.started.monotonic_ns)


def _done(folder: RunFolder) -> dict[str, int]:
    done: dict[str, int] = {}
    for step in folder.steps(Phase.RECOVER):
        done[step.tier] = max(done.get(step.tier, 0), step.finished.monotonic_ns)
    return done


def _back_from(tier: Tier, tiers: dict[str, Tier], done: dict[str, int]) -> list[str]:
    before = [name for name in tier.after if name in tiers]
    if not before:
        return [tier.name]
    return [tier.name, *_back_from(tiers[max(before, key=lambda name: done.get(name, 0))], tiers, done)]
