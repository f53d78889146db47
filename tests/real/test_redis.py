"""A Redis in a lab: what is promised of its type, its contents compared, its playbooks, and what sabotages it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pytest
from labs import lab_of

from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.files import DRILLS, PLAYBOOKS
from orchestrator.core.procedures import run_playbook
from orchestrator.keyspace.backups import FOLDER, Backups
from orchestrator.kinds.checks.redis_content import RedisContent
from orchestrator.kinds.sabotage.alter_keys import AlterKeys
from orchestrator.kinds.sabotage.flip_rdb_byte import FlipRdbByte
from orchestrator.kinds.sabotage.stop_appending import StopAppending
from orchestrator.kinds.sabotage.swap_rdb import SwapRdb
from orchestrator.software.redis import LEDGER, Redis, session
from reports.facts.events import State, TargetSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.kind import Sabotage
    from orchestrator.core.lab import Lab

REDIS = Redis()
CHECK = RedisContent(service="cache")
SEED = (DRILLS / "seeds" / "sessions.redis").read_text(encoding="utf-8")
HALF = "#!lua name=half\nredis.register_function('half', function(keys, args) return args[1] / 2 end)"
ROWS = ["writer sequence payload", "0 1 5", "0 2 6"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Build one lab for all tests: append-only files, and a disk for backups."""
    over = "lab: {services: {cache: {settings: {appendonly: yes}}}}"
    with lab_of(DRILLS / "redis-volume-loss.yaml", tmp_path_factory.mktemp("redis"), over) as lab:
        yield lab


@pytest.fixture
def lab(shared: Lab) -> Lab:
    """Return the lab with the drill's seed and a ledger of two rows in it, as remembered."""
    shared.sql("cache", f"FLUSHALL\nFUNCTION FLUSH\n{SEED}")
    REDIS.prepare_ledger(shared.access("cache"))
    shared.sql("cache", f"RPUSH {LEDGER} '0 1 5' '0 2 6'")
    CHECK.remember(shared)
    return shared


def play(lab: Lab, name: str, **settings: object) -> None:
    """Run one of the playbooks."""
    run_playbook(lab, PLAYBOOKS / name, settings, timeout_s=60)


def refused(lab: Lab, **settings: object) -> str:
    """Restore, and return why that was refused."""
    with pytest.raises(StepFailedError) as caught:
        play(lab, "restore-redis.yml", **settings)
    return caught.value.message.partition(" failed on cache: exit code 1 | ")[2]


def told(lab: Lab) -> list[str]:
    """Return the differences that the check tells."""
    [finding] = CHECK.look(lab)
    return list(finding.seen["differences"])


# -- the type ---------------------------------------------------------------------------------------------------------


def test_the_password_is_in_no_environment_and_no_process_list(lab: Lab) -> None:
    """It reaches the server from its file through standard input."""
    exposed = lab.execute("cache", ["sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ"]).output
    assert "redis-server" in exposed
    assert lab.secrets.value("cache", "password") not in exposed


def test_settings_are_told_but_for_passwords(lab: Lab) -> None:
    """What bounds the loss is among them."""
    access = lab.access("cache")
    assert REDIS.settings(access)["requirepass"] == "(set)"
    bounding = {name: REDIS.bounding_settings(access)[name] for name in ("appendonly", "appendfsync", "save")}
    assert bounding == {"appendonly": "yes", "appendfsync": "everysec", "save": ""}
    assert REDIS.version(access).startswith("7.")


@pytest.mark.parametrize(
    ("harm", "says", "undo"),
    [
        ("CONFIG SET maxmemory 1", "command not allowed when used memory > 'maxmemory'.", "CONFIG SET maxmemory 0"),
        ("REPLICAOF 127.0.0.1 1", "You can't write against a read only replica.", "REPLICAOF NO ONE"),
        (
            f"LTRIM {LEDGER} 0 0",
            f"it takes writes, but not on the data of before: {LEDGER} is empty",
            "PING",
        ),
    ],
    ids=["full", "replica", "empty"],
)
def test_who_takes_no_writes_or_lost_the_ledger_is_not_ready(lab: Lab, harm: str, says: str, undo: str) -> None:
    """An answer is not enough; and asking changes nothing."""
    REDIS.probe(lab.access("cache"), history=True)
    lab.sql("cache", harm)
    try:
        with pytest.raises(NotReadyError) as caught:
            REDIS.probe(lab.access("cache"), history=True)
    finally:
        lab.sql("cache", undo)
    assert caught.value.message == says
    assert lab.sql("cache", "EXISTS drillmaster:writable") == [(0,)]


