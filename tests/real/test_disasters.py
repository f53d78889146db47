"""Disasters that end a real service: they happen, are confirmed, and are not confirmed when they did not happen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harm import loop_devices
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.disasters.cut_network import CutNetwork
from orchestrator.kinds.disasters.delete_volume import DeleteVolume
from orchestrator.kinds.disasters.fill_disk import FillDisk
from orchestrator.kinds.disasters.kill_service import KillService
from orchestrator.kinds.disasters.lose_service import LoseService
from orchestrator.kinds.disasters.pause_service import PauseService
from orchestrator.kinds.disasters.power_loss import PowerLoss
from orchestrator.kinds.disasters.stop_service import StopService
from orchestrator.kinds.steps.replace import Replace
from orchestrator.kinds.steps.start import Start
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.kind import Disaster
    from orchestrator.core.lab import Lab

FREE = Path(__file__).parents[2] / "playbooks" / "free-a-full-disk.yml"
AWAY: list[Disaster] = [StopService(service="db"), PauseService(service="db"), CutNetwork(service="db")]
"""Disasters that leave the data where they are."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab of its own for each test, with a table `orders`."""
    with postgres_lab(tmp_path) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
        yield lab


@pytest.fixture
def disk_lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab whose server is on a disk of its own, set up as a run does before its ledger starts."""
    on_a_disk = "lab: {services: {db: {volumes: {data: {path: /var/lib/postgresql/data, size: 256MiB}}}}}"
    with postgres_lab(tmp_path, on_a_disk) as lab:
        lab.loaded.drill.workload[0].prepare(lab)
        lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 1, 1)")
        lab.flush_disks()
        yield lab


def test_a_deleted_volume_is_gone_with_its_server(lab: Lab) -> None:
    """Neither volume nor container is left; the server's log is."""
    disaster = DeleteVolume(service="db", volume="data")
    assert disaster.confirm(lab).state == State.VIOLATED
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD
    assert b"ready to accept connections" in (lab.folder / "logs" / "db.log").read_bytes()


@pytest.mark.parametrize("signal", ["KILL", "TERM"])
def test_a_killed_service_has_ended_and_comes_back_with_its_data(lab: Lab, signal: str) -> None:
    """Whatever the signal: the server ends, and started again it has all that was committed."""
    disaster = KillService.model_validate({"service": "db", "signal": signal, "within": "200ms"})
    assert disaster.confirm(lab).state == State.VIOLATED
    disaster = KillService.model_validate({"service": "db", "signal": signal})
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD
    lab.ports.docker.start(lab.container("db"))
    lab.wait_ready("db", 20)
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]


@pytest.mark.parametrize("disaster", AWAY, ids=lambda disaster: type(disaster).__name__)
def test_start_brings_back_what_was_stopped_frozen_or_cut_off(disaster: Disaster, lab: Lab) -> None:
    """Reached again under its name and address, with its data; the look beforehand says that nothing had happened."""
    lab.loaded.drill.workload[0].prepare(lab)
    lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 1, 1)")
    assert disaster.confirm(lab).state == State.VIOLATED
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD
    Start(service="db").run(lab)
    assert disaster.confirm(lab).state == State.VIOLATED
    assert lab.sql("db", "SELECT count(*) FROM orders") == [(100,)]
    assert lab.execute("db", ["getent", "hosts", "db"]).output.split() == [lab.address("db"), "db"]


@pytest.mark.parametrize("disaster", AWAY, ids=lambda disaster: type(disaster).__name__)
def test_replace_makes_anew_what_was_stopped_frozen_or_cut_off(disaster: Disaster, lab: Lab) -> None:
    """The new container waits on the lab's network, with the old one's volume."""
    disaster.inject(lab)
    Replace(service="db").run(lab)
    assert lab.ports.docker.is_idle(lab.container("db"))
    assert lab.address("db") is not None
    assert lab.execute("db", ["test", "-s", "/var/lib/postgresql/data/PG_VERSION"]).exit_code == 0


@pytest.mark.parametrize("disaster", AWAY, ids=lambda disaster: type(disaster).__name__)
def test_a_lab_in_every_state_is_removed(disaster: Disaster, lab: Lab) -> None:
    """Nothing is left of it, and nothing hinders that."""
    disaster.inject(lab)
    removed = lab.remove()
    assert (removed.removed, removed.left) == ({"containers": 1, "volumes": 1, "networks": 1}, ())


