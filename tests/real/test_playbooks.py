"""The team's own procedures on a real PostgreSQL: what they do, what they refuse, and that they work by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.lab_objects import ansible_inventory
from orchestrator.core.procedures import run_playbook
from reports.facts.events import TargetSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
BACK_UP, RESTORE = PLAYBOOKS / "back-up-with-pgbackrest.yml", PLAYBOOKS / "restore-with-pgbackrest.yml"
DATA = "/var/lib/postgresql/data"
DRILL = """
drill: lab-of-a-test
title: A lab for tests
system: tests
owner: tests
objectives: {rto: 1m, rpo: 1s}
lab:
  services:
    db:
      type: postgres
      image: drillmaster/postgres:15
      volumes: {data: /var/lib/postgresql/data, repo: /var/lib/pgbackrest}
      settings:
        archive_mode: on
        archive_command: pgbackrest --stanza=main archive-push %p
workload: [ledger: db]
disaster: [kill-service: db]
recover: [start: db]
checks: [postgres-content: db]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab of its own for each test, with 100 orders."""
    with postgres_lab(tmp_path, DRILL) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
        yield lab


def play(lab: Lab, playbook: Path) -> dict[str, Any]:
    """Run a playbook as a drill does; return all that was handed back so far."""
    run_playbook(lab, playbook, {}, timeout_s=60)
    return lab.handed_back


def archive(lab: Lab) -> None:
    """Have all that is committed in the archive."""
    lab.sql("db", "SELECT pg_switch_wal()")
    query = "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1) FROM pg_stat_archiver"
    deadline = time.monotonic() + 20
    while lab.sql("db", query) != [(True,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def start(lab: Lab) -> None:
    """Start the filled container and wait until it takes writes."""
    lab.ports.docker.release(lab.container("db"))
    lab.wait_ready("db", 30)


def refused(lab: Lab, time_text: str | None = None) -> str:
    """Restore, to a time if one is given, and return why that was refused."""
    if time_text:
        lab.target = TargetSet(mode="time", server_time=time_text)
    with pytest.raises(StepFailedError) as caught:
        play(lab, RESTORE)
    return caught.value.message.removeprefix("restore-with-pgbackrest.yml: ")


def test_a_backup_is_handed_back_as_the_repository_has_it(lab: Lab) -> None:
    """The stanza is made the first time; a second backup is another, and the one handed back."""
    first = play(lab, BACK_UP)["drill_backup"]
    second = play(lab, BACK_UP)["drill_backup"]
    info = lab.execute("db", ["pgbackrest", "--stanza=main", "--output=json", "info"], user="postgres").output
    kept = json.loads(info)[0]["backup"]
    assert [backup["label"] for backup in kept] == [first["label"], second["label"]]
    assert (second["type"], second["lsn"], second["wal"]) == ("full", kept[1]["lsn"], kept[1]["archive"])
    assert first["stopped"] < second["started"] < second["stopped"]


def test_a_lost_data_volume_comes_back_to_its_last_archived_commit(lab: Lab) -> None:
    """With what was written after the backup; and the server goes on archiving, on a timeline of its own."""
    play(lab, BACK_UP)
    lab.sql("db", "INSERT INTO orders VALUES (101)")
    archive(lab)
    lab.destroy_volume("db", "data")
    lab.replace("db")
    play(lab, RESTORE)
    start(lab)
    assert lab.sql("db", "SELECT count(*), max(id) FROM orders") == [(101, 101)]
    archive(lab)
    assert lab.sql("db", "SELECT last_archived_wal LIKE '00000002%' FROM pg_stat_archiver") == [(True,)]


def test_a_surviving_data_directory_goes_back_to_a_point_in_time(lab: Lab) -> None:
    """The server stops there and promotes itself; a lock file that a killed server left is in nobody's way."""
    play(lab, BACK_UP)
    time.sleep(1.1)  # pgBackRest refuses a target within the second in which the backup ended
    [(target,)] = lab.sql("db", "SELECT clock_timestamp()::text")
    lab.sql("db", "DROP TABLE orders")
    archive(lab)
    lab.kill("db")
    lab.replace("db")
    assert lab.execute("db", ["test", "-f", f"{DATA}/postmaster.pid"]).exit_code == 0
    lab.target = TargetSet(mode="time", server_time=f"{str(target).replace(' ', 'T')}:00")
    play(lab, RESTORE)
    start(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_a_running_server_is_left_alone(lab: Lab) -> None:
    """Nothing below its data directory is touched."""
    play(lab, BACK_UP)
    assert refused(lab) == (
        "task 'Refuse a running server's directory, and one of anything else' failed on db: "
        f"exit code 1 | {DATA}: a server may be running there: stop it first"
    )
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_a_directory_of_something_else_is_left_alone(lab: Lab) -> None:
    """What is in it stays as it was."""
    play(lab, BACK_UP)
    lab.destroy_volume("db", "data")
    lab.replace("db")
    lab.execute("db", ["sh", "-c", f"echo precious > {DATA}/letters"])
    assert refused(lab) == (
        "task 'Refuse a running server's directory, and one of anything else' failed on db: "
        f'exit code 1 | pg_ctl: directory "{DATA}" is not a database cluster directory | '
        f"{DATA}: holds something that is no cluster: move it away first"
    )
    assert lab.execute("db", ["cat", f"{DATA}/letters"]).output == "precious\n"


@pytest.mark.parametrize("time_text", ["2026-03-01T12:00:00", "yesterday"])
def test_a_time_that_could_mean_two_moments_is_refused(lab: Lab, time_text: str) -> None:
    """The server would read it in its own zone, and stop hours early without a word."""
    assert refused(lab, time_text) == (
        "task 'Refuse a target that could be read in more than one way' failed on db: recovery target "
        f"{{'type': 'time', 'time': '{time_text}'}}: want type latest, or type time with a time and its offset"
    )


def test_a_time_before_every_backup_is_refused(lab: Lab) -> None:
    """No backup can go back that far; pgBackRest's own words say so."""
    play(lab, BACK_UP)
    lab.destroy_volume("db", "data")
    lab.replace("db")
    assert refused(lab, "2001-01-01T00:00:00Z") == (
        "task 'Restore the backup' failed on db: exit code 75 | "
        "ERROR: [075]: unable to find backup set with stop time less than '2001-01-01 00:00:00+00:00'"
    )


def test_the_procedures_work_by_hand(lab: Lab, tmp_path: Path) -> None:
    """With an inventory file and ansible-playbook, and nothing of ours around them."""
    inventory = tmp_path / "inventory.json"
    host = {
        key: value
        for key, value in ansible_inventory(lab.run, lab.loaded.drill.lab.services)["db"].items()
        if key.startswith("ansible_")
    }
    inventory.write_text(json.dumps({"postgres": {"hosts": {"db": host}}}))

    def by_hand(playbook: Path) -> str:
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [program, "--inventory", inventory, playbook]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout

    assert "failed=0" in by_hand(BACK_UP)
    lab.destroy_volume("db", "data")
    lab.replace("db")
    assert "failed=0" in by_hand(RESTORE)
    start(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
