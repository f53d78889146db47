"""Recovery by tiers: side by side, one after another, and what becomes of the rest when one fails."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, ClassVar

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import tiers
from orchestrator.core.declared_lab import LabDeclaration
from orchestrator.core.drill import Tier
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Step
from orchestrator.core.stops import Interrupted
from reports.facts.events import Outcome, Phase, StepFinished

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

WITHIN_S = 10.0


class Mend(Step):
    """Mend a service."""

    kind: ClassVar[str] = "mend"
    main: ClassVar[str] = "service"
    example: ClassVar[str] = "mend: db"

    service: str

    def run(self, lab: Lab) -> str:
        """Do nothing."""
        return lab.progress.tier


class Break(Mend):
    """A step that fails."""

    kind: ClassVar[str] = "break"

    def run(self, lab: Lab) -> str:
        """Raise."""
        raise StepFailedError(f"{self.service} of {lab.run} is beyond repair")


class Meet(Mend):
    """A step that only ends when another one is at work, too."""

    kind: ClassVar[str] = "meet"
    both: ClassVar[threading.Barrier] = threading.Barrier(2)

    def run(self, lab: Lab) -> str:
        """Wait for the other."""
        self.both.wait(WITHIN_S)
        return lab.progress.tier


class Survey(Step):
    """A step that is of no service."""

    kind: ClassVar[str] = "survey"
    main: ClassVar[str] = "timeout"
    example: ClassVar[str] = "survey"

    def run(self, lab: Lab) -> str:
        """Do nothing."""
        return lab.progress.tier or "all"


class UntilStopped(Mend):
    """A step that goes on until the run is to end."""

    kind: ClassVar[str] = "until-stopped"

    def run(self, lab: Lab) -> str:
        """Wait for that."""
        if not lab.stopping.wait(WITHIN_S):
            raise StepFailedError("nobody stopped it")
        return "stopped"


class AskToStop(Mend):
    """A step that asks for what a signal does: it ends the run."""

    kind: ClassVar[str] = "ask-to-stop"

    def run(self, lab: Lab) -> str:  # noqa: ARG002 - the kind's signature
        """Raise."""
        raise Interrupted(15)


Row = tuple[str, int, Outcome, str]


class Recovery:
    """A recovery over the fakes."""

    def __init__(self, folder: Path) -> None:
        self.world = World(FakeDocker(images={"any:1": "sha256:1"}))
        self.lab = self.world.lab(folder)
        self.lab.progress.phase = Phase.RECOVER

    def run(self, steps: list[Step], declared: dict[str, Tier]) -> None:
        """Run the steps in their tiers."""
        service = self.lab.loaded.drill.lab.services["db"]
        services = LabDeclaration(services={name: service for step in steps for name in step.services()})
        changes = {"recover": steps, "tiers": declared, "lab": services}
        drill = self.lab.loaded.drill.model_copy(update=changes)
        self.lab.loaded = self.lab.loaded.model_copy(update={"drill": drill})
        tiers.recover(self.lab, drill)

    @property
    def rows(self) -> list[Row]:
        """Return tier, number, outcome and word of each step, as they ended."""
        facts = [fact for fact in self.world.journal.facts if isinstance(fact, StepFinished)]
        return [(fact.tier, fact.number, fact.outcome, fact.says) for fact in facts]


@pytest.fixture
def recovery(tmp_path: Path) -> Recovery:
    """Return a recovery to be run."""
    return Recovery(tmp_path)


def test_independent_tiers_are_recovered_side_by_side(recovery: Recovery) -> None:
    """Each waits for the other: one after another they never would end."""
    recovery.run([Meet(service="db"), Meet(service="cache")], {"db": Tier(), "cache": Tier()})
    assert sorted(recovery.rows, key=lambda row: row[1]) == [
        ("db", 1, Outcome.OK, "db"),
        ("cache", 2, Outcome.OK, "cache"),
    ]


def test_a_tier_waits_for_those_it_is_after(recovery: Recovery) -> None:
    """However they are listed."""
    steps = [Mend(service="web"), Mend(service="db"), Mend(service="cache")]
    recovery.run(steps, {"web": Tier(after=("db", "cache")), "db": Tier(), "cache": Tier(after=("db",))})
    assert [tier for tier, *_ in recovery.rows] == ["db", "cache", "web"]


def test_a_tier_of_several_services_goes_through_their_steps_in_order(recovery: Recovery) -> None:
    """Its services are recovered one after another."""
    recovery.run([Mend(service="db"), Mend(service="files")], {"storage": Tier(services=("db", "files"))})
    assert sorted(recovery.rows, key=lambda row: row[1]) == [
        ("storage", 1, Outcome.OK, "storage"),
        ("storage", 2, Outcome.OK, "storage"),
    ]


def test_a_step_that_names_no_service_comes_before_all_tiers(recovery: Recovery) -> None:
    """It is of none of them, and what it finds out all of them can use."""
    recovery.run([Survey(), Mend(service="db"), Mend(service="cache")], {"db": Tier(), "cache": Tier()})
    assert recovery.rows[0] == ("", 1, Outcome.OK, "all")
    assert sorted(recovery.rows[1:]) == [("cache", 3, Outcome.OK, "cache"), ("db", 2, Outcome.OK, "db")]


def test_a_tier_that_fails_lets_the_others_end_and_those_after_it_are_not_begun(
    recovery: Recovery,
) -> None:
    """They are told so, at whatever distance."""
    steps = [Break(service="db"), Mend(service="cache"), Mend(service="web"), Mend(service="mail")]
    declared = {"db": Tier(), "cache": Tier(), "web": Tier(after=("db",)), "mail": Tier(after=("web",))}
    with pytest.raises(StepFailedError, match="db of r1 is beyond repair"):
        recovery.run(steps, declared)
    assert sorted(recovery.rows, key=lambda row: row[1]) == [
        ("db", 1, Outcome.FAILED, "db of r1 is beyond repair"),
        ("cache", 2, Outcome.OK, "cache"),
        ("web", 3, Outcome.SKIPPED, "not begun: db, which web comes after, was not recovered"),
        ("mail", 4, Outcome.SKIPPED, "not begun: db, which mail comes after, was not recovered"),
    ]


def test_a_run_that_is_asked_to_stop_ends_every_tier(recovery: Recovery) -> None:
    """It returns when nothing is at work any more, long before a step would have ended by itself."""
    began = time.monotonic()
    with pytest.raises(Interrupted):
        recovery.run([UntilStopped(service="db"), AskToStop(service="cache")], {"db": Tier(), "cache": Tier()})
    assert time.monotonic() - began < WITHIN_S
    assert ("db", 1, Outcome.OK, "stopped") in sorted(recovery.rows, key=lambda row: row[1])
