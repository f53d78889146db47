"""Drills on what Barman, restic, Redis and an old PostgreSQL left elsewhere; nothing is ever written to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from foreign_backups import (
    BARMAN_IMAGE,
    BY_BARMAN,
    BY_HAND,
    BY_REDIS,
    BY_RESTIC,
    FILES_IMAGE,
    OLD_IMAGE,
    PASSPHRASE,
    REDIS_IMAGE,
    make,
    traces,
)
from six_lines import run, states

if TYPE_CHECKING:
    from pathlib import Path

SHOP, CACHE, FILES = ", stanza: shop", ", service: cache", ", service: files, key_file: {key}, of: "
APP, EMPTY = "'app:/home/app'", "'other:/empty'"
FROM_17 = """\
-- PostgreSQL database dump
-- Dumped from database version 17.2
CREATE TABLE public.notes AS SELECT 'kept' AS note;
"""
NEWER_REDIS = b"REDIS0012\xfa\x09redis-ver\x058.2.1\xff"


@pytest.fixture(scope="module")
def barman(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a server's folder that Barman has filled with two backups, and WAL after each."""
    return make(tmp_path_factory.mktemp("barman"), BY_BARMAN, BARMAN_IMAGE) / "barman" / "orders"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a restic repository, a password, RDB files of two days, and one of an empty Redis."""
    folder = make(tmp_path_factory.mktemp("kept"), BY_RESTIC, FILES_IMAGE)
    make(folder, BY_REDIS, REDIS_IMAGE)
    (folder / "key").write_text(f"{PASSPHRASE}\n")
    (folder / "wrong-key").write_text("another\n")
    return folder


@pytest.mark.acceptance
def test_barmans_folder_is_drilled_in_six_lines_and_bears_no_trace_of_it(barman: Path, tmp_path: Path) -> None:
    """To the last commit that was archived; its files are nobody's whom the lab knows."""
    before = traces(barman)
    code, record, said = run(tmp_path, barman, "barman")
    assert (code, states(record)) == (0, {}), said
    restored = next(one for one in record["findings"] if one["name"] == "postgres-restored")
    assert restored["seen"]["rows_of"]["shop: public.beats"] == 3
    assert (record["existing"]["picked"], record["existing"]["among"]) == ("newest", 2)
    assert "the last commit that was replayed" in record["rpo"]["method"]
    assert traces(barman) == before


@pytest.mark.acceptance
@pytest.mark.parametrize(("more", "rows"), [(", pick: random", 3), (", pick: {oldest}, until: backup-end", 0)])
def test_any_of_barmans_backups_can_be_picked(barman: Path, tmp_path: Path, more: str, rows: int) -> None:
    """Drawn by the run's seed, or by its name and no further than its own end."""
    oldest = min(path.name for path in (barman / "base").iterdir())
    code, record, said = run(tmp_path, barman, "barman", more.format(oldest=oldest), "--set", "seed=7")
    assert (code, states(record), record["seed"]) == (0, {}, 7), said
    restored = next(one for one in record["findings"] if one["name"] == "postgres-restored")
    assert restored["seen"]["rows_of"]["shop: public.beats"] == rows
    assert record["existing"]["picked"] == ("named" if "oldest" in more else "random")


@pytest.mark.acceptance
def test_a_restic_repository_is_drilled_in_six_lines_and_bears_no_trace_of_it(kept: Path, tmp_path: Path) -> None:
    """The newest snapshot of one tree among those of others, with the password in no file of the evidence."""
    before = traces(kept)
    code, record, said = run(tmp_path, kept / "restic", "restic", FILES.format(key=kept / "key") + APP)
    assert (code, states(record)) == (0, {}), said
    restored = next(one for one in record["findings"] if one["name"] == "files-restored")
    assert (restored["seen"]["files"], restored["seen"]["bytes"]) == (2, 500_010)
    assert (record["existing"]["among"], "the beginning of the snapshot" in record["rpo"]["method"]) == (2, True)
    assert traces(kept) == before
    evidence = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert [path for path in evidence if PASSPHRASE.encode() in path.read_bytes()] == []


