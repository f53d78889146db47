"""The procedures of logical dumps on a real PostgreSQL whose names are as odd as names may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
BACK_UP, RESTORE = PLAYBOOKS / "back-up-with-pg-dump.yml", PLAYBOOKS / "restore-from-pg-dump.yml"
DATA, DUMPS = "/var/lib/postgresql/data", "/var/lib/postgresql/dumps"
SUPERUSER, DATABASE = "App-1", "it's a = shop"
LATIN = """CREATE DATABASE "dbname=postgres \\ x" TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'"""
ODD = f"""
lab:
  services:
    db: {{user: {SUPERUSER}, database: {DATABASE}, volumes: {{dumps: {DUMPS}}}}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with 100 orders in one of its databases; each test makes the dumps that it needs."""
    with postgres_lab(tmp_path_factory.mktemp("dumps"), ODD) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
        lab.sql("db", LATIN)
        lab.sql("db", "ALTER SYSTEM SET log_checkpoints = off")
        yield lab


def back_up(lab: Lab) -> dict[str, Any]:
    """Take a dump, and return what is handed back of it."""
    run_playbook(lab, BACK_UP, {"superuser": SUPERUSER}, timeout_s=60)
    backup: dict[str, Any] = lab.handed_back["drill_backup"]
    return backup


def lose_the_data(lab: Lab) -> None:
    """Lose the data volume, and have an empty one in a container that waits."""
    lab.destroy_volume("db", "data")
    lab.replace("db")


def restore(lab: Lab) -> None:
    """Restore the dump handed back last, and start the server."""
    run_playbook(lab, RESTORE, {}, timeout_s=60)
    lab.ports.docker.release(lab.container("db"))
    lab.wait_ready("db", 30)


def refused(lab: Lab) -> str:
    """Return why the restore was refused."""
    with pytest.raises(StepFailedError) as caught:
        run_playbook(lab, RESTORE, {}, timeout_s=60)
    return caught.value.message.removeprefix("restore-from-pg-dump.yml: ")


def inside(lab: Lab, command: str) -> str:
    """Return what a command prints inside the container."""
    done = lab.execute("db", ["bash", "-ec", command])
    assert done.exit_code == 0, done.output
    return done.output


def reseal(lab: Lab, label: str) -> None:
    """Make the digests of a dump fit what was done to it."""
    inside(lab, f"cd {DUMPS}/{label}; find . -type f ! -name SHA256SUMS -exec sha256sum {{}} + > SHA256SUMS")


