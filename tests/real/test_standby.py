"""A standby on real servers: how it is made, what takes over and what refuses to, and what is found out about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core import watch
from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.checks.postgres_replication import PostgresReplication
from orchestrator.kinds.disasters.hang_postmaster import HangPostmaster
from orchestrator.kinds.sabotage.block_promotion import BlockPromotion
from orchestrator.kinds.sabotage.skip_fencing import SkipFencing
from orchestrator.kinds.sabotage.stall_standby import StallStandby
from orchestrator.kinds.workloads.ledger import Ledger
from orchestrator.postgresql import standbys
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

pytestmark = pytest.mark.acceptance  # the drills of fail-over run in every test
ROOT = Path(__file__).parents[2]
MAKE, WAIT, FAIL_OVER = (
    ROOT / "playbooks" / f"{name}.yml"
    for name in ("make-a-standby", "wait-for-the-standby", "fail-over-to-the-standby")
)
DATA = "/var/lib/postgresql/data"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab whose `db` has a standby that follows, with 100 orders."""
    with postgres_lab(tmp_path, extends=ROOT / "drills" / "postgres-fail-over-asynchronous.yaml") as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
        make(lab)
        yield lab


def make(lab: Lab, primary: str = "db", standby: str = "standby") -> None:
    """Make a standby, start it, and wait until it follows."""
    roles = {"primary": primary, "standby": standby}
    run_playbook(lab, MAKE, roles, timeout_s=60)
    lab.launch(standby)
    run_playbook(lab, WAIT, {**roles, "within": 20}, timeout_s=60)


def fail_over(lab: Lab, **settings: object) -> None:
    """Run the playbook."""
    run_playbook(lab, FAIL_OVER, settings, timeout_s=60)


def refused(lab: Lab, playbook: Path, **settings: object) -> str:
    """Return why a playbook refused."""
    with pytest.raises(StepFailedError) as caught:
        run_playbook(lab, playbook, settings, timeout_s=60)
    return caught.value.message


def replication(lab: Lab, service: str = "app", **settings: object) -> tuple[State, str]:
    """Return what the check finds."""
    [finding] = PostgresReplication.model_validate({"service": service, "within": "200ms", **settings}).look(lab)
    return finding.state, finding.says


def orders(lab: Lab, service: str) -> object:
    """Return how many orders a service has."""
    return lab.sql(service, "SELECT count(*) FROM orders")[0][0]


def test_there_and_back(lab: Lab) -> None:
    """The standby takes over; the old primary, rewound, follows it and takes over again; nothing is left behind."""
    assert replication(lab)[0] == State.HELD
    lab.kill("db")
    fail_over(lab, fenced=True)
    assert lab.behind("app") == "standby"
    lab.sql("app", "INSERT INTO orders VALUES (101)")
    assert replication(lab) == (State.VIOLATED, "app: 0 standbys follow, not 1")
    lab.replace("db")
    make(lab, primary="standby", standby="db")
    assert "BACKUP METHOD: pg_rewind" in lab.execute("db", ["cat", f"{DATA}/backup_label.old"]).output
    fail_over(lab, primary="standby", standby="db")
    assert (lab.behind("app"), lab.is_running("standby")) == ("db", False)
    lab.replace("standby")
    make(lab)
    assert (orders(lab, "db"), orders(lab, "standby")) == (101, 101)
    assert replication(lab)[0] == State.HELD
    assert [one.name for one in standbys.of(lab, "db")] == ["standby"]


def test_no_password_is_told(lab: Lab) -> None:
    """Neither in what playbooks leave nor in the servers' logs."""
    password = lab.execute("db", ["cat", f"{DATA}/replication.pass"]).output.strip().rpartition(":")[2]
    assert len(password) == 48
    kept = b"".join(file.read_bytes() for file in (lab.folder / "steps").rglob("*") if file.is_file())
    logs = b"".join(lab.ports.docker.logs(lab.container(service)) for service in ("db", "standby"))
    assert password.encode() not in kept + logs
    assert lab.execute("standby", ["ls", f"{DATA}.pass"]).exit_code != 0
    assert lab.execute("standby", ["stat", "--format=%a", f"{DATA}/replication.pass"]).output.strip() == "600"


def test_a_fail_over_beside_a_primary_that_lives_is_refused(lab: Lab) -> None:
    """Whatever is said: while it answers, it is not fenced. Nothing is promoted."""
    assert "task 'Refuse while the old primary answers' failed on standby" in refused(lab, FAIL_OVER, fenced=True)
    assert lab.sql("standby", "SELECT pg_is_in_recovery()") == [(True,)]
    lab.kill("db")
    assert "db could not be stopped: switch it off" in refused(lab, FAIL_OVER)
    assert lab.behind("app") == "db"


def test_a_standby_is_made_of_nobody_elses_machine(lab: Lab) -> None:
    """A server that runs, and another server's data, are left alone."""
    assert "a server may be running there: stop it first" in refused(lab, MAKE)
    lab.destroy_volume("standby", "data")
    lab.replace("standby")
    lab.launch("standby")  # on an empty volume the image makes a cluster of its own
    lab.wait_ready("standby", 20)
    lab.replace("standby")
    assert f"{DATA}: is server" in refused(lab, MAKE)
    assert lab.execute("standby", ["test", "-e", f"{DATA}/PG_VERSION"]).exit_code == 0


def test_a_stalled_standby_falls_behind_and_is_found(lab: Lab) -> None:
    """It answers reads as before; what it lacks is counted, and its slot keeps WAL for it."""
    lab.sql("standby", "ALTER SYSTEM SET primary_conninfo = ''")
    lab.sql("standby", "SELECT pg_reload_conf(), pg_sleep(0.5)")
    lab.sql("db", "INSERT INTO orders VALUES (101)")
    assert StallStandby(service="standby", of="app").spoil(lab).state == State.HELD
    assert (orders(lab, "db"), orders(lab, "standby")) == (101, 100)
    assert replication(lab) == (State.VIOLATED, "app: 0 standbys follow, not 1")


def test_a_standby_that_waits_for_its_archive_is_not_promoted(lab: Lab) -> None:
    """It matters once the primary is gone, and not before."""
    assert BlockPromotion(service="standby", within="300ms").spoil(lab).state == State.VIOLATED
    lab.kill("db")
    assert BlockPromotion(service="standby").spoil(lab).state == State.HELD
    says = refused(lab, FAIL_OVER, fenced=True, promote_within=1)
    assert says.endswith("was not promoted within 1 s: see its log")


def test_a_half_dead_primary_is_stopped_before_another_takes_over(lab: Lab) -> None:
    """It lets nobody in; who is in goes on writing until the playbook has stopped it, and all follow the endpoint."""
    lab.loaded.drill.workload[0].prepare(lab)
    ledger = lab.ledgers["app"] = Ledger(service="app", writers=4).start(lab)
    try:
        watch.wait_for_acknowledgement(ledger, lab.clock.monotonic_ns(), 10)
        disaster = HangPostmaster(service="db")
        disaster.inject(lab)
        assert disaster.confirm(lab).state == State.HELD
        assert SkipFencing(service="db").spoil(lab).state == State.HELD
        del lab.handed_back["fenced"]
        fail_over(lab, stop_within=1)
        assert not lab.is_running("db")
        watch.wait_for_acknowledgement(ledger, lab.clock.monotonic_ns(), 10)
    finally:
        ledger.kill()
