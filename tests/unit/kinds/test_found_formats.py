"""What is found of Barman's, restic's and Redis's backups, and which of them the lab can recover."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, from_epoch
from orchestrator.filetree.found_snapshots import KEY, Snapshots
from orchestrator.keyspace.found_rdb import RdbFiles
from orchestrator.postgresql.barman_info import read_info
from orchestrator.postgresql.found_barman import CONFIGURATION, BarmanServer, configuration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

INFO = """\
begin_time=2023-11-14 22:13:20+00:00
begin_wal=000000010000000000000002
end_time=2023-11-14 22:13:30.500000+00:00
end_wal=000000010000000000000003
size=1000
status=DONE
systemid=77
tablespaces=None
version=150012
"""
TAKEN = Backup(
    "20231114T221320",
    "15",
    "77",
    from_epoch(1_700_000_000),
    from_epoch(1_700_000_010.5),
    {
        "type": "barman",
        "wal": {"start": "000000010000000000000002", "stop": "000000010000000000000003"},
        "database_bytes": "1000",
    },
)


@pytest.mark.parametrize(
    ("text", "backup"),
    [
        (INFO, TAKEN),
        (INFO.replace("DONE", "WAITING_FOR_WALS"), TAKEN),
        (INFO.replace("DONE", "FAILED"), None),
        (INFO.replace("DONE", "STARTED").replace("end_time=", "x="), None),
        ("", None),
    ],
)
def test_only_complete_backups_of_barman_count(text: str, backup: Backup | None) -> None:
    """One whose WAL has not all come may be recovered from: more may come, and replay tells how far it came."""
    assert read_info("20231114T221320", text) == backup


def test_barmans_folder_is_looked_at_with_a_configuration_that_writes_elsewhere(world: World, lab: Lab) -> None:
    """Its locks too; where the archive ends is told by the last whole segment in it."""
    placed: list[bytes] = []

    def install(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        if arguments[-1] == CONFIGURATION:
            placed.append(stdin)
        return Completed(0, "")

    archive = "000000010000000000000003\t1700000060.0\n000000010000000000000004.partial\t1700000070\nxlog.db\t1\n"
    world.docker.programs |= {
        "install": install,
        "mkdir": lambda *_: Completed(0, ""),
        "python3": lambda *_: Completed(0, json.dumps({"20231114T221320": INFO, "20231115T221320": "status=FAILED"})),
        "sh": lambda *_: Completed(0, archive),
    }
    found = BarmanServer("/mnt/existing").find(lab, "db")
    assert (found.backups, found.archive_end) == ((TAKEN,), "000000010000000000000003")
    assert found.archived_until == from_epoch(1_700_000_060)
    assert [text.decode() for text in placed] == [configuration("/mnt/existing")]
    assert [line for line in configuration("/mnt/existing").splitlines() if "/mnt" in line] == [
        "backup_directory = /mnt/existing"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (INFO.replace("begin_time", "began"), "'begin_time'"),
        (
            INFO.replace("2023-11-14", "soon"),
            "Invalid isoformat string: 'soon 22:13:20+00:00'",
        ),
    ],
)
def test_a_backup_info_that_is_none_is_told(world: World, lab: Lab, text: str, says: str) -> None:
    """Nothing is recovered from a backup that cannot be dated."""
    world.docker.programs |= {
        **dict.fromkeys(("install", "mkdir", "sh"), lambda *_: Completed(0, "")),
        "python3": lambda *_: Completed(0, json.dumps({"b": text})),
    }
    with pytest.raises(StepFailedError) as error:
        BarmanServer("/mnt/existing").find(lab, "db")
    assert error.value.message == f"a backup.info cannot be read: {says}"


def snapshot(name: str, second: int, host: str = "app", path: str = "/etc/app") -> dict[str, Any]:
    """Return what restic tells of a snapshot."""
    return {"short_id": name, "time": f"2023-11-14T22:13:{second}.123456789Z", "hostname": host, "paths": [path]}


OLDER, NEWER, OTHERS = snapshot("a1", 20), snapshot("b2", 30), snapshot("c3", 40, "mail", "/var/mail")


def restic(world: World, told: object, exit_code: int = 0) -> list[Sequence[str]]:
    """Let restic tell this; return the arguments that it is called with."""
    called: list[Sequence[str]] = []

    def program(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        called.append(arguments)
        return Completed(exit_code, told if isinstance(told, str) else json.dumps(told))

    world.docker.programs |= {"restic": program, "install": lambda *_: Completed(0, "")}
    return called


def test_snapshots_are_found_oldest_first_without_locking_the_repository(world: World, lab: Lab) -> None:
    """Of the tree that is named, where there are several; the password is in a file."""
    called = restic(world, [NEWER, OTHERS, OLDER])
    found = Snapshots("/mnt/existing", "secret", "app:/etc/app").find(lab, "db")
    assert [backup.label for backup in found.backups] == ["a1", "b2"]
    assert found.backups[0].started is not None
    assert found.backups[0].started.isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert called == [["--repo=/mnt/existing", f"--password-file={KEY}", "snapshots", "--no-lock", "--json"]]


@pytest.mark.parametrize(
    ("of", "told", "exit_code", "says"),
    [
        (None, [OLDER, OTHERS], 0, "the snapshots are of several trees: app:/etc/app, mail:/var/mail"),
        ("db:/x", [OLDER, NEWER], 0, "no snapshot is of db:/x; they are of: app:/etc/app"),
        (None, "Fatal: wrong\npassword", 1, "db: restic cannot read the repository: Fatal: wrong password"),
    ],
)
def test_snapshots_that_cannot_be_told_apart_are_refused(  # noqa: PLR0913, PLR0917 - a table of cases
    world: World, lab: Lab, of: str | None, told: object, exit_code: int, says: str
) -> None:
    """The newest of all could be of another machine."""
    restic(world, told, exit_code)
    with pytest.raises(StepFailedError) as error:
        Snapshots("/mnt/existing", "secret", of).find(lab, "db")
    assert error.value.message == says


def test_a_repository_without_a_snapshot_holds_nothing(world: World, lab: Lab) -> None:
    """Restic tells of none as of nothing."""
    restic(world, None)
    assert Snapshots("/mnt/existing", "secret", None).find(lab, "db").backups == ()


def rdb(version: str, second: int) -> str:
    """Return an RDB file's header, as it comes out of the container."""
    number = (1_700_000_000 + second).to_bytes(4, "little")
    return base64.b64encode(
        b"REDIS0010\xfa\x09redis-ver" + bytes([len(version)]) + version.encode() + b"\xfa\x05ctime\xc2" + number
    ).decode()


