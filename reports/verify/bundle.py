"""A bundle's manifest: every file that belongs to it, and the window whose runs it must hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reports import __version__, strict
from reports.facts.values import Day  # noqa: TC001 - pydantic reads it
from reports.verify import by_hand
from reports.verify.files import digest, is_plain, listing
from reports.verify.outcome import Checked, Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.register.state import RunRow, State
    from reports.verify.outcome import Remark

MANIFEST = "manifest.json"
GUIDE = "VERIFY.md"


class _Told(BaseModel):
    """What is asked of a manifest; the rest of it is for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Window(_Told):
    """From the first day to the last, both in it, in UTC; of these systems, or of all if none."""

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")
    systems: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}, {', '.join(self.systems) or 'all systems'}"


class File(_Told):
    """One file of the bundle."""

    path: str
    sha256: str


class Manifest(_Told):
    """A bundle's own account of itself; nobody signed it."""

    version: str
    window: Window
    files: tuple[File, ...]

    def wants(self, row: RunRow) -> bool:
        """Return whether a run belongs into the bundle."""
        window = self.window
        in_time = window.first <= row.started_at[:10] <= window.last
        return in_time and (not window.systems or row.system in window.systems)


def manifest(root: Path) -> Manifest | Fault:
    """Return the manifest of a bundle."""
    try:
        return Manifest.model_validate(strict.loads((root / MANIFEST).read_bytes()))
    except ValidationError as error:
        return Fault(Level.TAMPERED, "manifest-unreadable", MANIFEST, f"is none: {error.errors()[0]['msg']}")
    except ValueError as error:
        return Fault(Level.TAMPERED, "manifest-unreadable", MANIFEST, f"is none: {error}")


def remarks(root: Path, told: Manifest) -> Iterator[Remark]:
    """Yield whether the bundle's files are those of its manifest, and what nobody vouches for."""
    faults = [*_ambiguous(told), *_compared(root, told)]
    yield from faults
    if not faults:
        yield Checked("the bundle's files are those of its manifest, none missing, none more", MANIFEST)
    yield Unchecked(
        "the manifest, and what was derived for the window (tables, pictures, OSCAL, PDF), were signed by nobody: they "
        "are as good as who made the bundle, and can be made again from the runs"
    )
    yield Unchecked(f"whether this is the window that was asked for: the manifest tells of {told.window}", MANIFEST)


def _ambiguous(told: Manifest) -> Iterator[Fault]:
    paths = Counter(file.path for file in told.files)
    for path in (path for path, times in paths.items() if times > 1):
        yield Fault(Level.TAMPERED, "manifest-ambiguous", path, f"stands {paths[path]} times in the manifest")


def _compared(root: Path, told: Manifest) -> Iterator[Fault]:
    here = listing(root, "").files
    listed = {file.path: file.sha256 for file in told.files}
    for path in listed.keys() - here.keys():
        yield Fault(Level.INCOMPLETE, "file-missing", path, "is in the manifest, and is not there")
    for path in sorted(listed.keys() & here.keys()):
        if digest(here[path]) != listed[path]:
            yield Fault(Level.TAMPERED, "manifest-differs", path, "is not the file that the manifest lists")
    for path in sorted(here.keys() - listed.keys() - {MANIFEST}):
        yield Fault(Level.TAMPERED, "file-unlisted", path, "is not in the manifest")


def guide(root: Path, told: Manifest, state: State) -> Remark:
    """Return whether VERIFY.md is ours: nobody signed it, and it is about to be pasted into a shell."""
    page = by_hand.bundle_page(state.keys[-1].keyid if state.keys else "")
    if not is_plain(root / GUIDE):
        return Fault(Level.INCOMPLETE, "file-missing", GUIDE, "is not there")
    if told.version != __version__:
        return Unchecked("was written by another version: read it before anything of it is run", GUIDE)
    if not by_hand.is_one_of(root / GUIDE, [page]):
        return Fault(Level.TAMPERED, "guide-changed", GUIDE, "is not what this version writes: run nothing of it")
    return Checked("is the page that this version writes", GUIDE)
