"""What can be told of an existing backup from its files, and what is refused before anything is built."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.existing_files import (
    barman_major,
    base_backup_major,
    dump_major,
    pgbackrest_major,
    rdb_version,
    require_readable,
    restic_version,
)
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "name the file that holds the passphrase (repo1-cipher-pass) with `key_file`"
FOLDER = "name the folder that `repo1-path` names, the one with `archive` and `backup` in it"
PLAIN = b"[backrest]\nbackrest-format=5\n"


def repository(path: Path, info: bytes = PLAIN, *archives: str) -> Path:
    """Make what is looked at of a repository with the stanza `shop`."""
    (path / "backup" / "shop").mkdir(parents=True)
    (path / "backup" / "shop" / "backup.info").write_bytes(info)
    for name in ("archive.info", *archives):
        (path / "archive" / "shop" / name).mkdir(parents=True)
    return path


def refused(path: Path, stanza: str = "shop", *, key: bool = False) -> str:
    """Return why a repository is refused, without its path, and the hint."""
    with pytest.raises(CannotRunError) as error:
        pgbackrest_major(path, stanza, key=key)
    return f"{error.value.message.removeprefix(f'{path}: ')} ({error.value.hint})"


def test_the_major_is_that_of_the_newest_server_of_the_stanza(tmp_path: Path) -> None:
    """Its number counts, not the version's: servers 9.6, 15 and 13 followed each other."""
    assert pgbackrest_major(repository(tmp_path, PLAIN, "9.6-1", "15-2", "13-10"), "shop", key=False) == "13"


def test_of_an_encrypted_repository_the_major_is_known_too(tmp_path: Path) -> None:
    """The archive's folders are named after it."""
    assert pgbackrest_major(repository(tmp_path, b"Salted__\x01", "15-1"), "shop", key=True) == "15"


def test_what_cannot_be_drilled_is_refused_with_a_hint(tmp_path: Path) -> None:
    """Another stanza, a key too few or too many, another format, an archive of nothing, another sort of folder."""
    plain = repository(tmp_path / "plain", PLAIN, "15-1")
    encrypted = repository(tmp_path / "encrypted", b"Salted__\x01", "15-1")
    newer = repository(tmp_path / "newer", b"[backrest]\nbackrest-format=6\n", "15-1")
    (tmp_path / "other").mkdir()
    assert [
        refused(plain, "main"),
        refused(encrypted),
        refused(plain, key=True),
        refused(newer),
        refused(repository(tmp_path / "nothing")),
        refused(tmp_path / "other"),
    ] == [
        "has no stanza 'main'; it has: shop (set `stanza`)",
        f"is encrypted, and no key is given ({KEY})",
        "is not encrypted, and a key is given (leave `key_file` out)",
        "has a format that is not known here (pgBackRest 2 writes format 5, which is)",
        "the archive of stanza shop holds no WAL (see that archiving works: archive_command)",
        f"is no pgBackRest repository: it has no backup/*/backup.info ({FOLDER})",
    ]


def test_a_path_that_is_not_there_or_holds_nothing_is_refused(tmp_path: Path) -> None:
    """It is not made, either."""
    told = []
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(CannotRunError) as error:
            require_readable(path)
        told.append(error.value.message)
    assert told == [f"{tmp_path}/nowhere: no such file or folder", f"{tmp_path}: is empty: there is no backup in it"]
    assert not (tmp_path / "nowhere").exists()


SCRIPT = b"-- PostgreSQL database dump\n-- Dumped from database version %d.1\n"


def test_the_major_of_dumps_is_the_newest_of_them(tmp_path: Path) -> None:
    """Zipped ones count, and what is no dump does not."""
    (tmp_path / "old.sql").write_bytes(SCRIPT % 9)
    (tmp_path / "new.sql.gz").write_bytes(gzip.compress(SCRIPT % 15))
    (tmp_path / "notes.txt").write_bytes(SCRIPT[:10])
    assert [dump_major(tmp_path), dump_major(tmp_path / "new.sql.gz")] == ["15", "15"]
    with pytest.raises(CannotRunError) as error:
        dump_major(tmp_path / "notes.txt")
    assert error.value.message == f"{tmp_path}/notes.txt: is no dump of pg_dump, and no folder of any"


