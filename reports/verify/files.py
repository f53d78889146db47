"""A folder's files as they lie there: what is no plain file is a fault, and is never opened."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.verify.outcome import Fault, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Listing:
    """The plain files below a folder by path (with slashes), and a fault for each thing that is something else."""

    files: dict[str, Path]
    faults: tuple[Fault, ...]


def listing(folder: Path, where: str) -> Listing:
    """Return what lies below a folder; links are not followed."""
    files: dict[str, Path] = {}
    faults: list[Fault] = []
    for path in _below(folder):
        name, mode = path.relative_to(folder).as_posix(), path.lstat().st_mode
        if stat.S_ISREG(mode):
            files[name] = path
        elif not stat.S_ISDIR(mode):
            kind = "a symbolic link" if stat.S_ISLNK(mode) else "no plain file"
            faults.append(Fault(Level.TAMPERED, "link", f"{where}/{name}", f"is {kind}"))
    return Listing(files, tuple(faults))


def is_plain(path: Path) -> bool:
    """Return whether there is a file of that name, and no link to one."""
    return path.is_file() and not path.is_symlink()


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