@pytest.mark.parametrize(
    ("listed", "labels"),
    [
        (
            f"{rdb('7.0', 9)}\t/mnt/existing/a.rdb\n{rdb('6.2', 5)}\t/mnt/existing/b.rdb\naGk=\t/mnt/existing/c\n",
            "ba",
        ),
        (f"{rdb('7.0', 9)}\t/mnt/existing\n", "d"),
    ],
)
def test_rdb_files_are_found_oldest_first(world: World, lab: Lab, listed: str, labels: str) -> None:
    """By when they were begun; a source that is a file is called what it is called on the machine."""
    world.docker.programs["sh"] = lambda *_: Completed(0, listed)
    found = RdbFiles("/mnt/existing", "d.rdb").find(lab, "db")
    assert [backup.label for backup in found.backups] == [f"{label}.rdb" for label in labels]


@pytest.mark.parametrize(("major", "fits"), [("7.0", True), ("6.2", True), ("", True), ("7.2", False), ("8.0", False)])
def test_a_newer_redis_file_is_refused(world: World, lab: Lab, major: str, fits: bool) -> None:  # noqa: FBT001 - a case
    """The lab's server could not load it."""
    world.docker.programs["redis-server"] = lambda *_: Completed(0, "Redis server v=7.0.15 sha=0:0 malloc=x bits=64")
    told = ""
    try:
        RdbFiles("/mnt/existing", "d.rdb").require_fitting(lab, "db", Backup("d.rdb", major))
    except StepFailedError as error:
        told = error.message
    assert told == ("" if fits else f"backup d.rdb is of Redis {major}, and the lab has Redis 7.0.15")
