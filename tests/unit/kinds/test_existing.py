"""The step `existing`: what it refuses, what it hands on. pgBackRest itself: tests/real/test_existing_backups.py."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from orchestrator.core.declared_lab import LabDeclaration, Service
from orchestrator.core.docker_port import Completed
from orchestrator.core.drill import Drill
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.steps.existing import Existing
from orchestrator.postgresql.admission import SETTINGS
from orchestrator.postgresql.recovered_point import heartbeat, segment, wal_replayed
from reports.facts.events import TargetSet
from reports.facts.existing import ExistingFound, RecoveredAsOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

STANZA = {
    "status": {"code": 0},
    "db": [{"id": 1, "version": "15", "system-id": 77}],
    "archive": [{"id": "15-1", "database": {"id": 1}, "max": "000000010000000000000009"}],
    "backup": [
        {
            "label": "F1",
            "type": "full",
            "error": False,
            "database": {"id": 1},
            "timestamp": {"start": 1_700_000_000, "stop": 1_700_000_010},
            "lsn": {},
            "archive": {},
            "info": {"size": 1},
        }
    ],
}
OUTSIDE = (
    "lies outside of what backups and archive cover: from 2023-11-14T22:13:30.000000Z to 2023-11-14T22:15:20.000000Z"
)


def pgbackrest(told: dict[str, Any]) -> Any:
    """Return a program that tells of this stanza, whose last segment was archived two minutes later."""
    files = {"000000010000000000000009-ab.gz": {"time": 1_700_000_120}}

    def program(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001
        return Completed(0, json.dumps([told] if arguments[-1] == "info" else files))

    return program


def done(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001
    """Succeed."""
    return Completed(0, "postgres (PostgreSQL) 15.20")


PROGRAMS = {"pgbackrest": pgbackrest(STANZA), "install": done, "python3": done, "sh": done, "postgres": done}


@pytest.fixture
def found(world: World, lab: Lab) -> Lab:
    """Return a lab with a repository mounted read-only."""
    world.docker.programs |= PROGRAMS
    box = world.docker.containers[lab.container("db")]
    box.write("/proc/self/mounts", b"dev / overlay rw 0 0\ndev /mnt/existing ext4 ro,relatime 0 0\n")
    return lab


def existing(**settings: object) -> Existing:
    """Return the step."""
    return Existing.model_validate({"from": "/srv/backups", "as": "pgbackrest", "stanza": "shop", **settings})


def test_what_was_found_is_journaled_and_handed_on(world: World, found: Lab) -> None:
    """The playbooks after it restore this very backup."""
    says = existing().run(found)
    fact, target = world.journal.facts
    assert says == "backup F1 of PostgreSQL 15, newest of 1; ended 2023-11-14 22:13:30 UTC"
    assert fact == ExistingFound(
        service="db",
        source="/srv/backups",
        format="pgbackrest",
        label="F1",
        picked="newest",
        among=1,
        version="PostgreSQL 15",
        server="77",
        started="2023-11-14T22:13:20.000000Z",
        stopped="2023-11-14T22:13:30.000000Z",
        until="archive-end",
        archive_end="000000010000000000000009",
        says=says,
    )
    assert (target, found.target) == (TargetSet(mode="latest"), TargetSet(mode="latest"))
    assert [found.handed_back[name] for name in ("backup", "pgbackrest_stanza")] == ["F1", "shop"]
    assert found.handed_back["drill_backup"]["label"] == "F1"


def test_a_moment_to_recover_to_is_told_to_the_playbooks(found: Lab) -> None:
    """With its offset."""
    existing(until="2023-11-14T23:14:00+01:00").run(found)
    assert found.target == TargetSet(mode="time", server_time="2023-11-14T23:14:00.000000+01:00")
    existing(until="backup-end").run(found)
    assert found.target == TargetSet(mode="backup")


def test_what_an_old_pgbackrest_does_not_tell_is_done_without(world: World, found: Lab) -> None:
    """That of Debian 11 tells no positions in the WAL."""
    [backup] = STANZA["backup"]
    untold = {name: value for name, value in backup.items() if name != "lsn"}
    world.docker.programs["pgbackrest"] = pgbackrest({**STANZA, "backup": [untold]})
    existing().run(found)
    assert found.handed_back["drill_backup"]["lsn"] == {}


def test_a_repository_that_its_key_does_not_open_is_told_in_one_line(world: World, found: Lab) -> None:
    """PgBackRest ends well then, and says so in a status."""
    status = {"code": 99, "message": "[CryptoError] unable to load info file:\n\tis the passphrase right?"}
    world.docker.programs["pgbackrest"] = pgbackrest({"status": {"code": 99}, "repo": [{"status": status}]})
    with pytest.raises(StepFailedError) as error:
        existing().run(found)
    assert error.value.message == (
        "db: pgbackrest cannot read the repository: [CryptoError] unable to load info file: is the passphrase right?"
    )


def test_nothing_is_done_with_a_source_that_could_be_written_to(world: World, found: Lab) -> None:
    """What the drill promises of the source is looked at, not believed."""
    world.docker.containers[found.container("db")].write("/proc/self/mounts", b"dev /mnt/existing ext4 rw,rota 0 0\n")
    with pytest.raises(StepFailedError) as error:
        existing().run(found)
    assert error.value.message == "db: /mnt/existing is not mounted read-only: nothing more is done"
    assert world.journal.facts == []


@pytest.mark.parametrize(
    ("told", "settings", "says"),
    [
        ({"backup": []}, {}, "the source holds no complete backup"),
        ({"backup": [{**STANZA["backup"][0], "error": True}]}, {}, "the source holds no complete backup"),
        (
            {"db": [{"id": 1, "version": "13", "system-id": 77}]},
            {},
            "backup F1 is of PostgreSQL 13, and the lab has PostgreSQL 15",
        ),
        (
            {},
            {"until": "2023-11-14T22:13:00Z"},
            f"the target 2023-11-14T22:13:00.000000Z {OUTSIDE}",
        ),
    ],
)
def test_what_cannot_be_recovered_is_told(
    world: World, found: Lab, told: dict[str, Any], settings: dict[str, object], says: str
) -> None:
    """No backup, one that broke off, another major, a target outside of what is covered."""
    world.docker.programs["pgbackrest"] = pgbackrest({**STANZA, **told})
    with pytest.raises(StepFailedError) as error:
        existing(**settings).run(found)
    assert error.value.message == says


def test_the_copy_must_archive_nothing_and_let_the_observer_in() -> None:
    """Settings that somebody took out are asked for, one by one."""
    service = Service(type="postgres", image="any:1", settings={"archive_mode": "on"})
    drill = Drill.model_construct(lab=LabDeclaration(services={"db": service}))
    assert [says for _, says in existing().mistakes(drill)] == [
        "lab.services.db.settings needs archive_mode: off, for it runs a copy",
        "lab.services.db.settings needs config_file: /etc/drillmaster/postgresql.conf, for it runs a copy",
        "lab.services.db.settings needs hba_file: /etc/drillmaster/pg_hba.conf, for it runs a copy",
    ]


def test_dumps_need_the_zone_of_their_clock() -> None:
    """A zone taken for granted could make them hours younger than they are."""
    service = Service(type="postgres", image="any:1", settings=SETTINGS)
    drill = Drill.model_construct(lab=LabDeclaration(services={"db": service}))
    assert list(existing(**{"as": "dump", "stanza": "main"}).mistakes(drill)) == [
        ("zone", "name that of whoever dumped, for dumps tell the time without it, as in zone: Europe/Berlin")
    ]
    assert list(existing(**{"as": "dump", "stanza": "main", "zone": "Europe/Berlin"}).mistakes(drill)) == []


@pytest.mark.parametrize(
    ("first", "started"),
    [("19:40:07 UTC", "2026-11-21T19:40:07.000000Z"), ("19:40:07 CET", "2026-11-21T18:40:07.000000Z")],
)
def test_a_dump_is_dated_by_its_own_zone_or_the_drills(world: World, found: Lab, first: str, started: str) -> None:
    """Its own only where the abbreviation can mean but one."""
    header = f"-- PostgreSQL database dump\n-- Dumped from database version 15.1\n-- Started on 2026-11-21 {first}\n"
    line = f"{base64.b64encode(header.encode()).decode()}\t/mnt/existing/shop.sql\n"
    world.docker.programs["sh"] = lambda container, arguments, stdin: Completed(0, line)  # noqa: ARG005 - any program's
    existing(**{"as": "dump", "zone": "Europe/Berlin"}).run(found)
    assert world.journal.facts[0].started == started


def mistakes(**settings: Any) -> list[tuple[str, str]]:
    """Return what is wrong with the step in a drill whose service lacks nothing else."""
    every = {**SETTINGS, "appendonly": "no"}
    service = Service(type="any", image="any:1", settings=every)
    return list(existing(**settings).mistakes(Drill.model_construct(lab=LabDeclaration(services={"db": service}))))


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, []),
        ({"key_file": "/k", "until": "backup-end", "heartbeat": {"table": "t", "column": "c"}}, []),
        ({"as": "dump", "stanza": "main", "zone": "UTC", "until": "archive-end"}, []),
        (
            {"as": "dump", "zone": "UTC", "until": "2026-03-01T12:00:00Z"},
            [("stanza", "has no meaning for a backup `as: dump`"), ("until", "has no meaning for a backup `as: dump`")],
        ),
        (
            {"as": "barman", "stanza": "main", "zone": "Asia/Tokyo"},
            [("zone", "has no meaning for a backup `as: barman`")],
        ),
        ({"as": "rdb", "stanza": "main", "of": "a:/b"}, [("of", "has no meaning for a backup `as: rdb`")]),
        ({"as": "restic", "stanza": "main", "key_file": "/k", "of": "a:/b"}, []),
        (
            {"as": "restic", "stanza": "main"},
            [("key_file", "restic encrypts every repository: name the file that holds the password")],
        ),
    ],
)
def test_a_setting_without_a_meaning_is_a_mistake(settings: dict[str, Any], found: list[tuple[str, str]]) -> None:
    """A target that a dump cannot be taken back to would else be promised and not kept."""
    assert mistakes(**settings) == found


def test_a_copy_of_redis_must_not_read_append_only_files() -> None:
    """It would come up empty."""
    service = Service(type="redis", image="any:1")
    drill = Drill.model_construct(lab=LabDeclaration(services={"db": service}))
    step = existing(**{"as": "rdb", "stanza": "main"})
    assert list(step.mistakes(drill)) == [
        ("service", "lab.services.db.settings needs appendonly: no, for it runs a copy")
    ]


def test_how_far_replay_came_is_told_in_segments() -> None:
    """A position on the border belongs to the segment that it ends."""
    size = 16 * 2**20
    assert [segment(at, size) for at in (size, size + 1, 2**32, 2**32 + 1)] == [
        "0000000000000000",
        "0000000000000001",
        "00000000000000FF",
        "0000000100000000",
    ]
    assert wal_replayed("db", "00000000000000FE", "000000030000000100000001", size).missed == 3


def test_a_heartbeat_without_a_zone_is_refused() -> None:
    """Read in the copy's own zone it could make the data hours younger than it is."""
    assert heartbeat("at", "2026-11-21T06:00:00.000000Z", "timestamp with time zone") == "2026-11-21T06:00:00.000000Z"
    assert heartbeat("at", None, "timestamp with time zone") is None
    with pytest.raises(StepFailedError) as error:
        heartbeat("at", "2026-11-21T06:00:00.000000Z", "timestamp without time zone")
    assert (error.value.message, error.value.hint) == (
        "heartbeat: column at is of type timestamp without time zone, which does not tell in what zone its time is",
        "name a column of type timestamptz",
    )


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"from": "backups"}, "must be an absolute path on this machine, not 'backups'"),
        ({"zone": "Middle/Earth"}, "no time zone named 'Middle/Earth'; write it as Europe/Berlin"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, object], says: str) -> None:
    """When the drill is read."""
    with pytest.raises(ValidationError, match=re.escape(says)):
        existing(**settings)


