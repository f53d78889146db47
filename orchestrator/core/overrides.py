"""`--set objectives.rto=30s`: values put over a drill by their dotted path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orchestrator.core.builds import without_foreign_builds
from orchestrator.core.drill import KIND_LISTS
from orchestrator.core.items import spelled_out
from reports.yaml.lines import read
from reports.yaml.mistakes import Mistake
from reports.yaml.tree import Node, dotted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.core.kind import Kind
    from reports.yaml.tree import Place

NOT_CRITERIA = {"drill", "title", "system", "owner", "lab", "workload", "steady", "seed"}
"""What may be set without altering what the run proves. All else marks the run, settings yet to come included."""


class _NoSuchPlaceError(Exception):
    pass


def apply(tree: Node, overrides: Sequence[str], kinds: Mapping[str, type[Kind]]) -> tuple[Node, list[Mistake]]:
    """Return the drill (spelled out) with each `path=value` put in, and the mistakes in the overrides themselves.

    A misspelt setting is put in too: the validation that follows knows the right names.
    """
    mistakes: list[Mistake] = []
    under = tree
    for text in overrides:
        source = f"--set {text}"
        path, equals, written = text.partition("=")
        if not (path and equals):
            mistakes.append(Mistake(source, 0, "", "write it as path=value, such as objectives.rto=30s"))
            continue
        value, broken = read(written.encode(errors="surrogateescape") or b"null", source)
        mistakes += (replace(mistake, line=0) for mistake in broken)
        if value is None or broken:
            continue
        try:
            tree = _put(tree, _place(tree, path.split("."), kinds), _from(value, source))
        except _NoSuchPlaceError as error:
            mistakes.append(Mistake(source, 0, path, str(error)))
        tree = spelled_out(tree, kinds)
    return without_foreign_builds(under, tree), mistakes


def altering(overrides: Sequence[str]) -> tuple[str, ...]:
    """Return those overrides that change what the run proves."""
    return tuple(text for text in overrides if text.partition("=")[0].split(".")[0] not in NOT_CRITERIA)


def _place(tree: Node, parts: list[str], kinds: Mapping[str, type[Kind]]) -> Place:
    """Return the place a path means: the name of an item's kind may be left out."""
    if len(parts) < 3 or parts[0] not in KIND_LISTS or not parts[1].isdecimal():  # noqa: PLR2004 - list, index, setting
        return tuple(parts)
    name = next(iter(tree.at(parts[0], int(parts[1])).entries), "")
    if name not in kinds:
        return tuple(parts)
    settings = parts[2:] if parts[2] != name else parts[3:] or [kinds[name].main]
    return (parts[0], int(parts[1]), name, *settings)


def _put(node: Node, place: Place, value: Node, done: Place = ()) -> Node:
    if not place:
        return value
    part, *rest = place
    if isinstance(node.value, list):
        if not str(part).isdecimal() or int(part) >= len(node.items):
            raise _NoSuchPlaceError(f"no item {part}; {dotted(done)} has {len(node.items)}, counted from 0")
        items = list(node.items)
        items[int(part)] = _put(items[int(part)], tuple(rest), value, (*done, part))
        return replace(node, value=items)
    if not isinstance(node.value, dict):
        raise _NoSuchPlaceError(f"{dotted(done)} has no settings of its own")
    inner = node.child(str(part)) or replace(value, value={})
    return replace(node, value={**node.value, str(part): _put(inner, tuple(rest), value, (*done, part))})


def _from(node: Node, source: str) -> Node:
    """Return the value without lines: a command line has none."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _from(inner, source) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_from(inner, source) for inner in value]
    return Node(value, source, 0)
