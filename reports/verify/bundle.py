"""A bundle's manifest: every file that belongs to it, and the window whose runs it must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reports import strict
from reports.verify.files import digest, listing
from reports.verify.outcome import Checked, Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.register.state import RunRow
    from reports.verify.outcome import Remark

MANIFEST = "manifest.json"
GUIDE = "VERIFY.md"


class _Told(BaseModel):
    """What is asked of a manifest; the rest of it is for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Window(_Told):
    """From the first day to the last, both in it, in UTC; of these systems, or of all if none."""

    first: str = Field(alias="from")
    last: str = Field(alias="to")
    systems: tuple[str, ...]


class File(_Told):
    """One file of the bundle."""

    path: str
    sha256: str


class Manifest(_Told):
    """A bundle's own account of itself; nobody signed it."""

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
    """Yield whether the bundle's files are those of its manifest."""
    here = listing(root, "").files
    listed = {file.path: file.sha256 for file in told.files}
    faults = [
        *(
            Fault(Level.INCOMPLETE, "file-missing", path, "is in the manifest, and is not there")
            for path in listed.keys() - here.keys()
        ),
        *(
            Fault(Level.TAMPERED, "manifest-differs", path, "is not the file that the manifest lists")
            for path in sorted(listed.keys() & here.keys())
            if digest(here[path]) != listed[path]
        ),
        *(
            Fault(Level.TAMPERED, "file-unlisted", path, "is not in the manifest")
            for path in sorted(here.keys() - listed.keys() - {MANIFEST})
        ),
    ]
    yield from faults
    if not faults:
        yield Checked("the bundle's files are those of its manifest, none missing, none more", MANIFEST)
    yield Unchecked(
        "the manifest, and what was derived for the window (tables, pictures, OSCAL, PDF), were signed by nobody: they "
        "are as good as who made the bundle, and can be made again from the runs"
    )
