"""What a run is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import catalogue
from orchestrator.criteria import OF_EVERY_LAB, criteria
from orchestrator.kinds.disasters.kill_service import KillService

if TYPE_CHECKING:
    from pathlib import Path

catalogue.discovered()  # gives the kinds their names


def test_what_is_not_proven_is_said_of_the_kinds_and_of_every_lab(tmp_path: Path) -> None:
    """Before the run, for no outcome may change it."""
    planned = criteria(World(FakeDocker()).lab(tmp_path), ())
    assert planned.not_proven == (*KillService.not_proven, *OF_EVERY_LAB)
    assert [line.partition(":")[0] for line in KillService.not_proven] == ["Power loss"]