def test_commands_give_the_reply_of_the_last(lab: Lab) -> None:
    """A list is one row for each element, nothing is no row, and an error is the server's."""
    assert lab.sql("cache", "SET a 'b c'\n# remark\n\nGET a") == [("b c",)]
    assert lab.sql("cache", f"LRANGE {LEDGER} 0 -1") == [(row,) for row in ROWS]
    assert lab.sql("cache", "GET no-such-key") == []
    with pytest.raises(StepFailedError) as caught:
        lab.sql("cache", "SET list-or-not x\nLPUSH list-or-not y")
    assert caught.value.message == "WRONGTYPE Operation against a key holding the wrong kind of value"
    with pytest.raises(StepTimedOutError) as late:
        lab.sql("cache", "BLPOP nothing-comes 30", timeout_s=0.3)
    assert late.value.message == "no answer within 0.3 s"


def test_the_servers_clock_is_told(lab: Lab) -> None:
    """With its offset, to the microsecond."""
    apart = datetime.now(UTC) - datetime.fromisoformat(REDIS.server_time(lab.access("cache")))
    assert abs(apart.total_seconds()) < 5


# -- contents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("SET session:1 other KEEPTTL", "db0: session:*: 1 of 5000 keys have other values"),
        ("PERSIST session:1", "db0: session:*: 1 of 5000 keys expire at another time"),
        ("HINCRBY account:7 visits 1", "db0: account:*: 1 of 5000 keys have other values"),
        ("SREM online 7", "db0: (no colon): 1 of 6 keys have other values"),
        ("ZINCRBY by-visits 0.5 7", "db0: (no colon): 1 of 6 keys have other values"),
        ("LSET recent 3 other", "db0: (no colon): 1 of 6 keys have other values"),
        ("XADD jobs * account 7", "db0: (no colon): 1 of 6 keys have other values"),
        ("XGROUP SETID jobs mailer $", "db0: (no colon): 1 of 6 keys have other values"),
        ("PFADD visitors four", "db0: (no colon): 1 of 6 keys have other values"),
        ("RENAME account:7 account:x", "db0: account:*: 1 of 5000 keys missing"),
        ("SELECT 1\nDEL settings:theme", "db1: settings:*: 1 of 1 keys missing"),
        ("FUNCTION FLUSH", "functions: library half missing"),
    ],
    ids=lambda text: str(text).split()[0],
)
def test_a_change_of_any_type_is_told(lab: Lab, change: str, says: str) -> None:
    """One key, one difference, told without its name; a key of another name is also one added."""
    with session(lab.access("cache"), 5.0) as server:
        server.function_load(HALF)
    CHECK.remember(lab)
    assert told(lab) == []
    lab.sql("cache", change)
    differences = told(lab)
    assert differences[0] == says
    assert len(differences) == 1 + change.startswith("RENAME")


# -- playbooks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["aof", "rdb"])
def test_a_backup_brings_all_of_it_back(lab: Lab, source: str) -> None:
    """From the append-only files and from the snapshot: keys, times to live, the ledger; then the server goes on."""
    play(lab, "back-up-redis.yml")
    lab.sql("cache", "FLUSHALL")
    lab.stop("cache", 10)
    lab.replace("cache")
    play(lab, "restore-redis.yml", **{"from": source})
    began = time.time()
    lab.start("cache", 20)
    assert told(lab) == []
    assert lab.sql("cache", f"LRANGE {LEDGER} 0 -1") == [(row,) for row in ROWS]
    log = lab.ports.docker.logs(lab.container("cache")).decode()
    marks = [mark for mark, utc in REDIS.server_marks(log) if datetime.fromisoformat(utc).timestamp() > began - 0.5]
    assert marks == ["process-started", "redo-started", "redo-done", "accepting-connections"]


