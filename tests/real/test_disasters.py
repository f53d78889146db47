"""Disasters that end a real service: they happen, are confirmed, and are not confirmed when they did not happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.kinds.disasters.delete_volume import DeleteVolume
from orchestrator.kinds.disasters.kill_service import KillService
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab of its own for each test, with a table `orders`."""
    with postgres_lab(tmp_path) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT generate_series(1, 100) AS id")
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
