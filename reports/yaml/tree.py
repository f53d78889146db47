"""A file as written: every value knows the file and line it came from, through `extends` and `--set`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from reports.yaml.mistakes import Mistake

Place = tuple[str | int, ...]
"""Keys and list indexes from the top of the file."""

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Node:
    """One value with its source; a mapping's entry stands on its key's line."""

    value: dict[str, Node] | list[Node] | str | float | bool | None
    file: str
    line: int

    def plain(self) -> Any:
        """Return the value without sources."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    @property
    def entries(self) -> dict[str, Node]:
        """Return a mapping's entries; nothing for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """Return a list's items; nothing for any other value."""
        return self.value if isinstance(self.value, list) else []

    def child(self, part: str | int) -> Node | None:
        """Return what stands at one key or index, or None."""
        if isinstance(part, int):
            return self.items[part] if part < len(self.items) else None
        return self.entries.get(part)

    def follow(self, place: Place) -> tuple[Place, Node]:
        """Return the parts of `place` that exist here, and the last node reached.

        Parts that lead nowhere are left out: a validator's place also names the union members it tried.
        """
        node, found = self, list[str | int]()
        for part in place:
            child = node.child(part)
            if child is not None:
                node = child
                found.append(part)
        return tuple(found), node

    def at(self, *place: str | int) -> Node:
        """Return the node at `place`, or an empty one on the nearest line."""
        found, node = self.follow(place)
        return node if found == place else replace(node, value=None)

    def put(self, place: Place, node: Node) -> Node:
        """Return this with `node` in place of the one at `place`, which exists."""
        if not place:
            return node
        part, *rest = place
        inner = self.at(part).put(tuple(rest), node)
        if isinstance(self.value, list):
            return replace(self, value=[inner if index == part else item for index, item in enumerate(self.value)])
        return replace(self, value={**self.entries, str(part): inner})

    def mistake(self, place: Place, says: str) -> Mistake:
        """Return the mistake at `place`, on the line of what exists of it."""
        node = self.follow(place)[1]
        return Mistake(node.file, node.line, dotted(place), says)

    def overlaid(self, over: Node) -> Node:
        """Return this with `over` on top: mappings are merged deeply, all else is replaced."""
        if not (isinstance(self.value, dict) and isinstance(over.value, dict)):
            return over
        merged = dict(self.value)
        for key, node in over.value.items():
            merged[key] = merged[key].overlaid(node) if key in merged else node
        return replace(over, value=merged)


def dotted(place: Place) -> str:
    """Return a place as `--set` takes it: `recover.0.timeout`."""
    return ".".join(str(part) for part in place)


def shown(value: object) -> str:
    """Return a value as a mistake quotes it: as written, shortened; collections by name."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
