"""YAML 1.2 read into a tree that knows its lines; safe against tags, deep nesting and alias bombs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from reports.yaml.mistakes import Mistake
from reports.yaml.tree import Node, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 20_000
"""More values than this, aliases expanded, nobody wrote."""
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""An escape such as `\\ud800`: it can be neither written nor printed."""

_TAG = "tag:yaml.org,2002:"
_TEXT = {f"{_TAG}str", f"{_TAG}timestamp"}
_NUMBERS = {f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool", f"{_TAG}null"}
_COLLECTIONS = {f"{_TAG}map", f"{_TAG}seq"}
_ADVICE = {
    "character '\\t'": "a tab; indent with spaces",
    "a flow mapping": "the {{ of line {begun} is not closed, or a comma is missing",
    "a flow sequence": "the [ of line {begun} is not closed, or a comma is missing",
    "a quoted scalar": "the quote of line {begun} is not closed",
    "expected <block end>": "indented otherwise than the mapping or list that begins on line {begun}",
    "mapping values are not allowed": "a colon too many; indent as the lines around, or put text with `: ` in quotes",
    "could not find expected ':'": "line {begun} is no setting; write `name: value`, with a space behind the colon",
    "cannot start any token": "text that begins with this character must be put in quotes",
    "undefined alias": "no anchor of this name; put text that begins with * in quotes",
}
"""What the parser says, in part, to how the author mends it; the first that fits is said instead."""
_MERGE = f"{_TAG}merge"


class _TooManyValuesError(Exception):
    pass


def read(raw: bytes, file: str) -> tuple[Node | None, list[Mistake]]:
    """Return the document and the mistakes in its form; no document when it cannot be read or is empty.

    `file` is how the mistakes name it. Times and dates stay text; keys are text whatever they look like.
    """
    reader = YAML(typ="safe", pure=True)
    builder = _Builder(file, reader.constructor)
    line = 1
    try:
        root = reader.compose(raw.decode())
        if root is not None:
            return builder.node(root, root.start_mark.line + 1), builder.mistakes
        says = "is empty"
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        says = "is not UTF-8 text"
    except ReaderError as error:
        line = raw.decode().count("\n", 0, error.position) + 1
        says = f"broken YAML: character {error.character!r} is not allowed"
    except MarkedYAMLError as error:
        line, says = _broken(error)
    except RecursionError:
        says = "is nested too deeply, or an alias contains itself"
    except _TooManyValuesError:
        says = f"has more than {MAX_VALUES} values, aliases expanded"
    return None, [Mistake(file, line, "", says)]


def _broken(error: MarkedYAMLError) -> tuple[int, str]:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    begun = error.context_mark.line + 1 if error.context_mark else line
    said = ", ".join(filter(None, [error.context, error.problem]))
    says = next((advice.format(begun=begun) for part, advice in _ADVICE.items() if part in said), said)
    return line, f"broken YAML at column {column}: {says}"


@dataclass
class _Builder:
    file: str
    constructor: Any
    mistakes: list[Mistake] = field(default_factory=list)
    values: int = 0

    def node(self, source: Any, line: int) -> Node:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _TooManyValuesError
        if source.tag not in _TEXT | _NUMBERS | _COLLECTIONS:
            self._add(source, f"tag {source.tag.replace(_TAG, '!!')} is not allowed; write plain values")
        elif isinstance(source, MappingNode):
            return Node(self._mapping(source), self.file, line)
        elif isinstance(source, SequenceNode):
            return Node([self.node(item, item.start_mark.line + 1) for item in source.value], self.file, line)
        elif source.tag in _NUMBERS:
            return Node(self._number(source), self.file, line)
        elif HALF_CHARACTER.search(source.value):
            self._add(source, f"{shown(source.value)} holds half a character, which is no text")
        text = HALF_CHARACTER.sub("?", source.value) if isinstance(source, ScalarNode) else None
        return Node(text, self.file, line)

    def _mapping(self, source: Any) -> dict[str, Node]:
        merged: dict[str, Node] = {}
        own: dict[str, Node] = {}
        for key, value in source.value:
            line = key.start_mark.line + 1
            if key.tag == _MERGE:
                for mapping in self._merged(value):
                    merged = {**mapping, **merged}
            elif not isinstance(key, ScalarNode) or HALF_CHARACTER.search(key.value):
                self._add(key, "a key must be text; put text that begins with { or [ in quotes")
            elif key.value in own:
                self._add(key, f"key {key.value!r} is here twice; first on line {own[key.value].line}")
            else:
                own[key.value] = self.node(value, line)
        return {**merged, **own}

    def _merged(self, value: Any) -> Iterator[dict[str, Node]]:
        for mapping in value.value if isinstance(value, SequenceNode) else [value]:
            node = self.node(mapping, mapping.start_mark.line + 1)
            if isinstance(node.value, dict):
                yield node.value
            else:
                self._add(value, "`<<` must name a mapping, or a list of mappings")

    def _number(self, source: Any) -> float | bool | None:
        try:
            value: float | bool | None = self.constructor.construct_object(source)
        except ValueError:
            self._add(source, f"{shown(source.value)} is not what its tag {source.tag.replace(_TAG, '!!')} says")
            return None
        return value

    def _add(self, source: Any, says: str) -> None:
        self.mistakes.append(Mistake(self.file, source.start_mark.line + 1, "", says))
