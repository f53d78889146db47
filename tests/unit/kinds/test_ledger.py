"""The workload `ledger`; what it writes into is made in tests/real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World
from pydantic import ValidationError

from orchestrator.core.declared_lab import Endpoint, LabDeclaration, Service
from orchestrator.core.drill import Drill
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import LedgerStarted

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab


def test_it_starts_with_all_that_its_process_must_know(lab: Lab, world: World) -> None:
    """It finds the service by container and network, and writes into the run's folder."""
    ledger = Ledger(service="db", writers=3, rate="90/s", deadline="500ms").start(lab)
    settings = world.ledgers.started[0].settings
    assert ledger is world.ledgers.started[0]
    assert (settings.service, settings.type, settings.container, settings.network, settings.port) == (
        "db",
        "postgres",
        "drillmaster-r1-db",
        "drillmaster-r1",
        5432,
    )
    assert (settings.user, settings.database, settings.password) == (
        "app",
        "orders",
        lab.secrets.value("db", "password"),
    )
    assert (settings.writers, settings.rate_per_s, settings.deadline_s, settings.via) == (3, 90.0, 0.5, None)
    assert settings.folder == lab.folder / "ledger" / "db"


def test_it_is_prepared_as_the_software_wants_it(lab: Lab, world: World) -> None:
    """Once, as the application reaches the service."""
    Ledger(service="db").prepare(lab)
    assert world.software.prepared == [lab.access("db")]


def test_that_it_started_is_journaled(lab: Lab, world: World) -> None:
    """The judge finds its files by the journal."""
    Ledger(service="db").start(lab)
    assert world.journal.facts == [
        LedgerStarted(service="db", folder="ledger/db", writers=4, rate_per_s=200.0, deadline_s=1.0)
    ]


def test_every_ledger_has_a_nonce_of_its_own(lab: Lab, world: World) -> None:
    """No row of another run, or of another ledger, can pass for one of this ledger's."""
    Ledger(service="db").start(lab)
    Ledger(service="db").start(lab)
    first, second = (ledger.settings.nonce for ledger in world.ledgers.started)
    assert first.startswith("r1-")
    assert first != second


def test_it_goes_through_the_services_access_path(tmp_path: Path) -> None:
    """Clients behind a balancer are measured behind it."""
    world = World(FakeDocker(images={"any:1": "sha256:1"}))
    lab = world.lab(tmp_path, {"own": Endpoint(service="db"), "app": Endpoint(service="db", via="balancer:6432")})
    for name in ("db", "app"):
        Ledger(service=name).start(lab)
    assert [started.settings.via for started in world.ledgers.started] == [("balancer", 6432)] * 2


@pytest.mark.parametrize("settings", [{"writers": 0}, {"writers": 65}, {"rate": "0/s"}, {"deadline": "0s"}])
def test_a_ledger_that_could_not_measure_is_refused(settings: dict[str, object]) -> None:
    """No writers, too many for a row's number, no rate, no deadline."""
    with pytest.raises(ValidationError):
        Ledger.model_validate({"service": "db", **settings})


@pytest.mark.parametrize(
    ("service_type", "mistakes"),
    [
        ("web", [("service", "there is no ledger for db: a service of type web keeps no data")]),
        ("postgres", []),
        ("postgre", []),
    ],
)
def test_a_service_without_data_has_no_ledger(service_type: str, mistakes: list[tuple[str, str]]) -> None:
    """A type that is not known is told where it stands."""
    services = {"db": Service(type=service_type, image="any")}
    outline = Drill.model_construct(lab=LabDeclaration(services=services))
    assert list(Ledger(service="db").mistakes(outline)) == mistakes