def test_the_major_of_a_base_backup_is_in_its_folder_or_in_its_tar(tmp_path: Path) -> None:
    """Of several the last by name counts."""
    for name, version in (("b1", "13"), ("b2", "15")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "PG_VERSION").write_text(f"{version}\n")
        (tmp_path / name / "backup_label").touch()
    assert [base_backup_major(tmp_path), base_backup_major(tmp_path / "b1")] == ["15", "13"]
    (tmp_path / "b3").mkdir()
    with tarfile.open(tmp_path / "b3" / "base.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "b1" / "PG_VERSION", "PG_VERSION")
    assert base_backup_major(tmp_path) == "13"
    (tmp_path / "b4").mkdir()
    with pytest.raises(CannotRunError) as error:
        base_backup_major(tmp_path / "b4")
    assert error.value.message == (
        f"{tmp_path}/b4: is no base backup: there is neither PG_VERSION with backup_label nor base.tar"
    )


def barman(folder: Path, **backups: str) -> Path:
    """Make what is looked at of a server's folder of Barman."""
    for name, status in backups.items():
        info = folder / "base" / name / "backup.info"
        info.parent.mkdir(parents=True)
        times = "begin_time=2026-03-01 12:00:00+00:00\nend_time=2026-03-01 12:01:00+00:00\n"
        info.write_text(f"{times}status={status}\nversion={150012 if name < 'c' else 170002}\n")
    return folder


def test_the_major_of_barmans_newest_complete_backup_counts(tmp_path: Path) -> None:
    """Its name begins with its moment; one that failed is passed over."""
    assert barman_major(barman(tmp_path / "one", a="DONE", b="DONE", c="FAILED")) == "15"
    assert barman_major(barman(tmp_path / "two", b="DONE", c="WAITING_FOR_WALS")) == "17"


def test_the_newest_redis_of_a_folder_counts(tmp_path: Path) -> None:
    """Zipped files count, and what is no RDB file does not; of a very old one no version is known."""
    version = b"REDIS0010\xfa\x09redis-ver\x05%b"
    (tmp_path / "old.rdb").write_bytes(version % b"6.2.1")
    (tmp_path / "new.rdb.gz").write_bytes(gzip.compress(version % b"7.0.1"))
    (tmp_path / "notes.txt").write_text("REDIS")
    (tmp_path / "ancient.rdb").write_bytes(b"REDIS0006\xfe\x00")
    assert [rdb_version(tmp_path), rdb_version(tmp_path / "old.rdb"), rdb_version(tmp_path / "ancient.rdb")] == [
        "7.0",
        "6.2",
        "",
    ]


def test_a_restic_repository_is_known_by_its_folders(tmp_path: Path) -> None:
    """It is asked for no version."""
    for name in ("config", "data", "index", "keys", "snapshots"):
        (tmp_path / name).mkdir()
    assert not restic_version(tmp_path)


@pytest.mark.parametrize(
    ("look", "says", "hint"),
    [
        (
            barman_major,
            "is no server's folder of Barman: it has no base/*/backup.info",
            "name the server's own folder below `barman_home`, the one with `base` and `wals` in it",
        ),
        (
            lambda folder: barman_major(barman(folder, a="FAILED")),
            "none of its 1 backups is complete",
            "see `barman list-backups`, and why they failed",
        ),
        (
            rdb_version,
            "is no RDB file, and no folder of any",
            "name Redis's dump.rdb, or a folder of such files",
        ),
        (
            restic_version,
            "is no restic repository: it has no config, no data, no index, no keys, no snapshots",
            "name the folder that RESTIC_REPOSITORY names, the one with `config` and `snapshots` in it",
        ),
    ],
)
def test_a_folder_of_something_else_is_refused_with_a_hint(
    tmp_path: Path, look: Callable[[Path], str], says: str, hint: str
) -> None:
    """Before anything is built."""
    with pytest.raises(CannotRunError) as error:
        look(tmp_path)
    assert (error.value.message, error.value.hint) == (f"{tmp_path}: {says}", hint)
