"""The disaster `pause-service`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.pause_service import PauseService
from orchestrator.kinds.steps.replace import Replace
from orchestrator.kinds.steps.start import Start
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

PAUSE = PauseService(service="db")


def test_the_processes_are_frozen(lab: Lab) -> None:
    """The container is there, has its address, and does nothing."""
    assert PAUSE.inject(lab) == "db was frozen"
    assert PAUSE.confirm(lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: its processes are frozen",
        seen={"frozen": True},
    )
    assert lab.address("db") is not None


def test_a_service_at_work_is_not_frozen(lab: Lab) -> None:
    """Nor is one that is gone."""
    assert PAUSE.confirm(lab).says == "db: its processes are not frozen"
    lab.destroy("db")
    assert PAUSE.confirm(lab).state == State.VIOLATED


def test_start_resets_it(lab: Lab, world: World) -> None:
    """It is killed, never thawed: what it was about to do it does not do any more."""
    PAUSE.inject(lab)
    frozen = world.docker.containers[lab.container("db")].started_at
    Start(service="db").run(lab)
    started = lab.state("db")
    assert started is not None
    assert (started.running, started.paused) == (True, False)
    assert started.started_at > frozen


def test_replace_needs_nothing_of_it(lab: Lab, world: World) -> None:
    """It is not asked to end politely, for it cannot hear."""
    PAUSE.inject(lab)
    Replace(service="db").run(lab)
    assert world.docker.is_idle(lab.container("db"))