def test_a_new_cluster_is_what_was_dumped(lab: Lab) -> None:
    """With its roles' passwords, its databases' encodings and its configuration; and what was written later is gone."""
    backup = back_up(lab)
    lab.sql("db", "INSERT INTO orders VALUES (101)")
    lose_the_data(lab)
    restore(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
    assert lab.sql("db", "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname ~ '^dbname'") == [
        ("LATIN1",)
    ]
    assert lab.sql("db", "SHOW log_checkpoints") == [("off",)]
    assert lab.sql("db", "SELECT rolname::text FROM pg_roles WHERE oid = 10 AND rolsuper") == [(SUPERUSER,)]
    assert lab.sql("db", "SHOW data_checksums") == [("on",)]
    assert set(backup) == {"label", "type", "started", "stopped", "database_bytes", "repository_bytes"}
    assert (backup["type"], backup["started"] <= backup["stopped"]) == ("dump", True)


@pytest.mark.acceptance
def test_statistics_are_there_before_clients_are(lab: Lab) -> None:
    """Without them the first plans would be guesses."""
    back_up(lab)
    lose_the_data(lab)
    restore(lab)
    assert lab.sql("db", "SELECT reltuples FROM pg_class WHERE relname = 'orders'") == [(100.0,)]


@pytest.mark.acceptance
def test_the_dump_that_is_named_is_restored(lab: Lab) -> None:
    """Not the newest."""
    older = back_up(lab)
    lab.sql("db", "CREATE TABLE later ()")
    assert back_up(lab)["label"] > older["label"]
    lab.handed_back |= {"drill_backup": older, "drill_backup_age": 1}
    lose_the_data(lab)
    restore(lab)
    assert lab.sql("db", "SELECT to_regclass('later')") == [(None,)]


def test_only_postgres_can_read_a_dump(lab: Lab) -> None:
    """It holds every row, and the verifiers of all passwords."""
    label = back_up(lab)["label"]
    assert inside(lab, f"find {DUMPS}/{label} -perm /077") == ""
    assert inside(lab, f"stat --format=%U:%a {DUMPS}") == "postgres:700\n"


def test_a_directory_that_is_not_empty_is_left_alone(lab: Lab) -> None:
    """Here a server runs on it."""
    back_up(lab)
    says = refused(lab)
    assert says.startswith("task 'Make an empty cluster, and start it for this machine's postgres only' failed on db: ")
    assert f'directory "{DATA}" exists but is not empty' in says
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_a_dump_of_a_newer_major_is_refused(lab: Lab) -> None:
    """Before anything is made, with what would do."""
    label = back_up(lab)["label"]
    inside(lab, f'sed -i -E \'s/"major": [0-9]+/"major": 99/\' {DUMPS}/{label}/cluster.json')
    reseal(lab, label)
    major = str(lab.sql("db", "SELECT current_setting('server_version_num')::int / 10000")[0][0])
    assert refused(lab) == (
        f"task 'Refuse a dump of a newer major' failed on db: {DUMPS}/{label} was made by PostgreSQL 99, "
        f"and this is {major}: restore it with PostgreSQL 99 or newer"
    )


WHOLE = (
    "task 'Verify the dump, that it is what was written and that this pg_restore can read it' failed on db: exit code 1"
)


@pytest.mark.acceptance
def test_an_archive_of_a_newer_format_is_refused(lab: Lab) -> None:
    """In pg_restore's own words, and with what would do."""
    label = back_up(lab)["label"]
    # The format's version follows the five letters PGDMP: major, minor, revision.
    inside(
        lab, f"printf '\\143' | dd of={DUMPS}/{label}/databases/postgres/toc.dat bs=1 seek=6 conv=notrunc status=none"
    )
    reseal(lab, label)
    assert refused(lab) == (
        f"{WHOLE} | pg_restore: error: unsupported version (1.99) in file header | "
        "databases/postgres: use the pg_restore of the pg_dump that wrote it, or a newer one"
    )


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("truncate --size=-1", "./globals.sql: FAILED | sha256sum: WARNING: 1 computed checksum did NOT match"),
        ("sed -i '1s/^/ /'", "./globals.sql: FAILED | sha256sum: WARNING: 1 computed checksum did NOT match"),
        (
            "rm",
            (
                "sha256sum: ./globals.sql: No such file or directory | ./globals.sql: FAILED open or read | "
                "sha256sum: WARNING: 1 listed file could not be read"
            ),
        ),
    ],
)
def test_a_dump_that_is_not_what_was_written_is_refused(lab: Lab, harm: str, says: str) -> None:
    """A byte less, a byte more, a file less."""
    label = back_up(lab)["label"]
    inside(lab, f"cd {DUMPS}/{label}; {harm} globals.sql")
    assert refused(lab) == f"{WHOLE} | {says}"


def test_without_a_dump_the_restore_says_so(lab: Lab) -> None:
    """A label that is not there is none."""
    lab.handed_back |= {"drill_backup": {"label": "20010101T000000Z"}, "drill_backup_age": 1}
    assert refused(lab) == (
        f"task 'Choose the dump' failed on db: exit code 1 | {DUMPS}: holds no dump 20010101T000000Z"
    )


@pytest.mark.acceptance
def test_a_dump_that_failed_is_never_restored(lab: Lab) -> None:
    """It keeps the name of one that is not complete; the newest that is complete counts."""
    back_up(lab)
    lab.sql("db", "ALTER DATABASE template1 ALLOW_CONNECTIONS false")
    with pytest.raises(StepFailedError):
        back_up(lab)
    lab.sql("db", "ALTER DATABASE template1 ALLOW_CONNECTIONS true")
    assert inside(lab, f"ls {DUMPS}").splitlines()[-1].endswith(".incomplete")
    lab.handed_back.clear()
    lose_the_data(lab)
    restore(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
