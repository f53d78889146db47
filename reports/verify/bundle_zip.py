"""A zip from a stranger, unpacked only when it can hold nothing but plain files below one directory."""

from __future__ import annotations

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reports.verify.outcome import Fault, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_BYTES = 4 << 30
"""A bundle of 1,000 runs has some 300 MB."""
MOST_RATIO = 200
"""Times the zip's own size that its files may have together; evidence is compressed by 3 to 30."""
EXEMPT_BYTES = 16 << 20
"""What no machine minds, whatever its ratio."""

_END_RECORD = b"PK\5\6"
_END_RECORD_BYTES = 22
_LOCAL_BYTES, _TAG_BYTES = 30, 4
_DESCRIBED, _DESCRIPTOR_BYTES = 0x8, 24
"""A file that was packed as it came has its sizes behind it: 12 to 24 bytes, too few for another file."""
_SECOND_NAME = 0x7075
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_KNOWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE = 1 << 20
_LONGEST_PART, _MOST_PART_BYTES, _DEEPEST = 120, 255, 12
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the library raises for zips that are not sound."""


def unpack(bundle: Path, into: Path) -> tuple[Fault, ...]:
    """Unpack a bundle into an empty directory; return what is wrong with it. What is wrong is not unpacked.

    Raises OSError when the bundle cannot be read at all, or the directory not written.
    """
    try:
        with zipfile.ZipFile(bundle) as archive:
            faults = (*_shape(bundle, archive), *_members(archive), *_between(bundle, archive))
            return faults or tuple(_unpacked(archive, into))
    except _UNREADABLE as error:
        return (_fault("zip-unreadable", bundle.name, f"is no sound zip: {error}"),)


def _shape(bundle: Path, archive: zipfile.ZipFile) -> Iterator[Fault]:
    """Yield what stands in the zip beside its files: before, after, or too much of them."""
    members = archive.infolist()
    size = bundle.stat().st_size
    with bundle.open("rb") as file:
        file.seek(max(size - _END_RECORD_BYTES, 0))
        tail = file.read()
    if not tail.startswith(_END_RECORD) or not tail.endswith(b"\0\0"):
        yield _fault("zip-trailing-bytes", bundle.name, "goes on after its last file")
    if min((member.header_offset for member in members), default=0) > 0:
        yield _fault("zip-leading-bytes", bundle.name, "does not begin with its first file")
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES or total > max(EXEMPT_BYTES, size * MOST_RATIO):
        yield _fault("zip-bomb", bundle.name, f"{size:,} bytes say that they hold {total:,}")


def _between(bundle: Path, archive: zipfile.ZipFile) -> Iterator[Fault]:
    """Yield what only readers would find that take a zip from its start, or that know files by second names."""
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    starts = [*(member.header_offset for member in members), archive.start_dir]
    with bundle.open("rb") as file:
        for member, following in zip(members, starts[1:], strict=True):
            if member.header_offset < 0:
                raise zipfile.BadZipFile(f"{member.orig_filename} begins before its first byte")
            file.seek(member.header_offset)
            name, extra = struct.unpack("<26xHH", file.read(_LOCAL_BYTES))
            end = member.header_offset + _LOCAL_BYTES + name + extra + member.compress_size
            if not 0 <= following - end <= (_DESCRIPTOR_BYTES if member.flag_bits & _DESCRIBED else 0):
                yield _fault("zip-hidden-bytes", member.orig_filename, "is followed by bytes of no file of the list")
            file.seek(name, os.SEEK_CUR)
            if _SECOND_NAME in {*_tags(member.extra), *_tags(file.read(extra))}:
                yield _fault("zip-path", member.orig_filename, "has another name for some readers")


def _tags(extra: bytes) -> Iterator[int]:
    """Yield the kinds of what a zip says of a file beside its list's own columns."""
    while len(extra) >= _TAG_BYTES:
        tag, size = struct.unpack_from("<HH", extra)
        yield tag
        extra = extra[_TAG_BYTES + size :]


def _members(archive: zipfile.ZipFile) -> Iterator[Fault]:
    """Yield what is wrong with the zip's list of files."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for member in archive.infolist():
        name = member.orig_filename
        yield from _kind(member)
        if not _is_plain(name):
            yield _fault("zip-path", name, "is no plain path below the bundle")
        path = PurePosixPath(name)
        for folder in map(str, [*path.parents, path] if member.is_dir() else path.parents):
            if (known := folders.setdefault(_alike(folder), folder)) != folder:
                yield _fault("zip-duplicate", folder, f"is the same folder as {known} to some systems")
        if not member.is_dir() and (known := files.setdefault(_alike(name), name)) != name:
            yield _fault("zip-duplicate", name, f"is the same file as {known} to some systems")
    names = Counter(member.orig_filename for member in archive.infolist())
    for name in (name for name, times in names.items() if times > 1):
        yield _fault("zip-duplicate", name, f"stands {names[name]} times in the zip")
    for name in files.keys() & folders.keys():
        yield _fault("zip-path", files[name], "is a file, and a folder too")


def _alike(name: str) -> str:
    """Return what some file systems take a name for: without case, its accents composed."""
    return unicodedata.normalize("NFC", name).casefold()


def _kind(member: zipfile.ZipInfo) -> Iterator[Fault]:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        yield _fault("zip-link", member.orig_filename, "is a symbolic link")
    elif kind not in {0, stat.S_IFREG, stat.S_IFDIR} or (member.is_dir() and member.file_size):
        yield _fault("zip-special", member.orig_filename, "is neither a file nor a folder")
    if member.flag_bits & _ENCRYPTED:
        yield _fault("zip-encrypted", member.orig_filename, "is encrypted")
    if member.compress_type not in _KNOWN_METHODS:
        yield _fault("zip-method", member.orig_filename, f"is compressed by method {member.compress_type}")


def _is_plain(name: str) -> bool:
    """Return whether a name means the same file everywhere, below the directory it is unpacked to."""
    parts = name.removesuffix("/").split("/")
    return (
        all(part not in {"", ".", ".."} for part in parts)
        and all(len(part) <= _LONGEST_PART and len(part.encode()) <= _MOST_PART_BYTES for part in parts)
        and len(parts) <= _DEEPEST
        and name.isprintable()
        and not any(letter in name for letter in '\\:*?"<>|')
    )


def _unpacked(archive: zipfile.ZipFile, into: Path) -> Iterator[Fault]:
    """Unpack file by file; yield those whose content is not what the zip's list says."""
    for member in archive.infolist():
        target = into / member.orig_filename
        if member.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        written = 0
        try:
            with archive.open(member) as source, target.open("xb") as file:
                while piece := source.read(_PIECE):
                    written += file.write(piece)
        except _UNREADABLE as error:
            yield _fault("zip-unreadable", member.orig_filename, f"cannot be unpacked: {error}")
        else:
            if written != member.file_size:
                says = f"has {written:,} bytes instead of {member.file_size:,}"
                yield _fault("zip-unreadable", member.orig_filename, says)


def _fault(name: str, where: str, says: str) -> Fault:
    return Fault(Level.TAMPERED, name, where, says)
