"""The check `files-restored`: what it asks, and what it makes of what was read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.kinds.checks.files_restored import FilesRestored
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

FOLDER, LINK = {"type": "folder"}, {"type": "link", "content": "a"}
FULL, EMPTY = {"type": "file", "size": 1200}, {"type": "file", "size": 0}


def looked(world: World, lab: Lab, tree: dict[str, Any], **settings: Any) -> tuple[Finding, dict[str, Any]]:
    """Return what is found of a tree, and what was asked of the container."""
    asked: dict[str, Any] = {}

    def python(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        asked.update(json.loads(stdin))
        return Completed(0, json.dumps(tree))

    world.docker.programs["python3"] = python
    [finding] = FilesRestored(service="db", **settings).look(lab)
    return finding, asked


@pytest.mark.parametrize(
    ("tree", "filled", "state", "says"),
    [
        ({".": FOLDER, "a": FULL, "b": EMPTY, "c": LINK}, (), State.HELD, "2 files read to the last byte: 1,200 bytes"),
        ({".": FOLDER, "a": FULL}, ("a",), State.HELD, "1 file read to the last byte: 1,200 bytes"),
        ({".": FOLDER, "a": FULL, "b": EMPTY}, ("b",), State.VIOLATED, "nothing in b, or no such file"),
        ({".": FOLDER, "a": FULL}, ("b",), State.VIOLATED, "nothing in b, or no such file"),
        ({".": FOLDER, "b": EMPTY}, (), State.VIOLATED, "1 file, and not one byte"),
        ({".": FOLDER}, (), State.VIOLATED, "0 files, and not one byte"),
        (
            {".": FOLDER, "a": FULL, "b": {"error": "Input/output error"}},
            (),
            State.VIOLATED,
            "1 path cannot be read: b: Input/output error",
        ),
    ],
)
def test_what_was_read_is_judged(  # noqa: PLR0913, PLR0917 - a table of cases
    world: World, lab: Lab, tree: dict[str, Any], filled: tuple[str, ...], state: State, says: str
) -> None:
    """Nothing but bytes is content."""
    finding, _ = looked(world, lab, tree, filled=filled)
    assert (finding.state, finding.says) == (state, f"db: /srv/files: {says}")


def test_what_the_labs_own_server_put_there_is_left_out(world: World, lab: Lab) -> None:
    """Else an empty tree would hold something."""
    _, asked = looked(world, lab, {".": FOLDER})
    assert (asked["root"], asked["exclude"]) == ("/srv/files", [".identity", "drillmaster"])


def test_a_tree_that_is_not_there_is_a_fault_of_what_was_recovered(world: World, lab: Lab) -> None:
    """Not a doubt."""
    finding, _ = looked(world, lab, {".": {"error": "No such file or directory"}})
    assert (finding.state, finding.says) == (State.VIOLATED, "db: /srv/files: No such file or directory")
