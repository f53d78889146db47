"""The team's own procedures on a real PostgreSQL: what they do, what they refuse, and that they work by hand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
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

ROOT = Path(__file__).parents[2]
DATA = "/var/lib/postgresql/data"


@dataclass(frozen=True)
class Procedure:
    """A pair of playbooks, in the lab of the drill that uses them."""

    tool: str
    drill: str
    labels: str
    """Prints the labels of the backups there are, oldest first."""

    @property
    def back_up(self) -> Path:
        """Return the playbook that takes a backup."""
        return ROOT / "playbooks" / f"back-up-with-{self.tool}.yml"

    @property
    def restore(self) -> Path:
        """Return the playbook that restores it."""
        return ROOT / "playbooks" / f"restore-with-{self.tool}.yml"


PGBACKREST = Procedure("pgbackrest", "postgres-volume-loss", "pgbackrest repo-ls backup/main | grep -x '[0-9].*F'")
BASEBACKUP = Procedure("pg-basebackup", "postgres-basebackup", "ls /var/lib/postgresql/backups/base")


@pytest.fixture(
    scope="module",
    params=[PGBACKREST, pytest.param(BASEBACKUP, marks=pytest.mark.acceptance)],
    ids=lambda procedure: procedure.tool,
)
def procedure(request: pytest.FixtureRequest) -> Procedure:
    """Return each pair in turn: both keep the same promises."""
    chosen: Procedure = request.param
    return chosen


@pytest.fixture
def lab(procedure: Procedure, tmp_path: Path) -> Iterator[Lab]:
    """Return a lab of its own for a test, with 100 orders."""
    with lab_with_orders(procedure, tmp_path) as lab:
        yield lab


@dataclass(frozen=True)
class Protected:
    """A lab with two backups."""

    lab: Lab
    first: dict[str, Any]
    second: dict[str, Any]


@pytest.fixture(scope="module")
def protected(procedure: Procedure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    """Return a lab whose server runs, for all tests that leave it as it is."""
    with lab_with_orders(procedure, tmp_path_factory.mktemp("protected")) as lab:
        first = play(lab, procedure.back_up)["drill_backup"]
        time.sleep(1)  # labels and times are told in whole seconds
        second = play(lab, procedure.back_up)["drill_backup"]
        archive(lab)
        yield Protected(lab, first, second)


@pytest.fixture(scope="module")
def bereft(protected: Protected) -> Protected:
    """Return the same lab without its data volume, for all tests that restore nothing."""
    lose_the_data(protected.lab)
    return protected


@contextmanager
def lab_with_orders(procedure: Procedure, folder: Path) -> Iterator[Lab]:
    """Yield the lab of the procedure's drill with 100 orders in it."""
    with postgres_lab(folder, extends=ROOT / "drills" / f"{procedure.drill}.yaml") as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
        yield lab


def play(lab: Lab, playbook: Path) -> dict[str, Any]:
    """Run a playbook as a drill does; return all that was handed back so far."""
    run_playbook(lab, playbook, {}, timeout_s=60)
    return lab.handed_back


def archive(lab: Lab) -> None:
    """Have all that is committed in the archive."""
    lab.sql("db", "SELECT pg_switch_wal()")
    deadline = time.monotonic() + 30
    while waiting := lab.sql("db", "SELECT name FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'"):
        assert time.monotonic() < deadline, waiting
        time.sleep(0.05)


def lose_the_data(lab: Lab) -> None:
    """Have an idle container with an empty data volume."""
    lab.destroy_volume("db", "data")
    lab.replace("db")


def start(lab: Lab) -> None:
    """Start the filled container and wait until it takes writes."""
    lab.ports.docker.release(lab.container("db"))
    lab.wait_ready("db", 30)


def inside(lab: Lab, command: str, user: str = "postgres") -> str:
    """Return what a command that succeeds prints inside the container."""
    done = lab.execute("db", ["sh", "-c", command], user=user)
    assert done.exit_code == 0, done.output
    return done.output


@contextmanager
def handed_back(lab: Lab, backup: dict[str, Any]) -> Iterator[None]:
    """Let playbooks know of a backup that was chosen for its age."""
    before, lab.handed_back = lab.handed_back, {"drill_backup": backup, "drill_backup_age": 60}
    yield
    lab.handed_back = before


def now(lab: Lab) -> str:
    """Return the server's clock as a recovery target."""
    [(text,)] = lab.sql("db", "SELECT clock_timestamp()::text")
    return f"{str(text).replace(' ', 'T')}:00"


def refused(lab: Lab, procedure: Procedure, time_text: str | None = None) -> str:
    """Restore, to a time if one is given, and return why that was refused."""
    lab.target = TargetSet(mode="time", server_time=time_text) if time_text else TargetSet(mode="latest")
    with pytest.raises(StepFailedError) as caught:
        play(lab, procedure.restore)
    return caught.value.message.removeprefix(f"{procedure.restore.name}: ")


