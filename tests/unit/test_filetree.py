"""Trees of files: what is read of them, and what counts as a difference."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from orchestrator.filetree import list_tree
from orchestrator.filetree.tree import PROGRAM, TREE, Difference, Entry, Tree, counted, differences

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a small tree."""
    tree = tmp_path / "tree"
    (tree / "reports").mkdir(parents=True)
    (tree / "reports" / "1.txt").write_text("one")
    (tree / "reports" / "2.txt").write_text("two")
    (tree / "newest").symlink_to("reports/2.txt")
    (tree / "cache").mkdir()
    (tree / "cache" / "page").write_text("cached")
    return tree


def taken(root: Path, *exclude: str, key: bytes = KEY, names: bool = True) -> Tree:
    """Return what a tree holds."""
    return TREE.validate_python(list_tree.listed(root, exclude, key, names=names))


def test_everything_is_listed_but_what_is_excluded(root: Path) -> None:
    """The root too; an excluded folder with all that is in it; a link is not followed."""
    assert sorted(taken(root)) == [".", "cache", "cache/page", "newest", "reports", "reports/1.txt", "reports/2.txt"]
    assert sorted(taken(root, "cache", "reports/*2*")) == [".", "newest", "reports", "reports/1.txt"]
    assert [entry.type for _, entry in sorted(taken(root, "cache").items())] == [
        "folder",
        "link",
        "folder",
        "file",
        "file",
    ]


def test_the_program_tells_the_same_in_a_process_of_its_own(root: Path) -> None:
    """As it runs in a container: asked and answered in JSON."""
    asked = {"root": str(root), "exclude": ["cache"], "key": KEY.hex(), "names": True}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(asked).encode(), capture_output=True, check=True
    )
    assert TREE.validate_json(done.stdout) == taken(root, "cache")


def test_without_the_key_neither_content_nor_name_can_be_guessed(root: Path) -> None:
    """Another key gives other digests of both; the same key the same."""
    hidden, other = taken(root, names=False), taken(root, key=b"other", names=False)
    assert hidden == taken(root, names=False)
    assert len(hidden) == len(taken(root))
    assert not {*hidden} & {*other, *taken(root)}
    assert taken(root)["reports/1.txt"].content != taken(root, key=b"other")["reports/1.txt"].content


def test_a_name_that_is_no_text_is_told_by_its_bytes(root: Path) -> None:
    """Every file of the evidence can hold it."""
    (root / os.fsdecode(b"caf\xe9")).touch()
    assert "caf\\xe9" in taken(root)


def test_a_tree_as_it_was_has_no_differences(root: Path) -> None:
    """Also after it was kept as JSON."""
    kept = json.loads(json.dumps(TREE.dump_python(taken(root), exclude_defaults=True)))
    assert list(differences(TREE.validate_python(kept), taken(root))) == []


def test_each_change_of_a_file_is_told(root: Path) -> None:
    """Missing, another content of the same size, another size, other permissions, added, another link."""
    before = taken(root)
    times = {name: (root / name).stat() for name in ("reports/1.txt", "reports/2.txt")}
    (root / "reports" / "1.txt").write_text("eno")
    (root / "reports" / "2.txt").write_text("two and more")
    for name, was in times.items():
        os.utime(root / name, ns=(was.st_atime_ns, was.st_mtime_ns))
    (root / "reports" / "2.txt").chmod(0o600 if times["reports/2.txt"].st_mode & 0o077 else 0o640)
    (root / "cache" / "page").unlink()
    (root / "new").touch(mode=0o600)
    (root / "newest").unlink()
    (root / "newest").symlink_to("reports/1.txt")
    found = list(differences(before, taken(root)))
    assert [one[:2] for one in found] == [
        ("cache/page", "missing"),
        ("newest", "changed"),
        ("reports/1.txt", "changed"),
        ("reports/2.txt", "changed"),
        ("reports/2.txt", "other permissions"),
        ("new", "added"),
    ]
    assert counted(found) == {"missing": 1, "changed": 3, "other permissions": 1, "added": 1}


FILE = Entry(type="file", permissions="0640", owner="0:33", attributes="a", size=3, time=7, content="c")


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        ({"type": "folder"}, "changed", "x is a folder, not a file"),
        ({"size": 2, "content": "d"}, "changed", "x has 2 bytes, not 3"),
        ({"content": "d"}, "changed", "x has another content of the same size"),
        ({"permissions": "0666"}, "other permissions", "x has permissions 0666, not 0640"),
        ({"owner": "0:0"}, "other owner", "x belongs to 0:0, not 0:33"),
        ({"attributes": "b"}, "other attributes", "x has other extended attributes"),
        ({"time": 8}, "other time", "x has another time of its last change"),
    ],
)
def test_a_difference_is_said_in_words(change: dict[str, object], what: str, says: str) -> None:
    """Each property by itself."""
    assert list(differences({"x": FILE}, {"x": FILE.model_copy(update=change)})) == [Difference("x", what, says)]


def test_what_cannot_be_read_any_more_is_told_as_that_only() -> None:
    """Nothing else is known of it."""
    assert list(differences({"x": FILE}, {"x": Entry(error="Input/output error")})) == [
        Difference("x", "unreadable", "x cannot be read: Input/output error")
    ]


def test_a_link_that_leads_elsewhere_is_told_without_where() -> None:
    """Where a link leads may tell as much as a name."""
    link = Entry(type="link", permissions="0777", owner="0:0", attributes="a", content="c")
    found = list(differences({"x": link}, {"x": link.model_copy(update={"content": "d"})}))
    assert found == [Difference("x", "changed", "x leads elsewhere")]