def test_a_lost_service_has_nothing_left(lab: Lab) -> None:
    """Neither container nor volumes are there; the server's log is."""
    disaster = LoseService(service="db")
    assert disaster.confirm(lab).state == State.VIOLATED
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD
    assert lab.ports.docker.labelled("drillmaster.run", lab.run)[lab.run].volumes == ()
    assert b"ready to accept connections" in (lab.folder / "logs" / "db.log").read_bytes()


def test_a_power_cut_takes_what_a_server_acknowledged_too_early(disk_lab: Lab) -> None:
    """And nothing else: a kill alone takes neither."""
    count = "SELECT count(*) FROM drillmaster.ledger"
    cut = PowerLoss(service="db", volume="data")
    early = "SET synchronous_commit = off; INSERT INTO drillmaster.ledger VALUES (1, {0}, {0})"
    disk_lab.sql("db", "ALTER SYSTEM SET wal_writer_delay = '10s'")
    disk_lab.sql("db", "SELECT pg_reload_conf()")
    disk_lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 2, 2)")
    disk_lab.sql("db", early.format(3))
    assert disk_lab.sql("db", count) == [(3,)]
    assert cut.confirm(disk_lab).state == State.VIOLATED
    cut.inject(disk_lab)
    assert cut.confirm(disk_lab).state == State.HELD
    Start(service="db").run(disk_lab)
    assert disk_lab.sql("db", count) == [(2,)]


def test_a_server_on_a_full_disk_writes_again_once_there_is_room(disk_lab: Lab) -> None:
    """Meanwhile it refuses, whether or not it ends; what it had acknowledged is all there."""
    data = "/var/lib/postgresql/data"
    grow = "INSERT INTO drillmaster.ledger SELECT 1, g, g FROM generate_series(2, 1000000) AS g"
    fill = FillDisk.model_validate({"service": "db", "volume": "data", "within": "200ms"})
    disk_lab.execute("db", ["fallocate", "--length", "64MiB", f"{data}/reserve"], user="postgres")
    assert fill.confirm(disk_lab).state == State.VIOLATED
    fill.inject(disk_lab)
    assert fill.confirm(disk_lab).state == State.HELD
    with pytest.raises(StepFailedError):
        disk_lab.sql("db", grow)
    Replace(service="db").run(disk_lab)
    run_playbook(disk_lab, FREE, {}, timeout_s=60)
    Start(service="db").run(disk_lab)
    disk_lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 2, 2)")
    assert disk_lab.sql("db", "SELECT count(*) FROM drillmaster.ledger") == [(2,)]


def test_a_reserve_is_removed_only_when_it_is_needed(disk_lab: Lab) -> None:
    """A disk that has room, and one without a reserve, are refused in the runbook's words."""
    reserve = "/var/lib/postgresql/data/reserve"
    task = "free-a-full-disk.yml: task 'Remove the reserve' failed on db: exit code 1"
    with pytest.raises(StepFailedError) as caught:
        run_playbook(disk_lab, FREE, {}, timeout_s=60)
    assert caught.value.message == f"{task} | {reserve}: no reserve was laid by: free some space by hand"
    disk_lab.execute("db", ["fallocate", "--length", "1MiB", reserve])
    with pytest.raises(StepFailedError) as caught:
        run_playbook(disk_lab, FREE, {}, timeout_s=60)
    assert caught.value.message.startswith(f"{task} | {reserve}: the disk is not full: ")
    assert disk_lab.execute("db", ["test", "-f", reserve]).exit_code == 0


def test_a_lost_disk_is_replaced_by_an_empty_one(disk_lab: Lab) -> None:
    """Of the same size; the old one's device is given back."""
    before = disk_lab.disk("db", "data").room().free
    DeleteVolume(service="db", volume="data").inject(disk_lab)
    assert loop_devices(disk_lab.volume("db", "data")) == []
    Replace(service="db").run(disk_lab)
    assert disk_lab.execute("db", ["ls", "-A", "/var/lib/postgresql/data"]).output == ""
    assert disk_lab.disk("db", "data").room().free > before