def test_a_backup_is_handed_back_as_it_was_taken(lab: Lab) -> None:
    """With its label, and when it began and ended; its digests fit."""
    play(lab, "back-up-redis.yml")
    backup = lab.handed_back["drill_backup"]
    backups = Backups(lab, "cache", FOLDER)
    assert backups.newest() == f"{FOLDER}/{backup['label']}"
    assert backups.digests_fit(backups.newest())
    assert backup["type"] == "full"
    assert backup["started"] <= backup["stopped"]


def test_what_could_do_harm_is_refused(lab: Lab) -> None:
    """A running server, files that are not Redis's, a backup that there is not, a point in time; nothing is removed."""
    play(lab, "back-up-redis.yml")
    label = lab.handed_back["drill_backup"]["label"]
    assert refused(lab) == "/data: a server runs there: stop it first"
    lab.replace("cache")
    lab.execute("cache", ["touch", "/data/accounts.csv"])
    assert refused(lab) == "/data: holds accounts.csv, which is not Redis's: move it away first"
    lab.execute("cache", ["rm", "/data/accounts.csv"])
    assert refused(lab, backup="20010101T000000Z").startswith("no backup is named 20010101T000000Z: choose one of 2")
    lab.target = TargetSet(mode="time", server_time="2026-01-01T00:00:00Z")
    with pytest.raises(StepFailedError, match="a backup of Redis is of one moment only, its own"):
        play(lab, "restore-redis.yml")
    lab.target = TargetSet(mode="latest")
    lab.execute("cache", ["sh", "-c", f"echo 1 >> {FOLDER}/{label}/dump.rdb"])
    message = f"backup {label} is damaged, or of a newer Redis: ./dump.rdb: FAILED; choose another of "
    assert refused(lab).startswith(message)
    lab.start("cache", 20)
    assert told(lab) == []


# -- sabotage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sabotage", "says"),
    [
        (AlterKeys(service="cache", how="delete", keys=2), "2 of 5000 keys missing"),
        (AlterKeys(service="cache", how="value"), "1 of 5000 keys have other values"),
        (AlterKeys(service="cache", how="expiry"), "1 of 5000 keys expire at another time"),
    ],
    ids=["delete", "value", "expiry"],
)
def test_altered_keys_are_confirmed_and_told(lab: Lab, sabotage: Sabotage, says: str) -> None:
    """What was hit is what the check tells."""
    lab.sql("cache", "DEL online by-visits recent jobs visitors flags")
    CHECK.remember(lab)
    assert sabotage.spoil(lab).state is State.HELD
    assert [difference.partition(":*: ")[2] for difference in told(lab)] == [says]


def test_more_keys_than_there_are_do_not_matter(lab: Lab) -> None:
    """A sabotage that could not be done is not confirmed."""
    lab.sql("cache", "FLUSHALL")
    assert AlterKeys(service="cache", how="delete").spoil(lab).state is State.VIOLATED


@pytest.mark.parametrize("digests", ["stale", "fitting"])
def test_a_flipped_byte_is_refused_whatever_the_digests_say(lab: Lab, digests: Literal["stale", "fitting"]) -> None:
    """By the backup's digests, or else by the checksum inside the snapshot."""
    play(lab, "back-up-redis.yml")
    assert FlipRdbByte(service="cache", digests=digests).spoil(lab).state is State.HELD
    lab.replace("cache")
    says = refused(lab)
    lab.start("cache", 20)
    assert ("./dump.rdb: FAILED" in says) is (digests == "stale")
    assert "is damaged" in says


def test_another_servers_snapshot_is_sound_and_lacks_the_ledger(lab: Lab) -> None:
    """The restore has nothing against it; the start finds that nothing of before is there."""
    play(lab, "back-up-redis.yml")
    assert SwapRdb(service="cache").spoil(lab).state is State.HELD
    lab.replace("cache")
    play(lab, "restore-redis.yml")
    with pytest.raises(NotReadyError, match="not on the data of before"):
        lab.start("cache", 1)


def test_appending_that_stopped_matters_only_beyond_the_rpo(lab: Lab) -> None:
    """Without writes since, or within what may be lost, it shows nothing."""
    finding = StopAppending(service="cache", ago="100ms").spoil(lab)
    lab.sql("cache", "CONFIG SET appendonly yes")
    assert (finding.state, finding.seen) == (State.VIOLATED, {"appendonly": "no", "since": 0})