@pytest.mark.acceptance
def test_times_in_a_zone_that_only_an_abbreviation_tells_are_refused(tmp_path: Path) -> None:
    """Shanghai's CST is read as Chicago's: a backup would be taken for fourteen hours younger."""
    with lab_with_orders(BASEBACKUP, tmp_path) as lab:
        lab.replace("db")
        by_hand = [
            "sudo",
            "-u",
            "postgres",
            "pg_ctl",
            "start",
            f"--pgdata={DATA}",
            "--options=-c log_timezone=Asia/Shanghai",
        ]
        assert lab.execute("db", [*by_hand, "--log=/dev/null"]).exit_code == 0
        with pytest.raises(StepFailedError) as caught:
            play(lab, BASEBACKUP.back_up)
        assert caught.value.message.endswith(
            "log_timezone is Asia/Shanghai: set it to UTC, for a backup tells its times in it"
        )


def test_a_backup_is_handed_back_as_it_was_taken(protected: Protected, procedure: Procedure) -> None:
    """A second backup is another, and what was handed back last."""
    lab, first, second = protected.lab, protected.first, protected.second
    assert inside(lab, procedure.labels).split() == [first["label"], second["label"]]
    assert first["type"] == second["type"] == "full"
    assert first["started"] <= first["stopped"] < second["started"] <= second["stopped"]
    segments = f"SELECT pg_walfile_name('{second['lsn']['start']}'), pg_walfile_name('{second['lsn']['stop']}')"
    assert lab.sql("db", segments) == [(second["wal"]["start"], second["wal"]["stop"])]
    assert 0 < second["repository_bytes"] <= second["database_bytes"]


def test_a_running_server_is_left_alone(protected: Protected, procedure: Procedure) -> None:
    """Nothing below its data directory is touched."""
    assert refused(protected.lab, procedure) == (
        "task 'Refuse a running server's directory, and one of anything else' failed on db: "
        f"exit code 1 | {DATA}: a server may be running there: stop it first"
    )
    assert protected.lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_a_directory_of_something_else_is_left_alone(bereft: Protected, procedure: Procedure) -> None:
    """What is in it stays as it was."""
    inside(bereft.lab, f"echo precious > {DATA}/letters")
    assert refused(bereft.lab, procedure) == (
        "task 'Refuse a running server's directory, and one of anything else' failed on db: "
        f'exit code 1 | pg_ctl: directory "{DATA}" is not a database cluster directory | '
        f"{DATA}: holds something that is no cluster: move it away first"
    )
    assert inside(bereft.lab, f"cat {DATA}/letters; rm {DATA}/letters") == "precious\n"


def test_a_cluster_of_another_major_is_left_alone(bereft: Protected, procedure: Procedure) -> None:
    """It is somebody else's, or the image is the wrong one."""
    inside(bereft.lab, f"echo 14 > {DATA}/PG_VERSION")
    assert refused(bereft.lab, procedure) == (
        "task 'Refuse a running server's directory, and one of anything else' failed on db: exit code 1 | "
        f"{DATA}: holds a cluster of PostgreSQL 14, and this is PostgreSQL 15: "
        "move it away first"
    )
    assert inside(bereft.lab, f"cat {DATA}/PG_VERSION; rm {DATA}/PG_VERSION") == "14\n"


@pytest.mark.parametrize("time_text", ["2026-03-01T12:00:00", "yesterday"])
def test_a_time_that_could_mean_two_moments_is_refused(bereft: Protected, procedure: Procedure, time_text: str) -> None:
    """The server would read it in its own zone, and stop hours early without a word."""
    known = {"pgbackrest": "latest or backup", "pg-basebackup": "latest"}[procedure.tool]
    assert refused(bereft.lab, procedure, time_text) == (
        "task 'Refuse a target that could be read in more than one way' failed on db: recovery target "
        f"{{'type': 'time', 'time': '{time_text}'}}: want type {known}, or type time with a time and its offset"
    )


def test_a_time_before_every_backup_is_refused(bereft: Protected, procedure: Procedure) -> None:
    """No backup can go back that far; when the first ended is told."""
    assert refused(bereft.lab, procedure, "2001-01-01T00:00:00Z").endswith(
        "no backup ended before the target 2001-01-01T00:00:00Z, the first to end did so at "
        f"{bereft.first['stopped']}: choose a later target, or another backup"
    )


def test_a_time_after_the_end_of_the_archive_is_refused(bereft: Protected, procedure: Procedure) -> None:
    """The server would replay everything, and then refuse to start."""
    message = refused(bereft.lab, procedure, "2101-01-01T00:00:00Z")
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    says = f"the archive ends before the target 2101-01-01T00:00:00Z, at {moment}: recover to the latest state"
    assert re.search(f"{says}$", message), message


