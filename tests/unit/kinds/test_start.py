"""The step `start`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.declared_lab import LabDeclaration
from orchestrator.core.docker_port import Completed
from orchestrator.core.drill import Drill
from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.kinds.steps.replace import Replace
from orchestrator.kinds.steps.start import Start
from orchestrator.kinds.workloads.ledger import Ledger

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


def test_it_waits_until_the_service_is_ready(lab: Lab, world: World) -> None:
    """A killed service runs again; the time to readiness is told."""
    lab.kill("db")
    world.software.unready = ["still in recovery"] * 4
    assert Start(service="db").run(lab) == "db was ready after 0.20 s"
    assert lab.is_running("db")


def test_what_was_there_before_is_asked_for_where_it_is_known(lab: Lab, world: World) -> None:
    """Of a service that a ledger writes to, and of one that keeps nothing; a database without a ledger has none."""
    Start(service="db").run(lab)
    no_ledger = lab.loaded.drill.model_copy(update={"workload": []})
    lab.loaded = lab.loaded.model_copy(update={"drill": no_ledger})
    Start(service="db").run(lab)
    world.software.keeps_data = False
    Start(service="db").run(lab)
    assert world.software.probed[-3:] == [True, False, True]


def test_a_ledger_writes_through_an_endpoint_and_to_a_spare() -> None:
    """Not to a second database that only stands beside."""
    machine = {"type": "postgres", "image": "any:1"}
    lab = LabDeclaration.model_validate(
        {
            "services": {"db": machine, "other": {**machine, "spare_for": "db"}, "reports": machine},
            "endpoints": {"app": {"service": "db"}},
        }
    )
    drill = Drill.model_construct(lab=lab, workload=[Ledger(service="app")])
    assert [drill.written_to(service) for service in lab.services] == [True, True, False]


def test_an_idle_service_runs_its_own_command(lab: Lab, world: World) -> None:
    """After `replace`, and whatever filled it, the image's command takes over."""
    Replace(service="db").run(lab)
    Start(service="db").run(lab)
    assert not world.docker.is_idle(lab.container("db"))


def test_a_standby_is_started_and_not_waited_for(lab: Lab, world: World) -> None:
    """It takes no writes, and is not ready as long as it is one."""
    Replace(service="db").run(lab)
    world.software.unready = ["still in recovery"] * 1000
    assert Start(service="db", wait=False).run(lab) == "db was started"
    assert not world.docker.is_idle(lab.container("db"))


def test_a_service_that_is_never_ready_times_out(lab: Lab, world: World) -> None:
    """The message says what was seen last."""
    world.software.unready = ["still in recovery"] * 1000
    with pytest.raises(StepTimedOutError) as caught:
        Start(service="db", timeout="10s").run(lab)
    assert caught.value.message == "db: not ready within 10 s: still in recovery"


def test_a_service_that_ends_fails_at_once(lab: Lab, world: World) -> None:
    """Nobody waits for a server that has given up; its last words are told."""
    lab.kill("db")
    world.docker.programs["sleep"] = lambda *_: Completed(1, "FATAL:  could not find a valid checkpoint record\n")
    began = world.clock.monotonic_ns()
    with pytest.raises(StepFailedError) as caught:
        Start(service="db").run(lab)
    assert type(caught.value) is StepFailedError
    assert caught.value.message == (
        "db: not ready, for its container ended with exit code 1: FATAL:  could not find a valid checkpoint record"
    )
    assert world.clock.monotonic_ns() == began
