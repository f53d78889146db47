"""A lab of one service over fakes, for every kind's test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

catalogue.discovered()  # gives the kinds their names


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


def running(world: World, lab: Lab) -> Lab:
    """Return the lab provisioned."""
    lab.provision()
    world.docker.containers[lab.container("db")].write("/data/rows", b"12345678" * 2 + b"1234\0\0\0\0" + b"\0" * 8)
    world.journal.facts.clear()
    return lab


@pytest.fixture
def lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab whose service `db` runs."""
    return running(world, world.lab(tmp_path))


@pytest.fixture
def disk_lab(world: World, tmp_path: Path) -> Lab:
    """Return a lab whose service `db` runs on a disk of its own."""
    return running(world, world.lab(tmp_path, size="64MiB"))
