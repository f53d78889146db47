"""The guard bars a lab from this machine, and leaves everything else as it was. Needs root and iptables."""

from __future__ import annotations

import secrets
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from docker_promises import Bench

from orchestrator.adapters import bridge_guard
from orchestrator.adapters.bridge_guard import BridgeGuard
from orchestrator.adapters.docker_engine import DockerEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not bridge_guard.possible(), reason="barring a bridge needs root and iptables")


def rules(run: str) -> list[str]:
    """Return the rules of this machine's INPUT chain that name the run."""
    command = ["iptables", "-w", "5", "-S", "INPUT"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if run in line]


@pytest.fixture
def run() -> Iterator[str]:
    """Yield a run whose rules are removed afterwards."""
    name = f"guard-{secrets.token_hex(4)}"
    yield name
    BridgeGuard().remove(name)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Yield a network and a volume, removed afterwards with all that the test made."""
    bench = Bench(DockerEngine())
    yield bench
    bench.clear()


def reaches_this_machine(bench: Bench, port: int) -> bool:
    """Return whether the container can open a connection to a listener on this machine."""
    gateway = bench.docker.network_gateway(bench.network)
    script = f"timeout 2 bash -c '</dev/tcp/{gateway}/{port}'"
    return bench.docker.execute(bench.container, ["sh", "-c", script]).exit_code == 0


def test_a_barred_lab_cannot_reach_this_machine_but_answers_it(bench: Bench, run: str) -> None:
    """A listener here is out of reach; what this machine asks inside is answered; afterwards all is as before."""
    container = bench.run("bash", "-c", "while :; do sleep 1; done")
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104 - the lab must be able to see it
        port = listener.getsockname()[1]
        assert reaches_this_machine(bench, port)
        assert BridgeGuard().install(bench.network, run)
        assert not reaches_this_machine(bench, port)
        address = bench.docker.state(container).address  # type: ignore[union-attr]
        # Nobody listens inside: the refusal is the container's answer, and it comes at once.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, 5000), timeout=5)
        BridgeGuard().remove(run)
        assert reaches_this_machine(bench, port)


def test_installing_twice_makes_one_rule_and_removing_twice_is_no_error(run: str) -> None:
    """And the network need not be there yet."""
    guard = BridgeGuard()
    assert guard.install("net", run)
    assert guard.install("net", run)
    matches = f"-i {bridge_guard.bridge_name('net')} -m conntrack ! --ctstate RELATED,ESTABLISHED"
    assert rules(run) == [f'-A INPUT {matches} -m comment --comment "drillmaster:{run}" -j DROP']
    guard.remove(run)
    guard.remove(run)
    assert rules(run) == []


def test_only_the_runs_own_rules_are_removed(run: str) -> None:
    """A run whose name begins alike keeps its rules."""
    guard, other = BridgeGuard(), f"{run}-other"
    guard.install("net", run)
    guard.install("other-net", other)
    try:
        guard.remove(run)
        assert len(rules(run)) == len(rules(other)) == 1
    finally:
        guard.remove(other)
