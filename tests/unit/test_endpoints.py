"""Endpoints: kinds take one for the service behind it, and a playbook moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core.declared_lab import Endpoint, Service
from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.workloads.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

HINT = "hand back drill_endpoint as a service's name, or as {endpoint: service} where the lab has several endpoints"


def lab_of(folder: Path, *endpoints: str) -> tuple[World, Lab]:
    """Return a lab of `db`, its standby, a service of another type, and endpoints in front of `db`."""
    world = World(FakeDocker(images={"any:1": "sha256:1"}))
    lab = world.lab(folder, {name: Endpoint(service="db") for name in endpoints})
    declared = lab.loaded.drill.lab.services
    declared["standby"] = Service(type="postgres", image="any:1", spare_for="db", volumes={"data": "/data"})
    declared["cache"] = Service(type="redis", image="any:1")
    lab.loaded.drill.workload[0] = Ledger(service="app")
    return world, lab


def fail_over(world: World, lab: Lab, endpoint: object) -> None:
    """Run a playbook that hands back where clients are sent to."""
    world.playbooks.facts = {"drill_endpoint": endpoint}
    run_playbook(lab, lab.folder / "fail-over.yml", {}, timeout_s=1)


def test_an_endpoint_stands_for_the_service_behind_it(tmp_path: Path) -> None:
    """Container, volumes, declaration and secrets are those of the service."""
    _, lab = lab_of(tmp_path, "app")
    assert lab.container("app") == lab.container("db")
    assert lab.volume("app", "data") == lab.volume("db", "data")
    assert lab.service("app") == lab.service("db")
    assert lab.secret("app", "password") == lab.secret("db", "password")


def test_a_spare_has_the_secrets_of_the_data_it_will_hold(tmp_path: Path) -> None:
    """Its database is a copy, and the application logs in as before."""
    _, lab = lab_of(tmp_path)
    assert lab.secret("standby", "password") == lab.secret("db", "password")
    assert lab.secret("cache", "password") != lab.secret("db", "password")


def test_a_moved_endpoint_stands_for_the_other_service_and_the_ledger_follows(tmp_path: Path) -> None:
    """The playbook's word counts from its end on."""
    world, lab = lab_of(tmp_path, "app")
    lab.ledgers[lab.loaded.drill.workload[0].services()[0]] = lab.loaded.drill.workload[0].start(lab)
    assert world.ledgers.started[0].settings.container == "drillmaster-r1-db"
    fail_over(world, lab, "standby")
    assert lab.container("app") == "drillmaster-r1-standby"
    assert lab.container("db") == "drillmaster-r1-db"
    assert world.ledgers.started[0].settings.container == "drillmaster-r1-standby"


def test_one_of_several_endpoints_is_moved_by_its_name(tmp_path: Path) -> None:
    """The others, and whoever goes through them, stay where they are."""
    world, lab = lab_of(tmp_path, "app", "reports")
    lab.ledgers[lab.loaded.drill.workload[0].services()[0]] = lab.loaded.drill.workload[0].start(lab)
    fail_over(world, lab, {"reports": "standby"})
    assert (lab.behind("app"), lab.behind("reports")) == ("db", "standby")
    assert world.ledgers.started[0].settings.container == "drillmaster-r1-db"


@pytest.mark.parametrize(
    ("endpoints", "told", "says"),
    [
        (("app",), "stanby", "moved app to 'stanby'; the lab's services: db, standby, cache"),
        (("app",), "cache", "moved app to cache, which is redis and not postgres"),
        (("app",), ["standby"], "moved an endpoint to ['standby']; the lab's endpoints: app"),
        (("app",), {"web": "standby"}, "moved an endpoint to {'web': 'standby'}; the lab's endpoints: app"),
        (("app", "reports"), "standby", "moved an endpoint to 'standby'; the lab's endpoints: app, reports"),
        ((), "standby", "moved an endpoint to 'standby'; the lab's endpoints: none"),
    ],
)
def test_a_move_to_nowhere_fails_the_step(tmp_path: Path, endpoints: tuple[str, ...], told: object, says: str) -> None:
    """Clients would be gone, and nobody would know why."""
    world, lab = lab_of(tmp_path, *endpoints)
    with pytest.raises(StepFailedError) as caught:
        fail_over(world, lab, told)
    assert caught.value.message == f"a playbook {says}"
    assert caught.value.hint == HINT
