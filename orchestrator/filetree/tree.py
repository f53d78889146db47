"""What a tree of files in a service's container holds, and what is different between two such looks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import TypeAdapter, ValidationError

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

PROGRAM = Path(__file__).with_name("list_tree.py").read_text(encoding="utf-8")
LAST_CHARACTERS = 300


class Entry(Settings):
    """What is at one path. Contents and attributes are digests keyed with a secret that no run keeps."""

    type: Literal["file", "folder", "link", "other", ""] = ""
    permissions: str = ""
    owner: str = ""
    attributes: str = ""
    size: int | None = None
    time: int | None = None
    """When the content was last changed, in nanoseconds since 1970."""
    content: str = ""
    """Of a file its bytes, of a link where it leads."""
    error: str = ""


Tree = dict[str, Entry]
TREE = TypeAdapter(Tree)


class Question(NamedTuple):
    """Which tree is looked at, and how."""

    service: str
    root: str
    exclude: tuple[str, ...]
    names: bool
    key: str


class Difference(NamedTuple):
    """One thing about one path."""

    path: str
    what: str
    """What a difference of this sort is counted as."""
    says: str


def take(lab: Lab, question: Question, timeout_s: float) -> Tree:
    """Return what the tree holds now; raises StepFailedError, also when the tree itself is not there."""
    asked = {name: value for name, value in question._asdict().items() if name != "service"}
    done = lab.execute(
        question.service, ["python3", "-c", PROGRAM], stdin=json.dumps(asked).encode(), timeout_s=timeout_s
    )
    try:
        tree = TREE.validate_json(done.output)
    except ValidationError:
        last = " | ".join(done.output.strip()[-LAST_CHARACTERS:].splitlines())
        raise StepFailedError(
            f"{question.service}: {question.root} cannot be listed: exit code {done.exit_code}: {last}"
        ) from None
    if len(tree) == 1 and (error := next(iter(tree.values())).error):
        raise StepFailedError(f"{question.service}: {question.root}: {error}")
    return tree


def differences(before: Tree, after: Tree) -> Iterator[Difference]:
    """Yield what is not as it was: what is missing, then what is there otherwise, then what was added."""
    for path in sorted(before.keys() - after.keys()):
        yield Difference(path, "missing", f"{path} is missing")
    for path in sorted(before.keys() & after.keys()):
        yield from _changes(path, before[path], after[path])
    for path in sorted(after.keys() - before.keys()):
        yield Difference(path, "added", f"{path} was added")


def counted(found: list[Difference]) -> dict[str, int]:
    """Return how many paths there are of each sort of difference."""
    return dict(Counter(what for _, what in dict.fromkeys((one.path, one.what) for one in found)))


def _changes(path: str, before: Entry, after: Entry) -> Iterator[Difference]:
    if after.error:
        yield Difference(path, "unreadable", f"{path} cannot be read: {after.error}")
        return
    if after.type != before.type:
        yield Difference(path, "changed", f"{path} is a {after.type}, not a {before.type}")
        return
    if after.size != before.size:
        yield Difference(path, "changed", f"{path} has {after.size} bytes, not {before.size}")
    elif after.content != before.content:
        where = "leads elsewhere" if after.type == "link" else "has another content of the same size"
        yield Difference(path, "changed", f"{path} {where}")
    if after.permissions != before.permissions:
        yield Difference(
            path, "other permissions", f"{path} has permissions {after.permissions}, not {before.permissions}"
        )
    if after.owner != before.owner:
        yield Difference(path, "other owner", f"{path} belongs to {after.owner}, not {before.owner}")
    if after.attributes != before.attributes:
        yield Difference(path, "other attributes", f"{path} has other extended attributes")
    if after.time != before.time:
        yield Difference(path, "other time", f"{path} has another time of its last change")