def test_what_a_snapshot_is_of_is_told_by_its_beginning(world: World, found: Lab) -> None:
    """There is neither a commit nor an end to it."""
    first = base64.b64encode(b"REDIS0010\xfa\x05ctime\xc2\x00\xf1\x53\x65").decode()
    told = {"sh": f"{first}\t/mnt/existing\n", "redis-server": "Redis server v=7.0.15 sha=0"}
    world.docker.programs |= {name: lambda *_, output=output: Completed(0, output) for name, output in told.items()}
    step = existing(**{"as": "rdb", "stanza": "main"})
    assert step.run(found) == "backup backups of Redis, newest of 1; begun 2023-11-14 22:13:20 UTC"
    assert list(step.recovered(found)) == [
        RecoveredAsOf(service="db", method="snapshot-start", at="2023-11-14T22:13:20.000000Z", counted_from=None)
    ]


@pytest.mark.parametrize(("made_with", "said"), [("barman", True), ("dump", False), ("restic", False)])
def test_what_nothing_is_replayed_of_leaves_no_wal_open(made_with: str, said: bool) -> None:  # noqa: FBT001 - a case
    """A report tells what was not proven of this backup, not of others."""
    lines = existing(**{"as": made_with, "stanza": "main"}).leaves_open
    assert any("WAL segment" in line for line in lines) is said
    assert any("logins" in line for line in lines)
