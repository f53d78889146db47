"""The check `service-ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.kinds.checks.service_ready import ServiceReady
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.mark.parametrize(
    ("version", "state", "says"),
    [
        (None, State.HELD, "ready, version 1.0"),
        ("1", State.HELD, "ready, version 1.0"),
        ("1.0", State.HELD, "ready, version 1.0"),
        ("1.", State.VIOLATED, "its version is 1.0, not 1."),
        ("10", State.VIOLATED, "its version is 1.0, not 10"),
    ],
)
def test_the_version_must_begin_as_asked_for(lab: Lab, version: str | None, state: State, says: str) -> None:
    """Number by number: 1 begins 1.0, and not 10."""
    assert ServiceReady(service="db", version=version).look(lab) == [
        Finding(name="service-ready", state=state, says=f"db: {says}", seen={"version": "1.0"})
    ]


def test_a_service_that_takes_no_writes_in_time_is_not_ready(world: World, lab: Lab) -> None:
    """With what was seen last."""
    world.software.unready += ["it only reads"] * 100
    says = "db: not ready within 1 s: it only reads"
    assert ServiceReady(service="db", within="1s").look(lab) == [
        Finding(name="service-ready", state=State.VIOLATED, says=says)
    ]


def test_an_application_that_keeps_nothing_must_serve_what_others_hold(world: World, lab: Lab) -> None:
    """An error in place of its page is an answer only while the lab is empty."""
    world.software.keeps_data = False
    world.software.probed.clear()
    ServiceReady(service="db").look(lab)
    assert world.software.probed == [True]


def test_a_service_that_is_not_there_is_not_ready(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    [finding] = ServiceReady(service="db").look(lab)
    assert finding.state == State.VIOLATED
    assert finding.says.startswith("db: not ready, for its container ended")
