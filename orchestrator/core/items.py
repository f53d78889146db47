"""Kinds in lists: `replace: db`, `replace: {service: db}` and `no-egress` are read into the kind's class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from orchestrator.core.drill import KIND_LISTS
from reports.yaml.mistakes import did_you_mean
from reports.yaml.tree import Node, shown
from reports.yaml.wording import mistakes_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.kind import Kind
    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Place


@dataclass(frozen=True)
class PlacedKind:
    """A kind of the drill, and where its settings stand."""

    place: Place
    kind: Kind


def spelled_out(tree: Node, kinds: Mapping[str, type[Kind]]) -> Node:
    """Return the drill with each item of its kinds as `{kind: {setting: value}}`; what is no kind stays as it is."""
    lists = {
        name: replace(node, value=[spelled_item(item, kinds) for item in node.value])
        for name in KIND_LISTS
        if (node := tree.at(name)) and isinstance(node.value, list)
    }
    return replace(tree, value={**tree.entries, **lists})


def spelled_item(item: Node, kinds: Mapping[str, type[Kind]]) -> Node:
    """Return one item of a list of kinds as `{kind: {setting: value}}`; what is no kind stays as it is."""
    if isinstance(item.value, str):
        return replace(item, value={item.value: replace(item, value={})})
    if len(item.entries) != 1:
        return item
    [(name, settings)] = item.entries.items()
    if settings.value is None:
        settings = replace(settings, value={})
    elif name in kinds and not isinstance(settings.value, dict):
        settings = replace(settings, value={kinds[name].main: settings})
    return replace(item, value={name: settings})


def read_kinds(tree: Node, kinds: Mapping[str, type[Kind]]) -> tuple[list[PlacedKind], list[Mistake]]:
    """Return all sound kinds of a drill spelled out, and the mistakes in the others."""
    found: list[PlacedKind] = []
    mistakes: list[Mistake] = []
    for name, family in KIND_LISTS.items():
        for index, item in enumerate(tree.at(name).items):
            if problem := _not_a_kind(item, family, kinds):
                mistakes.append(tree.mistake((name, index), problem))
                continue
            [(kind, settings)] = item.entries.items()
            place = (name, index, kind)
            try:
                found.append(PlacedKind(place, kinds[kind].model_validate(settings.plain())))
            except ValidationError as error:
                mistakes += mistakes_in(error, kinds[kind], tree, place)
    return found, mistakes


def _not_a_kind(item: Node, family: type[Kind], kinds: Mapping[str, type[Kind]]) -> str:
    """Return why the item cannot be one of the family; empty if it can."""
    sort = family.__name__.lower()
    if len(item.entries) != 1:
        names = f"the keys {', '.join(item.entries)}" if item.entries else shown(item.value)
        first = next(iter(item.entries), "")
        indent = f"; indent the settings of {first} below it" if first in kinds else ""
        return f"must be one {sort} as `kind: settings`, not {names}{indent}"
    [name] = item.entries
    if name not in kinds:
        right = [known for known, kind in kinds.items() if issubclass(kind, family)]
        return f"no {sort} named {name!r}{did_you_mean(name, right)}"
    if not issubclass(kinds[name], family):
        return f"{name!r} is a {sort_of(kinds[name])}, not a {sort}"
    return ""


def sort_of(kind: type[Kind]) -> str:
    """Return which sort of kind it is, in one word: step, workload, disaster, check or sabotage."""
    return next(family.__name__.lower() for family in KIND_LISTS.values() if issubclass(kind, family))
