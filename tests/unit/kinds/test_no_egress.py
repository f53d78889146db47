"""The check `no-egress`: which answers are a way out. The probe itself: tests/real/test_checks.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.kinds.checks.no_egress import NoEgress
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

GATEWAY = "172.20.0.1"
CLOSED = {"gateways": [], "outside": {"192.0.2.1": "ENETUNREACH"}, "name": "not resolved", "engine": {}}


@pytest.mark.parametrize(
    ("seen", "state", "says"),
    [
        ({}, State.HELD, "db has no way out"),
        (
            {"gateways": [GATEWAY], "outside": {"192.0.2.1": "timed out"}},
            State.HELD,
            "db has no way out",
        ),
        (
            {"engine": {GATEWAY: "answered", "10.0.0.1": "timed out"}},
            State.HELD,
            f"db has no way out; the engine's own machine answers on {GATEWAY}",
        ),
        (
            {"gateways": ["172.21.0.1"], "outside": {"192.0.2.1": "timed out"}},
            State.VIOLATED,
            "db has a way out: a default route over 172.21.0.1; 192.0.2.1: timed out",
        ),
        (
            {"gateways": [GATEWAY], "outside": {"192.0.2.1": "ECONNREFUSED"}},
            State.VIOLATED,
            "db has a way out: 192.0.2.1: ECONNREFUSED",
        ),
        ({"name": "resolved"}, State.VIOLATED, "db has a way out: example.com resolves"),
    ],
)
def test_a_way_out_is_whatever_answers_or_leads_elsewhere(seen: dict[str, object], state: State, says: str) -> None:
    """Silence is none where it comes from the lab's own gateway, which drops what leads out."""
    everything = CLOSED | seen
    finding = Finding(name="no-egress", state=state, says=says, seen=everything)
    assert NoEgress(service="db")._judged(everything, GATEWAY) == finding


def test_the_engines_machine_is_a_way_out_only_if_strict() -> None:
    """It is beside the lab, not outside of it, unless the drill says so."""
    seen = CLOSED | {"engine": {GATEWAY: "answered"}}
    finding = NoEgress(service="db", strict=True)._judged(seen, GATEWAY)
    says = f"db has a way out: the engine's own machine answers on {GATEWAY}"
    assert (finding.state, finding.says) == (State.VIOLATED, says)


def test_a_lab_whose_network_is_not_internal_has_a_way_out(world: World, lab: Lab) -> None:
    """By the engine's word, whoever answers: what the route leads to may only be slow."""
    gateway = world.docker.network_gateway(lab.network)
    seen = {**CLOSED, "gateways": [gateway], "outside": {"192.0.2.1": "timed out"}}
    world.docker.programs["python3"] = lambda *_: Completed(0, json.dumps(seen))
    [internal] = NoEgress(service="db").look(lab)
    world.docker.open_networks.add(lab.network)
    [opened] = NoEgress(service="db").look(lab)
    assert (internal.state, internal.says) == (State.HELD, "db has no way out")
    assert (opened.state, opened.says) == (
        State.VIOLATED,
        f"db has a way out: a default route over {gateway}; 192.0.2.1: timed out",
    )


def test_a_probe_that_cannot_run_tells_nothing(lab: Lab) -> None:
    """Nothing was seen of the way out."""
    lab.kill("db")
    says = "db: its container is not running, so python3 cannot run there"
    assert NoEgress(service="db").look(lab) == [Finding(name="no-egress", state=State.UNKNOWN, says=says)]
