"""What makes the tiers of a recovery fit together: names that exist, an order there is, one tier for each step."""

from __future__ import annotations

import itertools
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from orchestrator.core.items import PlacedKind
    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Node


def tier_mistakes(tree: Node, recovery: Sequence[PlacedKind], services: Collection[str]) -> Iterator[Mistake]:
    """Yield every mistake in the tiers that a drill declares."""
    tiers = tree.at("tiers").entries
    yield from _unknown_names(tree, services)
    after = {name: [one for one in _names(tier.at("after")) if one in tiers] for name, tier in tiers.items()}
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        yield tree.mistake(("tiers", error.args[1][-1], "after"), f"they wait for each other: {circle}")
    members = Counter(service for name in tiers for service in _members(tree, name))
    for service in sorted(service for service, count in members.items() if count > 1):
        both = " and ".join(name for name in tiers if service in _members(tree, name))
        yield tree.mistake(("tiers",), f"{service} is in {both}; a service is in one tier")
    first = [placed.place for placed in itertools.takewhile(lambda placed: not placed.kind.services(), recovery)]
    for placed in recovery if tiers else ():
        if placed.place in first:
            continue
        belongs = {name for name in tiers for service in placed.kind.services() if service in _members(tree, name)}
        if not belongs:
            known = ", ".join(members)
            says = f"belongs to no tier: it must name one of their services, {known}, or come before all steps that do"
            yield tree.mistake(placed.place, says)
        elif len(belongs) > 1 and max(members.values()) == 1:
            yield tree.mistake(placed.place, f"belongs to {len(belongs)} tiers: {', '.join(sorted(belongs))}")


def _unknown_names(tree: Node, services: Collection[str]) -> Iterator[Mistake]:
    tiers = tree.at("tiers").entries
    for name, tier in tiers.items():
        for one in _names(tier.at("after")):
            if one not in tiers:
                yield tree.mistake(("tiers", name, "after"), f"no tier named {one!r}{did_you_mean(one, tiers)}")
        for service in _members(tree, name):
            if service not in services:
                place = ("tiers", name, "services") if "services" in tier.entries else ("tiers", name)
                yield tree.mistake(place, f"no service named {service!r}{did_you_mean(service, services)}")


def _members(tree: Node, name: str) -> list[str]:
    services = tree.at("tiers", name, "services")
    return [name] if services.value is None else _names(services)


def _names(node: Node) -> list[str]:
    return [item.value for item in node.items if isinstance(item.value, str)]
