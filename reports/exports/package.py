"""A zip that can be made again byte for byte: files in the order of their names, without times of their own."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reports.exports.oscal_run import media_type
from reports.exports.window import CannotExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

MANIFEST = "manifest.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold."""
_MODE = 0o100644
_UNIX = 3


@dataclass(frozen=True)
class Dates:
    """What holds for a file: the day it speaks of, when it is due for renewal, and how long it is to be kept."""

    effective: date
    renewal: date
    retain_until: date


@dataclass(frozen=True, order=True)
class Packed:
    """One file of a package. `source` is where its content lies; `run` is empty for files of the whole window."""

    path: str
    sha256: str
    size: int
    source: Path
    dates: Dates = field(compare=False)
    run: str = ""

    def line(self) -> str:
        """Return its line in the manifest: path and digest come first, so that it can be read without a parser."""
        return json.dumps(
            {
                "path": self.path,
                "sha256": self.sha256,
                "bytes": self.size,
                "media_type": media_type(self.path),
                "run": self.run or None,
                "effective": str(self.dates.effective),
                "renewal": str(self.dates.renewal),
                "retain_until": str(self.dates.retain_until),
            }
        )


class Package:
    """Files that are to be packed; what is derived waits in the directory `staging`: memory holds none of it.

    `staging` is of this package alone, and on the file system that the package will stand on.
    """

    def __init__(self, staging: Path, dates: Dates) -> None:
        self._staging = staging
        self.dates = dates
        """What holds for files of the whole window."""
        self.files: list[Packed] = []

    def add(self, path: str, content: str | bytes, run: str = "", dates: Dates | None = None) -> Packed:
        """Add a file with this content."""
        raw = content.encode() if isinstance(content, str) else content
        source = self._staging / str(len(self.files))
        source.write_bytes(raw)
        packed = Packed(path, hashlib.sha256(raw).hexdigest(), len(raw), source, dates or self.dates, run)
        self.files.append(packed)
        return packed

    def take(self, path: str, source: Path, sha256: str, run: str, dates: Dates) -> Packed:
        """Add a file that lies elsewhere, of which the digest is known."""
        packed = Packed(path, sha256, source.stat().st_size, source, dates, run)
        self.files.append(packed)
        return packed

    def adopt(self, path: str, source: Path, run: str, dates: Dates) -> Packed:
        """Add a file that was written to `new_file`."""
        with source.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return self.take(path, source, digest, run, dates)

    def new_file(self) -> Path:
        """Return where something can be written before it is added."""
        return self._staging / f"new-{len(self.files)}"

    def manifest(self, facts: dict[str, Any]) -> None:
        """Add the manifest: these facts, then every other file in a line of its own."""
        head = json.dumps(facts, indent=1).removesuffix("\n}")
        lines = ",\n".join(packed.line() for packed in sorted(self.files))
        self.add(MANIFEST, f'{head},\n "files": [\n{lines}\n ]\n}}\n')

    def write(self, output: Path) -> None:
        """Write the zip; raises CannotExportError when a file changed meanwhile or the zip cannot be written."""
        # In the staging directory, which no other export writes to: two of them may make the same file at once.
        part = self._staging / "package"
        try:
            pack(part, ((packed.path, packed.source, packed.sha256) for packed in sorted(self.files)))
            part.replace(output)
        except OSError as error:
            raise CannotExportError(
                f"{output}: cannot be written: {error.strerror}", hint="free space, or name another file with --output"
            ) from error


def pack(output: Path, files: Iterable[tuple[str, Path, str]]) -> None:
    """Write a zip of files, each a path in the zip, where its content lies, and that content's digest.

    Raises CannotExportError when a content is another, and OSError.
    """
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path, source, sha256 in files:
            member = zipfile.ZipInfo(path, _EPOCH)
            member.compress_type, member.external_attr, member.create_system = zipfile.ZIP_DEFLATED, _MODE << 16, _UNIX
            member.file_size = source.stat().st_size
            with source.open("rb") as content, archive.open(member, "w") as packed:
                shutil.copyfileobj(content, packed)
            with source.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
                    raise CannotExportError(
                        f"{source}: changed while it was exported", hint="export again when no run is going on"
                    )