def test_a_backup_that_is_not_there_is_refused(bereft: Protected, procedure: Procedure) -> None:
    """Those that are there are named."""
    there = f"{bereft.first['label']} {bereft.second['label']}"
    with handed_back(bereft.lab, {**bereft.first, "label": "20010101-000000F"}):
        assert refused(bereft.lab, procedure).endswith(f"no backup is named 20010101-000000F: choose one of {there}")


def test_a_backup_of_another_major_is_refused(bereft: Protected, procedure: Procedure) -> None:
    """Before anything is overwritten: the server could not start on it."""
    program = "$(readlink -f /usr/lib/postgresql/*/bin/postgres)"
    told = "#!/bin/sh\necho 'postgres (PostgreSQL) 17.2 (Debian 17.2-1)'\n"
    inside(bereft.lab, f'p={program}; mv $p $p.kept; printf "{told}" > $p; chmod 755 $p', user="root")
    assert refused(bereft.lab, procedure).endswith(
        f"backup {bereft.second['label']}: is of PostgreSQL 15, and this is PostgreSQL 17: "
        "restore it with its own major"
    )
    inside(bereft.lab, f"p={program}; mv $p.kept $p", user="root")
    assert inside(bereft.lab, f"ls {DATA}") == ""


@pytest.mark.acceptance
@pytest.mark.parametrize("procedure", [BASEBACKUP], ids=lambda procedure: procedure.tool, indirect=True)
@pytest.mark.usefixtures("procedure")
def test_a_base_backup_whose_files_are_not_what_was_written_is_refused(bereft: Protected) -> None:
    """One byte is enough; nothing is overwritten, and the others are named."""
    file = f"/var/lib/postgresql/backups/base/{bereft.second['label']}/global/1262"
    inside(bereft.lab, f"cp {file} /tmp/kept && printf x | dd of={file} bs=1 seek=4000 conv=notrunc")
    assert refused(bereft.lab, BASEBACKUP) == (
        "task 'Verify the backup' failed on db: exit code 1 | "
        'pg_verifybackup: error: checksum mismatch for file "global/1262" | '
        f"backup {bereft.second['label']}: is damaged: choose another with -e backup=, of "
        f"{bereft.first['label']} {bereft.second['label']}"
    )
    inside(bereft.lab, f"cp /tmp/kept {file}")
    assert inside(bereft.lab, f"ls {DATA}") == ""


def test_the_backup_chosen_for_its_age_is_restored(bereft: Protected, procedure: Procedure) -> None:
    """Not the newest: replay begins where the older one does."""
    with handed_back(bereft.lab, bereft.first):
        play(bereft.lab, procedure.restore)
    label = inside(bereft.lab, f"cat {DATA}/backup_label")
    assert f"START WAL LOCATION: {bereft.first['lsn']['start']} " in label
    start(bereft.lab)
    assert bereft.lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


def test_without_any_backup_nothing_is_restored(lab: Lab, procedure: Procedure) -> None:
    """Where one comes from is told."""
    lose_the_data(lab)
    assert refused(lab, procedure).endswith(f": take one with {procedure.back_up.name}")


def test_data_goes_back_to_a_point_in_time_and_later_to_the_latest_commit(lab: Lab, procedure: Procedure) -> None:
    """First over a surviving directory, with the lock file of a killed server in it; then on a new volume.

    The server promotes itself and goes on archiving, on a timeline of its own; the target that the first recovery left
    in the settings, and the next backup brings along, does not hold for the second.
    """
    play(lab, procedure.back_up)
    time.sleep(1.1)  # a target within the second in which the backup ended is refused
    target = now(lab)
    lab.sql("db", "DROP TABLE orders")
    archive(lab)
    lab.kill("db")
    lab.replace("db")
    inside(lab, f"test -f {DATA}/postmaster.pid")
    lab.target = TargetSet(mode="time", server_time=target)
    play(lab, procedure.restore)
    start(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
    play(lab, procedure.back_up)
    lab.sql("db", "INSERT INTO orders VALUES (101)")
    archive(lab)
    assert lab.sql("db", "SELECT last_archived_wal LIKE '00000002%' FROM pg_stat_archiver") == [(True,)]
    lose_the_data(lab)
    lab.target = TargetSet(mode="latest")
    play(lab, procedure.restore)
    start(lab)
    assert lab.sql("db", "SELECT count(*), max(id) FROM orders") == [(101, 101)]


@pytest.mark.parametrize(
    "procedure",
    [PGBACKREST, pytest.param(BASEBACKUP, marks=pytest.mark.acceptance)],
    ids=lambda procedure: procedure.tool,
    indirect=True,
)
def test_the_procedures_work_by_hand(lab: Lab, procedure: Procedure, tmp_path: Path) -> None:
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

    assert "failed=0" in by_hand(procedure.back_up)
    lose_the_data(lab)
    assert "failed=0" in by_hand(procedure.restore)
    start(lab)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
