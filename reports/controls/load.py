"""Control files read into frozen values: the shipped ones and a user's own, every mistake in all of them at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from reports.controls.model import Control, FrameworkFile
from reports.yaml.lines import read
from reports.yaml.mistakes import Mistake, did_you_mean
from reports.yaml.wording import mistakes_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.yaml.tree import Node, Place

SHIPPED = Path(__file__).parent


class BadControlsError(Exception):
    """Control files that cannot be used; carries every mistake found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class UnknownFrameworkError(Exception):
    """A framework that no file describes; the message names the nearest."""


def load(directories: Iterable[Path] = ()) -> tuple[Control, ...]:
    """Return the shipped controls and those in users' directories (`*.yaml`), by framework, in the files' order.

    Raises BadControlsError with every mistake in all files.
    """
    mistakes: list[Mistake] = []
    sources: list[tuple[FrameworkFile, Node]] = []
    for file in _files([SHIPPED, *directories], mistakes):
        source, wrong = _read(file)
        mistakes += wrong
        sources += [source] if source else []
    mistakes += _twice(sources)
    if mistakes:
        raise BadControlsError(mistakes)
    sources.sort(key=lambda source: source[0].framework.key)
    return tuple(Control(framework=file.framework, **dict(entry)) for file, _ in sources for entry in file.controls)


def of_framework(controls: Iterable[Control], key: str) -> tuple[Control, ...]:
    """Return a framework's controls; raises UnknownFrameworkError when there are none of that key."""
    every = tuple(controls)
    found = tuple(control for control in every if control.framework.key == key)
    if not found:
        raise UnknownFrameworkError(
            f"no framework {key!r}{did_you_mean(key, {control.framework.key for control in every})}"
        )
    return found


def _files(directories: Iterable[Path], mistakes: list[Mistake]) -> Iterator[Path]:
    for directory in dict.fromkeys(directories):
        files = sorted(directory.glob("*.yaml"))
        if not files:
            says = "holds no *.yaml" if directory.is_dir() else "is no directory"
            mistakes.append(Mistake(str(directory), 0, "", says))
        yield from files


def _read(file: Path) -> tuple[tuple[FrameworkFile, Node] | None, list[Mistake]]:
    try:
        tree, mistakes = read(file.read_bytes(), str(file))
    except OSError as error:
        return None, [Mistake(str(file), 0, "", f"cannot be read: {error.strerror}")]
    if tree is None:
        return None, mistakes
    try:
        return (FrameworkFile.model_validate(tree.plain()), tree), mistakes
    except ValidationError as error:
        return None, [*mistakes, *mistakes_in(error, FrameworkFile, tree)]


def _twice(sources: list[tuple[FrameworkFile, Node]]) -> Iterator[Mistake]:
    """Yield what has the name of something before it."""
    seen: dict[tuple[str, str], Node] = {}
    for what, name, tree, place in _names(sources):
        if first := seen.get((what, name)):
            yield tree.mistake(place, f"{what} {name!r} is here twice; first in {first.file}:{first.line}")
        else:
            seen[what, name] = tree.at(*place)


def _names(sources: list[tuple[FrameworkFile, Node]]) -> Iterator[tuple[str, str, Node, Place]]:
    """Yield what has a name of its own: each framework's key and each control's id, and where it stands."""
    for file, tree in sources:
        yield "framework", file.framework.key, tree, ("framework", "key")
        for number, entry in enumerate(file.controls):
            yield "control", entry.id, tree, ("controls", number, "id")
