"""One table brought back from a copy on a spare machine: what comes back, what stays, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook
from orchestrator.core.target import moment_now
from reports.facts.events import BeforeDisaster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
BACK_UP, RESTORE = PLAYBOOKS / "back-up-with-pgbackrest.yml", PLAYBOOKS / "restore-one-table.yml"
REPOSITORY = "/var/lib/pgbackrest"
SIDE = f"""
lab:
  services:
    db:
      volumes: {{repo: {REPOSITORY}, handover: /var/lib/postgresql/handover}}
      settings:
        archive_mode: on
        archive_command: pgbackrest --stanza=main archive-push %p
        max_connections: 150  # more than the copy has
    side:
      spare_for: db
      volumes:
        data: /var/lib/postgresql/data
        repo: {{from: db, path: {REPOSITORY}, read_only: true}}
        handover: {{from: db, path: /var/lib/postgresql/handover}}
"""
MAKE = """
    CREATE ROLE reader;
    CREATE SCHEMA "Shop";
    CREATE TABLE "Shop".orders AS SELECT id, id AS amount FROM generate_series(1, 100) AS id;
    CREATE INDEX by_amount ON "Shop".orders (amount);
    GRANT SELECT ON "Shop".orders TO reader;
    CREATE TABLE visits (id int)
"""

ABOUT = """
    SELECT reltuples, relacl IS NOT NULL, indexrelid::regclass::text
    FROM pg_class JOIN pg_index ON indrelid = pg_class.oid
    WHERE pg_class.oid = '"Shop".orders'::regclass
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with a backup of 100 orders."""
    with postgres_lab(tmp_path_factory.mktemp("side"), SIDE) as lab:
        lab.sql("db", MAKE)
        run_playbook(lab, BACK_UP, {}, timeout_s=60)
        lab.sql("db", "SELECT pg_sleep(1.1)")  # pgBackRest refuses a target within the second in which the backup ended
        yield lab


@pytest.fixture(autouse=True)
def spare(lab: Lab) -> None:
    """Give each test a spare whose data volume is empty."""
    lab.destroy_volume("side", "data")
    lab.replace("side")


def bring_back(lab: Lab) -> None:
    """Run the playbook."""
    run_playbook(lab, RESTORE, {"table": '"Shop".orders'}, timeout_s=60)


def refused(lab: Lab) -> str:
    """Return why it was refused."""
    with pytest.raises(StepFailedError) as caught:
        bring_back(lab)
    return caught.value.message.removeprefix("restore-one-table.yml: ")


def listed(lab: Lab, service: str, folder: str) -> set[str]:
    """Return the files below a folder of a service."""
    return set(lab.execute(service, ["find", folder, "-type", "f"]).output.splitlines())


def test_the_table_comes_back_and_nothing_else_goes_back(lab: Lab) -> None:
    """With its index, its rights and statistics; what was written elsewhere since is kept."""
    lab.before_disaster = moment_now(lab, "db")
    lab.sql("db", 'DROP TABLE "Shop".orders')
    lab.sql("db", "INSERT INTO visits VALUES (1)")
    bring_back(lab)
    assert lab.sql("db", 'SELECT count(*), sum(amount) FROM "Shop".orders') == [(100, 5050)]
    assert lab.sql("db", ABOUT) == [(100.0, True, '"Shop".by_amount')]
    assert lab.sql("db", "SELECT count(*) FROM visits") == [(1,)]
    assert listed(lab, "db", "/var/lib/postgresql/handover") == set()


def test_the_copy_leaves_nothing_in_the_repository(lab: Lab) -> None:
    """No timeline that the next recovery would follow: it archives nothing, and could not."""
    lab.before_disaster = moment_now(lab, "db")
    lab.sql("db", 'DROP TABLE "Shop".orders')
    bring_back(lab)
    assert not [file for file in listed(lab, "db", f"{REPOSITORY}/archive") if "/00000002" in file]
    setting = lab.execute("side", ["grep", "archive_mode", "/var/lib/postgresql/data/postgresql.auto.conf"]).output
    assert setting.splitlines()[-1] == "archive_mode = 'off'"
    assert "Read-only file system" in lab.execute("side", ["touch", f"{REPOSITORY}/note"]).output


def test_a_table_that_is_there_stays_as_it_is(lab: Lab) -> None:
    """The load is one transaction, and fails."""
    lab.before_disaster = moment_now(lab, "db")
    lab.sql("db", 'INSERT INTO "Shop".orders VALUES (101, 0)')
    assert 'relation "orders" already exists' in refused(lab)
    assert lab.sql("db", 'SELECT count(*) FROM "Shop".orders') == [(101,)]


def test_a_moment_that_could_be_read_in_more_than_one_way_is_refused(lab: Lab) -> None:
    """The server would read it in its own zone."""
    lab.before_disaster = BeforeDisaster(server_time="2026-03-01T12:00:00")
    assert refused(lab) == (
        "task 'Refuse a moment that could be read in more than one way' failed on db: "
        "drill_before_disaster is 2026-03-01T12:00:00: want a time and its offset"
    )


def test_a_spare_that_holds_something_is_left_alone(lab: Lab) -> None:
    """It may be somebody's last copy."""
    lab.before_disaster = moment_now(lab, "db")
    lab.execute("side", ["touch", "/var/lib/postgresql/data/letters"])
    assert refused(lab) == (
        "task 'Refuse a data directory that is in use, and give both folders to postgres' failed on side: "
        "exit code 1 | /var/lib/postgresql/data: is not empty"
    )
