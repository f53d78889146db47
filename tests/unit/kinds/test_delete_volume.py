"""The disaster `delete-volume`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.delete_volume import DeleteVolume
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

LOSE_DISK = DeleteVolume(service="db", volume="data")


def test_volume_and_container_are_gone(lab: Lab) -> None:
    """The disk is lost and the server died with it; its log is kept."""
    assert LOSE_DISK.inject(lab) == "db was killed and its volume data deleted"
    assert LOSE_DISK.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: volume data is gone, its container does not run",
        seen={"volume_exists": False, "container_runs": False},
    )
    assert (lab.folder / "logs" / "db.log").exists()


def test_a_volume_that_is_back_was_not_lost(lab: Lab) -> None:
    """The look is at the volume, not at what was meant."""
    LOSE_DISK.inject(lab)
    lab.replace("db")
    assert LOSE_DISK.confirm(lab).says == "db: volume data still exists, its container still runs"


def test_a_volume_the_service_does_not_have_is_a_mistake(lab: Lab) -> None:
    """It is said when the file is read, with what there is."""
    assert list(LOSE_DISK.mistakes(lab.loaded.drill)) == []
    assert list(DeleteVolume(service="db", volume="date").mistakes(lab.loaded.drill)) == [
        ("volume", "db has no volume 'date'; its volumes: data")
    ]
