"""The check `files-content`: what it asks, and how it tells what it found. What counts: tests/unit/test_filetree.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.checks.files_content import FilesContent
from reports.facts.events import Finding, ManifestTaken, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

CHECK = FilesContent(service="db", path="/etc/app", exclude=("cache",))
FOLDER = {"type": "folder", "permissions": "0755", "owner": "0:0", "attributes": "a"}
FILE = {
    "type": "file",
    "permissions": "0640",
    "owner": "0:0",
    "attributes": "a",
    "size": 1200,
    "time": 1,
    "content": "c",
}
TREE: dict[str, dict[str, object]] = {".": FOLDER, "app.conf": FILE}


class Tree:
    """A container's Python that lists this tree, and remembers what it was asked."""

    def __init__(self, world: World, **entries: dict[str, object]) -> None:
        self.entries, self.asked = {**TREE, **entries}, dict[str, object]()
        self.output = ""
        world.docker.programs["python3"] = self.run

    def run(self, container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG002 - a program
        """List."""
        self.asked = json.loads(stdin)
        return Completed(1, self.output) if self.output else Completed(0, json.dumps(self.entries))


@pytest.fixture
def tree(world: World) -> Tree:
    """Return the tree in the container."""
    return Tree(world)


def test_it_remembers_what_is_there(lab: Lab, world: World, tree: Tree) -> None:
    """The journal has the amount; the key that contents are hidden with is no part of the evidence."""
    CHECK.remember(lab)
    [fact] = world.journal.facts
    assert isinstance(fact, ManifestTaken)
    assert fact.says == "1 files of 1,200 bytes and 1 folders and links"
    key = str(tree.asked.pop("key"))
    assert tree.asked == {"root": "/etc/app", "exclude": ["cache"], "names": True}
    assert bytes.fromhex(key).decode() in lab.secrets.all()
    assert not [file for file in lab.folder.rglob("*") if file.is_file() and key in file.read_text()]


def test_the_same_tree_is_held(lab: Lab, tree: Tree) -> None:
    """The finding tells how much was looked at, and what was not."""
    CHECK.remember(lab)
    assert tree.entries == TREE
    assert CHECK.look(lab) == [
        Finding(
            name="files-content",
            state=State.HELD,
            says="db: /etc/app: 1 files of 1,200 bytes and 1 folders and links are as they were",
            seen={"paths": 2, "excluded": ["cache"], "counts": {}, "differences": []},
        )
    ]


def test_what_is_different_is_counted_and_named(lab: Lab, tree: Tree) -> None:
    """Each sort by itself, the first difference in the sentence."""
    CHECK.remember(lab)
    tree.entries = {".": FOLDER, "app.conf": {**FILE, "permissions": "0666"}, "new": FILE}
    assert CHECK.look(lab) == [
        Finding(
            name="files-content",
            state=State.VIOLATED,
            says="db: /etc/app: app.conf has permissions 0666, not 0640, and 1 more differences",
            seen={
                "paths": 3,
                "excluded": ["cache"],
                "counts": {"other permissions": 1, "added": 1},
                "differences": ["app.conf has permissions 0666, not 0640", "new was added"],
            },
        )
    ]


def test_of_many_differences_twenty_are_named_and_all_counted(lab: Lab, tree: Tree) -> None:
    """Names may be personal, and a reader needs no more."""
    tree.entries |= {f"{number:02}": FILE for number in range(23)}
    CHECK.remember(lab)
    tree.entries = dict(TREE)
    [finding] = CHECK.look(lab)
    assert finding.says == "db: /etc/app: 00 is missing, and 22 more differences"
    assert finding.seen["counts"] == {"missing": 23}
    assert finding.seen["differences"] == [f"{number:02} is missing" for number in range(20)]
    assert finding.seen["further_differences"] == 3


def test_the_ledgers_folder_is_left_out_of_a_file_services_tree(lab: Lab, tree: Tree) -> None:
    """The ledger judges its own files one by one; of another tree nothing is left out unasked."""
    FilesContent(service="db").remember(lab)
    assert (tree.asked["root"], tree.asked["exclude"]) == ("/srv/files", ["drillmaster"])


def test_a_healthy_tree_that_cannot_be_read_ends_the_drill(lab: Lab, tree: Tree) -> None:
    """There would be nothing to compare with."""
    tree.entries = {**TREE, "secret": {"error": "Permission denied"}}
    with pytest.raises(StepFailedError, match=r"^db: secret cannot be read: Permission denied$"):
        CHECK.remember(lab)


def test_a_tree_that_is_gone_is_violated(lab: Lab, tree: Tree) -> None:
    """A fault of what was recovered, not a doubt."""
    CHECK.remember(lab)
    tree.entries = {".": {"error": "No such file or directory"}}
    [gone] = CHECK.look(lab)
    assert (gone.state, gone.says) == (State.VIOLATED, "db: /etc/app: No such file or directory")
    tree.output = "/etc/app/x: Input/output error\n"
    [torn] = CHECK.look(lab)
    says = "db: /etc/app cannot be listed: exit code 1: /etc/app/x: Input/output error"
    assert (torn.state, torn.says) == (State.VIOLATED, says)


def test_without_a_memory_the_content_is_unknown(lab: Lab) -> None:
    """There is nothing to compare with."""
    says = "db: nothing was remembered before the disaster to compare with"
    assert CHECK.look(lab) == [Finding(name="files-content", state=State.UNKNOWN, says=says)]
