"""The disaster `stop-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.stop_service import StopService
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

STOP = StopService(service="db")


def test_the_service_has_ended_by_itself_and_keeps_its_volume(lab: Lab) -> None:
    """An orderly end, told by its exit code."""
    assert STOP.inject(lab) == "db was asked to end"
    assert STOP.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: it ended with exit code 143",
        seen={"exit_code": 143},
    )
    assert lab.volume_exists("db", "data")


def test_a_service_that_runs_was_not_stopped(lab: Lab) -> None:
    """Nothing was tested."""
    finding = STOP.confirm(lab)
    assert (finding.state, finding.says) == (State.VIOLATED, "db: its container has not ended")


def test_a_service_that_had_to_be_killed_was_not_stopped_politely(lab: Lab) -> None:
    """That would be another disaster: it had no time to write what it had."""
    lab.kill("db")
    finding = STOP.confirm(lab)
    assert (finding.state, finding.says) == (State.VIOLATED, "db: it had to be killed after 60 s")
