"""This machine as `doctor` and `plan` see it, and its clock."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters import doctor, machine
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.adapters.machine import Condition
from orchestrator.adapters.probes import ThisMachine, durable_write_s

if TYPE_CHECKING:
    from types import FrameType

MIB = 2**20


class EngineElsewhere(DockerEngine):
    """An engine whose networks are on another machine."""

    def network_gateway(self, network: str) -> str | None:  # noqa: ARG002 - every network is there
        """Return an address that no machine has."""
        return "192.0.2.254"


class EngineWithoutNetwork(DockerEngine):
    """An engine without a default network."""

    def network_gateway(self, network: str) -> str | None:  # noqa: ARG002 - there is none
        """Return None."""
        return None


def test_this_machines_engine_can_be_reached() -> None:
    """Its default network's gateway is an address of this machine."""
    gateway = DockerEngine().network_gateway("bridge")
    says = f"the engine's networks are on this machine ({gateway})"
    assert machine.route(DockerEngine()) == Condition("route to containers", ok=True, says=says)
    assert machine.route_mistakes(DockerEngine()) == []


def test_an_engine_elsewhere_is_a_mistake() -> None:
    """The line says what was seen and what drills need."""
    (mistake,) = machine.route_mistakes(EngineElsewhere())
    assert mistake == (
        "route to containers: the engine's networks are not on this machine: 192.0.2.254 is none of its addresses "
        "(hint: drills need a Linux engine on this machine, neither remote nor rootless nor in a virtual machine)"
    )


def test_an_engine_without_a_default_network_is_given_the_benefit_of_the_doubt() -> None:
    """The lab's own readiness tells later."""
    says = "unknown: the engine has no default network to tell by"
    assert machine.route(EngineWithoutNetwork()) == Condition("route to containers", ok=True, says=says)


def test_space_is_measured_where_the_folder_will_be(tmp_path: Path) -> None:
    """The folder need not exist yet; too little is a mistake."""
    folder = tmp_path / "not" / "yet"
    assert machine.space_mistakes(folder, MIB) == []
    (mistake,) = machine.space_mistakes(folder, 2**60)
    assert mistake.startswith("evidence directory: ")
    assert mistake.endswith(
        f" GiB free for {folder}, 1073741824.0 GiB needed "
        "(hint: free some space, or name another directory with --evidence)"
    )


def test_what_is_no_directory_cannot_be_written(tmp_path: Path) -> None:
    """A file in the folder's way, for one; bits of permission do not bind root."""
    (tmp_path / "file").touch()
    (mistake,) = machine.space_mistakes(tmp_path / "file" / "folder", MIB)
    assert mistake == (
        f"evidence directory: {tmp_path / 'file'} is no directory that can be written "
        "(hint: free some space, or name another directory with --evidence)"
    )


def test_a_kernel_without_loop_devices_makes_no_disks(tmp_path: Path) -> None:
    """It is said before a drill that declares one is begun."""
    assert machine.loop_device_mistakes() == []
    assert machine.loop_device_mistakes(tmp_path / "loop-control") == [
        (
            "disks of limited size: volumes with a size cannot be made: the kernel has no loop devices "
            f"({tmp_path / 'loop-control'} is not there) "
            "(hint: load its module, `modprobe loop`, or give no volume a size)"
        )
    ]


def test_a_machine_is_described_by_what_bounds_its_figures() -> None:
    """None of it is empty."""
    described = machine.describe()
    assert sorted(described) == ["cores", "host", "kernel", "memory", "system"]
    assert all(described.values())


def test_doctor_names_every_condition(tmp_path: Path) -> None:
    """On a machine that can run drills all hold."""
    conditions = doctor.examine(tmp_path, MIB)
    assert [(one.name, one.ok) for one in conditions] == [
        ("docker engine", True),
        ("route to containers", True),
        ("images", True),
        ("evidence directory", True),
        ("ansible", True),
        ("disks of limited size", True),
        ("regions", True),
        ("guard", True),
    ]


def test_doctor_says_what_to_do_without_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And still looks at the rest."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    engine, *rest = doctor.examine(tmp_path, MIB)
    assert (engine.name, engine.ok) == ("docker engine", False)
    assert engine.says == "reach the engine: no Docker engine answers: Connection refused"
    assert engine.hint.startswith("start Docker, let `make setup` install it")
    assert [one.name for one in rest] == ["evidence directory", "ansible", "disks of limited size", "regions", "guard"]


def test_the_machines_load_only_grows_what_it_counts() -> None:
    """Time of all cores goes on, stolen time is a part of it, and so are the stalls, where the kernel tells of them."""
    before = ThisMachine().load()
    time.sleep(0.1)
    after = ThisMachine().load()
    assert after.cpu_ticks > before.cpu_ticks
    assert 0 <= after.steal_ticks - before.steal_ticks <= after.cpu_ticks - before.cpu_ticks
    assert after.load_1m >= 0
    assert {*after.stalled_us} <= {"cpu", "io", "memory"}
    assert all(after.stalled_us[name] >= since for name, since in before.stalled_us.items())


def test_a_durable_write_takes_longer_than_one_that_is_not(tmp_path: Path) -> None:
    """In memory nothing is flushed; the file is gone afterwards."""
    took = durable_write_s(tmp_path)
    assert durable_write_s(Path("/dev/shm")) < took < 1  # noqa: S108 - the kernel's own file system in memory
    assert list(tmp_path.iterdir()) == []


def test_the_clocks_are_read_together() -> None:
    """UTC is this machine's, with microseconds and `Z`; the monotonic reading lies between those around it."""
    clock = SystemClock()
    before, now, after = clock.monotonic_ns(), clock.now(), clock.monotonic_ns()
    assert before <= now.monotonic_ns <= after
    assert abs(datetime.fromisoformat(now.utc) - datetime.now(UTC)) < timedelta(seconds=5)
    assert now.utc == datetime.fromisoformat(now.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class StoppedError(Exception):
    """What a signal's handler raises."""


def test_a_signal_ends_a_sleep_at_once() -> None:
    """By what its handler raises."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StoppedError

    before = signal.signal(signal.SIGALRM, stop)
    began = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(StoppedError):
            SystemClock().sleep(30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began < 10
