"""A spare is a second machine like a service's: of its type and image it says only what is different."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.yaml.tree import Node

ALIKE = ("type", "image", "build")


def with_spares_filled(tree: Node) -> Node:
    """Return the drill with the type, image and build of each spare, where it has none, from the service it is for.

    An image of its own has no build but its own.
    """
    services = tree.at("lab", "services").entries
    filled = {name: _filled(node, services) for name, node in services.items() if "spare_for" in node.entries}
    for name, node in filled.items():
        tree = tree.put(("lab", "services", name), node)
    return tree


def _filled(spare: Node, services: dict[str, Node]) -> Node:
    other = services.get(str(spare.entries["spare_for"].value))
    if other is None:
        return spare
    alike = [name for name in ALIKE if name in other.entries and not (name == "build" and "image" in spare.entries)]
    return replace(spare, value={**{name: other.entries[name] for name in alike}, **spare.entries})
