"""The recovery target: the moment before the disaster, or one drawn at random since the backup."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core.target import NEAREST_TO_BACKUP_NS, seen_from, target_at_random, target_now
from reports.facts.events import TargetSet

if TYPE_CHECKING:
    from pathlib import Path

SECOND_NS = 1_000_000_000
READ = "2026-01-01T00:00:00.000000+00:00"


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab; its server's clock stands still."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


def test_any_moment_since_the_backup_may_be_drawn(world: World, tmp_path: Path) -> None:
    """From a second after its end until now, each as likely; the same on both clocks, and the same for one seed."""
    lab = world.lab(tmp_path)
    lab.provision()
    now, seconds_back = lab.clock.monotonic_ns(), []
    for _ in range(400):
        target = target_at_random(lab, "db", now - 11 * SECOND_NS)
        back_ns = now - (target.monotonic_ns or 0)
        told = f"2025-12-31T23:59:{60 - back_ns / SECOND_NS:09.6f}+00:00" if back_ns else READ
        assert target == TargetSet(
            service="db",
            mode="time",
            server_time=told,
            monotonic_ns=now - back_ns,
            bound_ns=0,
            drawn_from_s=10.0,
        )
        seconds_back.append(back_ns / SECOND_NS)
    assert min(seconds_back) < 0.2
    assert 4.5 < sum(seconds_back) / len(seconds_back) < 5.5
    assert 9.8 < max(seconds_back) <= 10.0


def test_a_backup_that_has_only_just_ended_leaves_this_moment(world: World, tmp_path: Path) -> None:
    """Nothing is drawn from the second in which a restore would refuse the target."""
    lab = world.lab(tmp_path)
    lab.provision()
    now = lab.clock.monotonic_ns()
    target = target_at_random(lab, "db", now - NEAREST_TO_BACKUP_NS + 1)
    assert (target.monotonic_ns, target.server_time, target.drawn_from_s) == (now, READ, 0.0)


def test_a_target_is_the_last_moment_that_the_servers_log_can_be_gone_back_to(world: World, tmp_path: Path) -> None:
    """Where the log tells whole seconds, as MariaDB's does, the target is one, on both clocks."""
    world.software.time, world.software.target_step_us = "2026-01-01T00:00:07.250000+00:00", 1_000_000
    lab = world.lab(tmp_path)
    lab.provision()
    now = lab.clock.monotonic_ns()
    assert target_now(lab, "db") == TargetSet(
        service="db",
        mode="time",
        server_time="2026-01-01T00:00:07.000000+00:00",
        monotonic_ns=now - SECOND_NS // 4,
        bound_ns=0,
    )
    drawn = {target_at_random(lab, "db", now - 5 * SECOND_NS).server_time for _ in range(200)}
    assert drawn == {f"2026-01-01T00:00:0{second}.000000+00:00" for second in (4, 5, 6, 7)}


def test_one_target_is_placed_by_the_clock_of_every_service(world: World, tmp_path: Path) -> None:
    """It is the same moment for all; a server whose clock is two seconds behind reaches it two seconds later."""
    lab = world.lab(tmp_path)
    lab.provision()
    target = TargetSet(mode="time", server_time="2026-01-01T00:00:02.000000+00:00", monotonic_ns=1, bound_ns=1)
    assert seen_from(lab, target, "db") == TargetSet(
        service="db",
        mode="time",
        server_time=target.server_time,
        monotonic_ns=lab.clock.monotonic_ns() + 2 * SECOND_NS,
        bound_ns=0,
    )
