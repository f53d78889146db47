"""What a run is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import catalogue
from orchestrator.core.drill import Review
from orchestrator.criteria import OF_EVERY_LAB, OF_EVERY_LOSS, criteria
from orchestrator.kinds.disasters.kill_service import KillService
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import Programme
from reports.facts.programme import PlanBasis, Rationale

if TYPE_CHECKING:
    from pathlib import Path

catalogue.discovered()  # gives the kinds their names


def test_what_is_not_proven_is_said_of_the_kinds_and_of_every_lab(tmp_path: Path) -> None:
    """Before the run, for no outcome may change it."""
    planned = criteria(World(FakeDocker()).lab(tmp_path), ())
    assert planned.not_proven == (*KillService.not_proven, *OF_EVERY_LAB, *OF_EVERY_LOSS)
    assert [line.partition(":")[0] for line in KillService.not_proven] == ["Power loss"]


def test_a_service_that_nothing_is_meant_for_is_to_be_spared(tmp_path: Path) -> None:
    """Fixed before the run: nobody can say later that it was meant all along."""
    lab = World(FakeDocker()).lab(tmp_path)
    ledgers = {"workload": [Ledger(service="db"), Ledger(service="cache")]}
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update=ledgers)})
    assert criteria(lab, ()).spared == ("cache",)


def test_what_the_drill_declares_for_people_is_fixed_with_the_criteria(tmp_path: Path) -> None:
    """Who must review is a criterion too: nobody can lower it once the run is known to have failed."""
    lab = World(FakeDocker()).lab(tmp_path)
    declared = {
        "criticality": "critical",
        "plan": PlanBasis(reference="BCP-7", version="2026-05"),
        "rationale": Rationale(why="Disks fail.", likelihood="high", impact="moderate"),
        "excluded": {"payments": "drilled by their owner"},
        "participants": ["database administrator", "service owner"],
        "review": Review(two_person=True),
    }
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update=declared)})
    assert criteria(lab, ()).programme == Programme(
        criticality="critical",
        plan=PlanBasis(reference="BCP-7", version="2026-05"),
        rationale=Rationale(why="Disks fail.", likelihood="high", impact="moderate"),
        excluded={"payments": "drilled by their owner"},
        participants=("database administrator", "service owner"),
        two_person=True,
    )