@pytest.mark.acceptance
def test_rdb_files_are_drilled_in_six_lines_and_bear_no_trace_of_it(kept: Path, tmp_path: Path) -> None:
    """The newest of the folder, which is a zipped one."""
    before = traces(kept)
    code, record, said = run(tmp_path, kept / "redis", "rdb", CACHE)
    assert (code, states(record)) == (0, {}), said
    restored = next(one for one in record["findings"] if one["name"] == "redis-restored")
    assert restored["seen"]["keys_of"] == {"db0: session:*": 50, "db0: job:*": 1}
    assert (record["existing"]["label"], record["existing"]["among"]) == ("tuesday.rdb.gz", 2)
    assert traces(kept) == before


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("source", "base", "more", "found"),
    [
        ("redis-empty.rdb", "rdb", CACHE, {"redis-restored": "cache: not one key"}),
        ("restic", "restic", FILES + EMPTY, {"files-restored": "files: /srv/files: 0 files, and not one byte"}),
    ],
)
def test_a_backup_of_nothing_is_caught(  # noqa: PLR0913, PLR0917 - a table of cases
    kept: Path, tmp_path: Path, source: str, base: str, more: str, found: dict[str, str]
) -> None:
    """By the check that looks, and by nothing else: it was restored without a fault."""
    code, record, said = run(tmp_path, kept / source, base, more.format(key=kept / "key"))
    assert (code, states(record)) == (1, found), said


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("source", "base", "more", "options", "says"),
    [
        ("restic", "restic", ", service: files, key_file: {wrong}, of: " + APP, (), "wrong password or no key found"),
        (
            "restic",
            "restic",
            FILES + "'db:/var'",
            (),
            "no snapshot is of db:/var; they are of: app:/home/app,",
        ),
        (
            "restic",
            "restic",
            ", service: files, key_file: {key}",
            (),
            "the snapshots are of several trees: app:/home/app, other:/empty",
        ),
        ("newer.rdb", "rdb", CACHE, (), "backup newer.rdb is of Redis 8.2, and the lab has Redis 7.0"),
        (
            "from-17.sql",
            "dump",
            ", zone: UTC",
            ("--set", "lab.services.db.image=drillmaster/postgres:15"),
            "backup from-17.sql is of PostgreSQL 17, and the lab has PostgreSQL 15",
        ),
    ],
)
def test_what_cannot_be_recovered_is_inconclusive(  # noqa: PLR0913, PLR0917 - a table of cases
    kept: Path, tmp_path: Path, source: str, base: str, more: str, options: tuple[str, ...], says: str
) -> None:
    """Nothing was tried, so nothing is told of a recovery; the reason is, and nothing is written to the source."""
    (kept / "from-17.sql").write_text(FROM_17)
    (kept / "newer.rdb").write_bytes(NEWER_REDIS)
    before = traces(kept)
    more = more.format(key=kept / "key", wrong=kept / "wrong-key")
    code, record, said = run(tmp_path, kept / source, base, more, *options)
    assert code == 3, said
    assert says in states(record)["protect-step"]
    assert traces(kept) == before


@pytest.mark.acceptance
@pytest.mark.parametrize("fault", ["flipped-byte", "truncated", "missing-wal"])
def test_a_spoilt_copy_of_barmans_is_caught(barman: Path, tmp_path: Path, fault: str) -> None:
    """For the reason that the fault names; Barman's own files stay as they are."""
    before = traces(barman)
    code, record, said = run(tmp_path, barman, "barman", "", "--sabotage", f"spoil-existing-{fault}")
    assert (code, record["control"]["caught"]) == (0, True), (states(record), said)
    assert traces(barman) == before


@pytest.mark.acceptance
@pytest.mark.parametrize("fault", ["flipped-byte", "truncated"])
@pytest.mark.parametrize(
    ("source", "base", "more"),
    [("restic", "restic", FILES + APP), ("redis/monday.rdb", "rdb", CACHE), ("redis/tuesday.rdb.gz", "rdb", CACHE)],
)
def test_a_spoilt_copy_of_files_or_keys_is_caught(  # noqa: PLR0913, PLR0917 - a table of cases
    kept: Path, tmp_path: Path, source: str, base: str, more: str, fault: str
) -> None:
    """For the reason that the fault names."""
    more = more.format(key=kept / "key")
    code, record, said = run(tmp_path, kept / source, base, more, "--sabotage", f"spoil-existing-{fault}")
    assert (code, record["control"]["caught"]) == (0, True), (states(record), said)


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("source", "base", "more", "options"),
    [
        ("pgbackrest", "pgbackrest", SHOP, ()),
        ("base", "base-backup", ", archive: {}/wal", ()),
        ("dumps", "dump", ", zone: UTC", ()),
        ("dumps", "dump", ", zone: UTC", ("--set", "lab.services.db.image=drillmaster/postgres:17")),
    ],
)
def test_what_an_old_postgresql_left_is_drilled_too(  # noqa: PLR0913, PLR0917 - a table of cases
    old: Path, tmp_path: Path, source: str, base: str, more: str, options: tuple[str, ...]
) -> None:
    """With its own major, 13, and its dumps with a newer one as well."""
    before = traces(old)
    code, record, said = run(tmp_path, old / source, base, more.format(old), *options)
    assert (code, states(record)) == (0, {}), said
    assert record["existing"]["version"] == "PostgreSQL 13"
    assert traces(old) == before


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of backups of PostgreSQL 13."""
    return make(tmp_path_factory.mktemp("old"), BY_HAND, OLD_IMAGE)
