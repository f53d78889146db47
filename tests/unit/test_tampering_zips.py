"""The tampering matrix, part five: zips from strangers."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tampering import INCOMPLETE, SOUND, TAMPERED, names, verified

from reports.verify import bundle_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sealed_evidence import SealedEvidence

FILE, LINK, PIPE = 0o100644 << 16, 0o120777 << 16, 0o010644 << 16


@pytest.fixture(scope="module")
def packed(sound: SealedEvidence) -> bytes:
    """Sound evidence as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in sound.directory.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(sound.directory))
    return buffer.getvalue()


def added(name: str, content: bytes = b"x", attributes: int = FILE) -> Callable[[bytes], bytes]:
    """Return what puts one more file into a zip, whatever its name."""

    def change(raw: bytes) -> bytes:
        buffer = io.BytesIO(raw)
        with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
            # What the library would not write is put in place of as many letters.
            member = zipfile.ZipInfo("x" * len(name) if name.isascii() else name)
            member.external_attr = attributes
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue().replace(b"x" * len(name), name.encode())

    return change


def replaced(signature: bytes, offset: int, form: str, value: int) -> Callable[[bytes], bytes]:
    """Return what changes a field of the zip's first record of a kind."""

    def change(raw: bytes) -> bytes:
        at = raw.index(signature) + offset
        return raw[:at] + struct.pack(form, value) + raw[at + struct.calcsize(form) :]

    return change


def _again(raw: bytes) -> bytes:
    """Put the register in a second time."""
    buffer = io.BytesIO(raw)
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("register.jsonl", archive.read("register.jsonl"))
    return buffer.getvalue()


def _commented(raw: bytes) -> bytes:
    buffer = io.BytesIO(raw)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"all of this was approved"
    return buffer.getvalue()


def _bomb(raw: bytes) -> bytes:
    return added("zeros", bytes(200 << 20))(raw)


def _file_that_the_list_lacks(raw: bytes) -> bytes:
    """Put one more file behind the last: the list at the end knows nothing of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("register.jsonl", b"another")
    more = buffer.getvalue().partition(CENTRAL)[0]
    end = raw.rindex(END)
    (listed_at,) = struct.unpack_from("<I", raw, end + 16)
    told = raw[end : end + 16] + struct.pack("<I", listed_at + len(more)) + raw[end + 20 :]
    return raw[:listed_at] + more + raw[listed_at:end] + told


def _second_name(raw: bytes) -> bytes:
    """Give one more file a name for readers that know of Unicode names (Info-ZIP), and another for the rest."""
    name, second = "notes", b"register.jsonl"
    member = zipfile.ZipInfo(name)
    member.external_attr = FILE
    crc = zlib.crc32(name.encode())
    member.extra = struct.pack("<HHBI", 0x7075, 5 + len(second), 1, crc) + second
    buffer = io.BytesIO(raw)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(member, b"another")
    return buffer.getvalue()


CENTRAL, LOCAL, END = b"PK\1\2", b"PK\3\4", b"PK\5\6"
DEFLATE64 = 9
ATTACKS: dict[str, tuple[Callable[[bytes], bytes], set[str]]] = {
    "up-and-out": (added("../../outside"), {"zip-path"}),
    "up-in-the-middle": (added("a/../../outside"), {"zip-path"}),
    "absolute": (added("/etc/cron.d/x"), {"zip-path"}),
    "backslashes": (added("..\\outside"), {"zip-path"}),
    "a-drive": (added("C:outside"), {"zip-path"}),
    "nobodys-name": (added("a//b"), {"zip-path"}),
    "the-folder-itself": (added("./a"), {"zip-path"}),
    "a-name-with-a-terminals-command": (added("a\x1b[2J"), {"zip-path"}),
    "a-name-that-ends-for-some": (added("register.jsonl\0.txt"), {"zip-path"}),
    "a-name-that-reads-backwards": (added("a\u202etxt.sh"), {"zip-path"}),
    "an-endless-name": (added("x" * 300), {"zip-path"}),
    "a-name-of-too-many-bytes": (added("\u5b57" * 100), {"zip-path"}),
    "endless-folders": (added("/".join("abcdefghijklmnop")), {"zip-path"}),
    "a-file-that-is-a-folder": (added("register.jsonl/x"), {"zip-path"}),
    "a-folder-with-a-content": (added("folder/", b"x"), {"zip-special"}),
    "a-link": (added("link", b"/etc/passwd", LINK), {"zip-link"}),
    "a-pipe": (added("pipe", b"", PIPE), {"zip-special"}),
    "a-name-twice": (_again, {"zip-duplicate"}),
    "a-name-in-capitals": (added("REGISTER.jsonl"), {"zip-duplicate"}),
    "a-folder-in-capitals": (added("Postgres-volume-loss/x"), {"zip-duplicate"}),
    "an-encrypted-file": (replaced(CENTRAL, 8, "<H", 1), {"zip-encrypted"}),
    "another-compression": (replaced(CENTRAL, 10, "<H", DEFLATE64), {"zip-method"}),
    "a-bomb": (_bomb, {"zip-bomb"}),
    "a-file-larger-than-it-says": (replaced(CENTRAL, 24, "<I", 1), {"zip-unreadable"}),
    "a-file-smaller-than-it-says": (replaced(CENTRAL, 24, "<I", 1 << 20), {"zip-unreadable"}),
    "another-checksum": (replaced(CENTRAL, 16, "<I", 1), {"zip-unreadable"}),
    "another-name-inside": (replaced(LOCAL, 30, "<B", ord("z")), {"zip-unreadable"}),
    "a-comment": (_commented, {"zip-trailing-bytes"}),
    "a-file-that-the-list-lacks": (_file_that_the_list_lacks, {"zip-hidden-bytes"}),
    "a-second-name": (_second_name, {"zip-path"}),
    "bytes-after-it": (lambda raw: raw + b"more", {"zip-trailing-bytes"}),
    "bytes-before-it": (lambda raw: b"#!/bin/sh\n" + raw, {"zip-leading-bytes"}),
    "cut-short": (lambda raw: raw[: len(raw) // 2], {"zip-unreadable"}),
    "no-zip-at-all": (lambda _: b"PK, but nothing of a zip", {"zip-unreadable"}),
}


def test_a_sound_zip_is_verified_as_its_directory_is(sound: SealedEvidence, packed: bytes, tmp_path: Path) -> None:
    """The same register, the same runs, the same remarks."""
    (tmp_path / "bundle.zip").write_bytes(packed)
    as_zip, as_directory = verified(sound, tmp_path / "bundle.zip"), verified(sound)
    assert (as_zip.exit_code, as_zip.what) == (SOUND, str(tmp_path / "bundle.zip"))
    assert as_zip.remarks == as_directory.remarks


@pytest.mark.parametrize(("change", "faults"), ATTACKS.values(), ids=ATTACKS)
def test_an_unsound_zip_is_told_by_its_own_name(
    change: Callable[[bytes], bytes], faults: set[str], sound: SealedEvidence, packed: bytes, tmp_path: Path
) -> None:
    """Nothing of it is looked at any further."""
    (tmp_path / "bundle.zip").write_bytes(change(packed))
    outcome = verified(sound, quick=True, path=tmp_path / "bundle.zip")
    assert (set(names(outcome)), outcome.exit_code) == (faults, TAMPERED)


def test_a_zip_that_was_packed_as_it_came_is_sound(sound: SealedEvidence, packed: bytes, tmp_path: Path) -> None:
    """Each file's sizes stand behind it then, as in a zip out of a pipe."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with zipfile.ZipFile(io.BytesIO(packed)) as whole:
        pipe = Pipe()
        with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in whole.namelist():
                archive.writestr(name, whole.read(name))
    (tmp_path / "b.zip").write_bytes(pipe.getvalue())
    outcome = verified(sound, quick=True, path=tmp_path / "b.zip")
    assert (set(names(outcome)), outcome.exit_code) == (set(), SOUND)


