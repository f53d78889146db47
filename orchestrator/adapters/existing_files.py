"""An existing backup as files of this machine: what can be told before a lab is built. Nothing is ever written."""

from __future__ import annotations

import gzip
import os
import re
import tarfile
from typing import TYPE_CHECKING

from orchestrator.core.errors import CannotRunError
from orchestrator.core.found import LONGEST_HEADER
from orchestrator.keyspace import rdb_header
from orchestrator.postgresql.barman_info import read_info
from orchestrator.postgresql.dump_header import read_header

if TYPE_CHECKING:
    from pathlib import Path

ENCRYPTED = b"Salted__"
"""How files begin that pgBackRest has encrypted."""
GZIP = b"\x1f\x8b"
FORMAT = b"backrest-format=5\n"
_ARCHIVE = re.compile(r"([0-9.]+)-([0-9]+)")
"""A folder of the archive: the server's version, and how many servers the stanza has had until this one."""


def require_readable(source: Path) -> None:
    """Raise CannotRunError for a path that is not there, cannot be read, or holds nothing."""
    hint = "name the folder or file of the backup, on this machine; nothing is written to it"
    try:
        if not source.exists():
            raise CannotRunError(f"{source}: no such file or folder", hint=hint)
        if source.is_dir() and not os.listdir(source):  # noqa: PTH208 - whether there is any is all that is asked
            raise CannotRunError(f"{source}: is empty: there is no backup in it", hint=hint)
        if source.is_file():
            with source.open("rb"):
                pass
    except OSError as error:
        raise _unreadable(source, error) from error


def pgbackrest_major(repository: Path, stanza: str, *, key: bool) -> str:
    """Return the major version that a stanza's archive is of; raises CannotRunError when it cannot be drilled."""
    try:
        known = _stanzas(repository)
        if stanza not in known:
            raise CannotRunError(
                f"{repository}: has no stanza {stanza!r}; it has: {', '.join(known)}", hint="set `stanza`"
            )
        first = (repository / "backup" / stanza / "backup.info").read_bytes()
        _require_openable(repository, first, key=key)
        names = [path.name for path in (repository / "archive" / stanza).iterdir()]
    except OSError as error:
        raise _unreadable(repository, error) from error
    archives = [match for name in names if (match := _ARCHIVE.fullmatch(name))]
    if not archives:
        raise CannotRunError(
            f"{repository}: the archive of stanza {stanza} holds no WAL",
            hint="see that archiving works: archive_command",
        )
    return max(archives, key=lambda match: int(match[2]))[1]


def dump_major(source: Path) -> str:
    """Return the newest major version that a dump of a source is of; raises CannotRunError when none is a dump."""
    try:
        paths = [source, *(sorted(source.iterdir()) if source.is_dir() else [])]
        files = [path / "toc.dat" if path.is_dir() else path for path in paths]
        headers = [header for file in files if file.is_file() and (header := read_header(_first(file)))]
    except (OSError, EOFError) as error:
        raise _unreadable(source, error) from error
    majors = [header.major for header in headers if header.major]
    if not majors:
        raise CannotRunError(
            f"{source}: is no dump of pg_dump, and no folder of any",
            hint="name the file, or the folder with `toc.dat` or with the files in it",
        )
    return max(majors, key=float)


def _first(file: Path) -> bytes:
    with file.open("rb") as opened:
        first = opened.read(LONGEST_HEADER)
    if not first.startswith(GZIP):
        return first
    with gzip.open(file) as unpacked:
        return unpacked.read(LONGEST_HEADER)


