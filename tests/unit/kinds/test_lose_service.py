"""The disaster `lose-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.lose_service import LoseService
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

LOSE = LoseService(service="db")


def test_container_and_volumes_are_gone(lab: Lab) -> None:
    """All of it is lost; its log is kept."""
    assert LOSE.inject(lab) == "db was killed and all its volumes deleted"
    assert LOSE.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: its container is gone, volumes left: none",
        seen={"container_exists": False, "volumes": []},
    )
    assert (lab.folder / "logs" / "db.log").exists()


def test_one_volume_that_is_left_was_not_lost(lab: Lab) -> None:
    """Half a loss is another disaster."""
    LOSE.inject(lab)
    lab.ports.docker.create_volume(lab.volume("db", "data"), lab.labels)
    finding = LOSE.confirm(lab)
    assert (finding.state, finding.says) == (State.VIOLATED, "db: its container is gone, volumes left: data")