def test_nothing_is_unpacked_outside(tmp_path: Path) -> None:
    """Nor is anything unpacked of a zip that tries."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"x")
        archive.writestr("../outside", b"x")
    (tmp_path / "b.zip").write_bytes(buffer.getvalue())
    (tmp_path / "into").mkdir()
    assert [fault.where for fault in bundle_zip.unpack(tmp_path / "b.zip", tmp_path / "into")] == ["../outside"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["b.zip", "into"]


def test_what_is_missing_in_a_zip_is_missing(sound: SealedEvidence, packed: bytes, tmp_path: Path) -> None:
    """A zip that is sound itself is held to the same rules as a directory."""
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as whole,
        zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as part,
    ):
        for name in whole.namelist():
            if not name.startswith(sound.where("failed")):
                part.writestr(name, whole.read(name))
    outcome = verified(sound, quick=True, path=tmp_path / "b.zip")
    assert (set(names(outcome)), outcome.exit_code) == ({"run-missing"}, INCOMPLETE)


def test_a_file_that_begins_before_the_zip_is_told(tmp_path: Path) -> None:
    """Where the end record says that the list of files stands further on than it does."""
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a", b"{}")
    raw = bytearray((tmp_path / "b.zip").read_bytes())
    raw[-6] += 100
    (tmp_path / "b.zip").write_bytes(raw)
    (tmp_path / "into").mkdir()
    (fault,) = bundle_zip.unpack(tmp_path / "b.zip", tmp_path / "into")
    assert (fault.name, fault.says) == ("zip-unreadable", "is no sound zip: a begins before its first byte")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_makes_a_traceback(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is wrong with a zip is a fault that is told."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.json", b"{}" * 50)
        archive.writestr("c", b"")
    raw = bytearray(buffer.getvalue())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[at] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "b.zip").write_bytes(raw[: data.draw(st.integers(1, len(raw)))])
    (folder / "into").mkdir()
    assert all(fault.level == TAMPERED for fault in bundle_zip.unpack(folder / "b.zip", folder / "into"))
