"""Drills on backups that somebody else made by hand, each declared in six lines; nothing is ever written to them."""

from __future__ import annotations

import gzip
import io
import os
import secrets
import shutil
import tarfile
import time
from typing import TYPE_CHECKING

import pytest
from foreign_backups import PASSPHRASE, make, traces
from six_lines import run, states

from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.core.docker_port import ContainerSpec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHOP = ", stanza: shop"
# What root could try from inside; each must fail, and leave no trace.
ATTEMPTS = (
    "touch /mnt/existing/new",
    "touch /mnt/existing/note",
    "echo more >> /mnt/existing/note",
    "truncate --size=0 /mnt/existing/note",
    "rm /mnt/existing/note",
    "mv /mnt/existing/note /mnt/existing/other",
    "ln /mnt/existing/note /mnt/existing/other",
    "mkdir /mnt/existing/folder",
    "chmod 777 /mnt/existing/note",
    "chown 1 /mnt/existing",
    "mount -o remount,rw /mnt/existing",
    "umount /mnt/existing",
)


@pytest.fixture(scope="module")
def backups(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pgBackRest repository, and an encrypted one; their stanza is `shop`."""
    return make(tmp_path_factory.mktemp("foreign"))


def test_a_repository_is_drilled_in_six_lines_and_bears_no_trace_of_it(backups: Path, tmp_path: Path) -> None:
    """PASS, to the last commit that was archived; not a byte, mode or time of the repository is another."""
    before = traces(backups)
    code, record, said = run(tmp_path, backups / "pgbackrest", "pgbackrest", SHOP)
    assert (code, states(record)) == (0, {}), said
    assert (record["existing"]["picked"], record["existing"]["among"]) == ("newest", 2)
    restored = next(one for one in record["findings"] if one["name"] == "postgres-restored")
    assert restored["seen"]["rows_of"]["shop: public.beats"] == 5
    assert "the last commit that was replayed" in record["rpo"]["method"]
    assert traces(backups) == before


def test_dumps_are_drilled_in_six_lines(backups: Path, tmp_path: Path) -> None:
    """The newest of each database, a directory and a zipped script, with the roles that own and may read."""
    before = traces(backups / "dumps")
    code, record, said = run(tmp_path, backups / "dumps", "dump", ", zone: UTC")
    assert (code, states(record)) == (0, {}), said
    restored = next(one for one in record["findings"] if one["name"] == "postgres-restored")
    rows = restored["seen"]["rows_of"]
    assert (rows["shop: public.beats"], rows["more: public.notes"]) == (5, 1)
    assert "the beginning of the dump" in record["rpo"]["method"]
    assert traces(backups / "dumps") == before


@pytest.mark.acceptance
def test_a_base_backup_is_drilled_in_six_lines_with_the_archive_beside_it(backups: Path, tmp_path: Path) -> None:
    """Packed, it is replayed to the archive's end; plain and without an archive, to its own.

    A copy's files are of another time: when it ended is told by what they hold.
    """
    tomorrow = time.time() + 86400
    os.utime(backups / "base" / "plain" / "backup_manifest", (tomorrow, tomorrow))
    before = traces(backups)
    code, record, said = run(tmp_path, backups / "base", "base-backup", f", archive: {backups}/wal")
    assert (code, states(record)) == (0, {}), said
    assert record["existing"]["label"] == "tar"
    restored = next(one for one in record["findings"] if one["name"] == "postgres-restored")
    assert restored["seen"]["rows_of"]["shop: public.beats"] == 5
    code, record, said = run(tmp_path, backups / "base" / "plain", "base-backup")
    assert (code, states(record)) == (0, {}), said
    assert record["existing"]["started"] <= record["existing"]["stopped"] < record["started_utc"]
    assert traces(backups) == before


@pytest.mark.acceptance
def test_a_packed_base_backup_with_a_changed_byte_is_refused(backups: Path, tmp_path: Path) -> None:
    """As a plain one is: by its manifest, before the server starts on it."""
    shutil.copytree(backups / "base" / "tar", tmp_path / "tar")
    packed = tmp_path / "tar" / "base.tar.gz"
    raw = bytearray(gzip.decompress(packed.read_bytes()))
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        raw[tar.getmember("base/1/1259").offset_data + 100] ^= 1
    packed.write_bytes(gzip.compress(raw, 1))
    code, record, said = run(tmp_path, tmp_path / "tar", "base-backup", "")
    assert (code, "is damaged: take another" in states(record)["recovery-step"]) == (1, True), said


@pytest.mark.acceptance
def test_a_heartbeat_tells_the_age_before_anything_else_does(backups: Path, tmp_path: Path) -> None:
    """Of an encrypted repository, whose passphrase stands in no file of the evidence; a backup named is restored."""
    key = tmp_path / "key"
    key.write_text(f"{PASSPHRASE}\n")
    label = next(path.name for path in (backups / "encrypted/backup/shop").iterdir() if path.name.endswith("F"))
    more = f"{SHOP}, key_file: {key}, pick: {label}, heartbeat: {{table: beats, column: at, database: shop}}"
    code, record, said = run(tmp_path, backups / "encrypted", "pgbackrest", more)
    assert (code, states(record)) == (0, {}), said
    assert record["rpo"]["method"].startswith("Age of the newest heartbeat in the recovered data, ")
    assert record["existing"]["label"] == label
    kept = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert [path for path in kept if PASSPHRASE.encode() in path.read_bytes()] == []


@pytest.mark.acceptance
def test_a_gap_in_the_archive_is_found_though_the_server_says_nothing(backups: Path, tmp_path: Path) -> None:
    """In a copy: a segment gone after the first backup, which is the only one left."""
    copy = tmp_path / "copy"
    shutil.copytree(backups / "pgbackrest", copy, symlinks=True)
    archive = next(copy.glob("archive/shop/15-1/*"))
    segments = sorted(path for path in archive.iterdir() if len(path.name.partition("-")[0]) == 24)
    segments[-3].unlink()
    first = min(path.name for path in (copy / "backup/shop").iterdir() if path.name.endswith("F"))
    code, record, said = run(tmp_path, copy, "pgbackrest", f"{SHOP}, pick: {first}")
    assert (code, list(states(record))) == (1, ["replayed-to-end"]), said


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("base", "source", "more", "fault"),
    [
        ("pgbackrest", "pgbackrest", SHOP, "flipped-byte"),
        ("dump", "dumps/more.sql.gz", ", zone: UTC", "truncated"),
        ("base-backup", "base/plain", ", archive: {}/wal", "missing-wal"),
        pytest.param("pgbackrest", "pgbackrest", SHOP, "truncated", marks=pytest.mark.acceptance),
        pytest.param("dump", "dumps", ", zone: UTC", "flipped-byte", marks=pytest.mark.acceptance),
        pytest.param("base-backup", "base", "", "truncated", marks=pytest.mark.acceptance),
        pytest.param("base-backup", "base/plain", "", "flipped-byte", marks=pytest.mark.acceptance),
    ],
)
def test_a_spoilt_copy_is_caught(  # noqa: PLR0913, PLR0917 - a table of cases
    backups: Path, tmp_path: Path, base: str, source: str, more: str, fault: str
) -> None:
    """For the reason that the fault names; the backup itself stays as it is."""
    before = traces(backups)
    code, record, said = run(
        tmp_path, backups / source, base, more.format(backups), "--sabotage", f"spoil-existing-{fault}"
    )
    assert (code, record["control"]["caught"]) == (0, True), (states(record), said)
    assert traces(backups) == before


def test_what_cannot_be_drilled_is_refused_before_anything_is_built(backups: Path, tmp_path: Path) -> None:
    """Another stanza, no key, an empty folder, no folder: exit 2, with what is wrong."""
    (tmp_path / "empty").mkdir()
    before = traces(backups)
    refusals = {
        "has no stanza 'main'; it has: shop": (backups / "pgbackrest", ""),
        "is encrypted, and no key is given": (backups / "encrypted", SHOP),
        "is empty: there is no backup in it": (tmp_path / "empty", SHOP),
        "no such file or folder": (tmp_path / "nowhere", SHOP),
    }
    for says, (source, more) in refusals.items():
        code, record, said = run(tmp_path, source, "pgbackrest", more)
        assert (code, record, says in said) == (2, {}, True), said
    assert not (tmp_path / "nowhere").exists()
    assert traces(backups) == before


@pytest.mark.parametrize(
    ("source", "more", "says"),
    [
        ("pgbackrest", f"{SHOP}, until: 2020-01-01T00:00:00Z", "lies outside of what backups and archive cover"),
        pytest.param(
            "encrypted",
            f"{SHOP}, key_file: {{}}/wrong-key",
            "pgbackrest cannot read the repository",
            marks=pytest.mark.acceptance,
        ),
    ],
)
def test_what_cannot_be_recovered_from_a_repository_is_inconclusive(
    backups: Path, tmp_path: Path, source: str, more: str, says: str
) -> None:
    """A target outside of what is covered, another key: nothing is recovered or written, and the reason is told."""
    (tmp_path / "wrong-key").write_text("another\n")
    before = traces(backups)
    code, record, said = run(tmp_path, backups / source, "pgbackrest", more.format(tmp_path))
    assert code == 3, said
    assert says in states(record)["protect-step"]
    assert traces(backups) == before


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[str]:
    """Return a container that has a folder of this machine the way a lab has an existing backup."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "note").write_text("kept")
    docker, name = DockerEngine(), f"dmtest-{secrets.token_hex(4)}"
    spec = ContainerSpec(
        name=name,
        image="drillmaster/base:bookworm",
        network="none",
        alias="",
        labels={"drillmaster.test": name},
        sources={str(source): "/mnt/existing"},
        command=("sleep", "300"),
    )
    docker.create_container(spec, {})
    docker.start(name)
    yield name
    docker.remove_container(name)


def test_nothing_that_root_tries_from_inside_changes_the_source(inside: str, tmp_path: Path) -> None:
    """Every attempt fails, and the source is as it was."""
    docker, before = DockerEngine(), traces(tmp_path / "source")
    failed = [docker.execute(inside, ["sh", "-c", attempt], user="root").exit_code != 0 for attempt in ATTEMPTS]
    assert dict(zip(ATTEMPTS, failed, strict=True)) == dict.fromkeys(ATTEMPTS, True)
    assert traces(tmp_path / "source") == before
