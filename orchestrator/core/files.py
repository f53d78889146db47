"""Drill files on disk: found by name, bounded in size, put together over `extends`."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import orchestrator
from orchestrator.core.builds import without_foreign_builds
from orchestrator.core.drill import first_existing
from orchestrator.core.errors import BadDrillError
from reports.yaml.lines import read
from reports.yaml.mistakes import Mistake, did_you_mean
from reports.yaml.tree import Node, shown

PROJECT = Path(orchestrator.__file__).parent.parent
DRILLS, PLAYBOOKS = PROJECT / "drills", PROJECT / "playbooks"
MAX_BYTES = 256 * 1024


@dataclass
class Source:
    """A drill file with all it extends: one tree, and the files it came from."""

    tree: Node | None = None
    """None when it cannot be read at all; `mistakes` then says why."""
    files: tuple[Path, ...] = ()
    """The file itself, then those it extends."""
    mistakes: list[Mistake] = field(default_factory=list)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return the file's own folder, then those of the files it extends."""
        return tuple(file.parent for file in self.files)


def shipped() -> list[Path]:
    """Return the drills that come with the project, negative controls last, each group by name."""
    return [*sorted(DRILLS.glob("*.yaml")), *sorted((DRILLS / "sabotaged").glob("*.yaml"))]


def find(name: str) -> Path:
    """Return the file of a drill by its path or its shipped name; raises BadDrillError with the nearest name."""
    path = first_existing(name, (Path(),))
    known = {path.stem: path for path in shipped()}
    # A folder may have a drill's name: an evidence directory is full of them.
    if path and not (path.is_dir() and name in known):
        return path
    if name in known:
        return known[name]
    says = f"no such file, and no drill of that name is shipped{did_you_mean(name, known)}"
    raise BadDrillError([Mistake(name, 0, "", says)])


def _by_name(name: str) -> Path | None:
    return next((path for path in shipped() if path.stem == name), None)


def read_source(file: Path, heirs: tuple[Path, ...] = ()) -> Source:
    """Return the file laid over what it extends; `heirs` are the files that extend it."""
    raw, problem = _bytes(file)
    if problem:
        return Source(mistakes=[Mistake(str(file), 0, "", problem)])
    tree, found = _read(raw, str(file))
    mistakes = [*found]
    if tree is not None and not isinstance(tree.value, dict):
        mistakes.append(tree.mistake((), f"must be a mapping of settings, not {shown(tree.value)}"))
        tree = None
    source = Source(tree, (file,), mistakes)
    if tree is None or "extends" not in tree.entries:
        return source
    parent = _parent(file, tree.entries["extends"], heirs)
    own = replace(tree, value={key: node for key, node in tree.entries.items() if key != "extends"})
    whole = without_foreign_builds(parent.tree, parent.tree.overlaid(own)) if parent.tree else None
    return Source(whole, (*source.files, *parent.files), [*mistakes, *parent.mistakes])


@functools.lru_cache(maxsize=256)
def _read(raw: bytes, file: str) -> tuple[Node | None, tuple[Mistake, ...]]:
    """Read a text once: many drills extend one, and the controls of a drill are looked for among all."""
    tree, mistakes = read(raw, file)
    return tree, tuple(mistakes)


def _parent(file: Path, extends: Node, heirs: tuple[Path, ...]) -> Source:
    def wrong(says: str) -> Source:
        return Source(mistakes=[Mistake(extends.file, extends.line, "extends", says)])

    if not isinstance(extends.value, str):
        return wrong(f"must be the path of a drill file, not {shown(extends.value)}")
    path = first_existing(extends.value, (file.parent,)) or _by_name(extends.value)
    if not path:
        return wrong(f"no file {file.parent / extends.value}")
    if not path.is_file():
        return wrong(f"{path} is not a file")
    parent = Path(os.path.normpath(path))
    family = (*heirs, file)
    if parent.resolve() in [heir.resolve() for heir in family]:
        return wrong(f"goes round in a circle: {' -> '.join(str(heir) for heir in (*family, parent))}")
    return read_source(parent, family)


def _bytes(file: Path) -> tuple[bytes, str]:
    """Return the content, or why there is none. The size is looked at first."""
    try:
        if not file.is_file():
            return b"", "is not a file" if file.exists() else "no such file"
        size = file.stat().st_size
        if size > MAX_BYTES:
            return b"", f"has {size / 1024:.0f} KiB; a drill file may have {MAX_BYTES // 1024}"
        return file.read_bytes(), ""
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}"