def base_backup_major(source: Path) -> str:
    """Return the major version that a base backup is of, the last by name of several; raises CannotRunError."""
    try:
        paths = [*(sorted(source.iterdir(), reverse=True) if source.is_dir() else []), source]
        for path in (one for one in paths if one.is_dir()):
            if (path / "PG_VERSION").is_file() and (path / "backup_label").is_file():
                return (path / "PG_VERSION").read_text().strip()
            for archive in path.glob("base.tar*"):
                return _packed(archive)
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _unreadable(source, error) from error
    raise CannotRunError(
        f"{source}: is no base backup: there is neither PG_VERSION with backup_label nor base.tar",
        hint="name the folder that pg_basebackup made, or the folder of several",
    )


def barman_major(server: Path) -> str:
    """Return the major version that a server's newest complete backup is of; raises CannotRunError if there is none."""
    try:
        infos = sorted(server.glob("base/*/backup.info"), reverse=True)
        backups = (read_info(info.parent.name, info.read_text()) for info in infos)
        newest = next(filter(None, backups), None)
    except (OSError, KeyError, ValueError) as error:
        raise _unreadable(server, error) from error
    if not infos:
        raise CannotRunError(
            f"{server}: is no server's folder of Barman: it has no base/*/backup.info",
            hint="name the server's own folder below `barman_home`, the one with `base` and `wals` in it",
        )
    if newest is None:
        raise CannotRunError(
            f"{server}: none of its {len(infos)} backups is complete",
            hint="see `barman list-backups`, and why they failed",
        )
    return newest.major


def rdb_version(source: Path) -> str:
    """Return the newest version of Redis that a source has an RDB file of; raises CannotRunError when it has none."""
    try:
        files = [source, *(sorted(source.iterdir()) if source.is_dir() else [])]
        headers = [header for file in files if file.is_file() and (header := rdb_header.read_header(_first(file)))]
    except (OSError, EOFError) as error:
        raise _unreadable(source, error) from error
    if not headers:
        raise CannotRunError(
            f"{source}: is no RDB file, and no folder of any", hint="name Redis's dump.rdb, or a folder of such files"
        )
    return max(header.major for header in headers)


def restic_version(repository: Path) -> str:
    """Return nothing, for files have no version; raises CannotRunError for what is no repository."""
    missing = [name for name in ("config", "data", "index", "keys", "snapshots") if not (repository / name).exists()]
    if missing:
        raise CannotRunError(
            f"{repository}: is no restic repository: it has no {', no '.join(missing)}",
            hint="name the folder that RESTIC_REPOSITORY names, the one with `config` and `snapshots` in it",
        )
    return ""


def _packed(archive: Path) -> str:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.removeprefix("./") == "PG_VERSION" and (version := tar.extractfile(member)):
                return version.read().decode().strip()
    raise CannotRunError(f"{archive}: holds no PG_VERSION", hint="is it a base backup, and whole?")


def _stanzas(repository: Path) -> list[str]:
    folder = repository / "backup"
    known = sorted(path.name for path in folder.iterdir() if (path / "backup.info").exists()) if folder.exists() else []
    if not known:
        raise CannotRunError(
            f"{repository}: is no pgBackRest repository: it has no backup/*/backup.info",
            hint="name the folder that `repo1-path` names, the one with `archive` and `backup` in it",
        )
    return known


def _require_openable(repository: Path, info: bytes, *, key: bool) -> None:
    encrypted = info.startswith(ENCRYPTED)
    if encrypted and not key:
        raise CannotRunError(
            f"{repository}: is encrypted, and no key is given",
            hint="name the file that holds the passphrase (repo1-cipher-pass) with `key_file`",
        )
    if key and not encrypted:
        raise CannotRunError(f"{repository}: is not encrypted, and a key is given", hint="leave `key_file` out")
    if not encrypted and FORMAT not in info:
        raise CannotRunError(
            f"{repository}: has a format that is not known here", hint="pgBackRest 2 writes format 5, which is"
        )


def _unreadable(path: Path, error: Exception) -> CannotRunError:
    why = (isinstance(error, OSError) and error.strerror) or str(error)
    return CannotRunError(f"{path}: cannot be read: {why}", hint="run drillmaster as a user who may read the backup")
