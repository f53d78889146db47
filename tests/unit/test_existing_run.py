"""The phases of a drill on an existing backup, over fakes."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

import pytest
from fake_docker import FakeDocker
from fakes import AnyCheck, World

from orchestrator.core import catalogue
from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.core.existing_run import ExistingRun, answering
from orchestrator.core.kind import Source, Step
from orchestrator.kinds.steps.start import Start
from reports.facts.events import Mark, MarkReached, Outcome, Phase, PhaseFinished, RunFinished

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

catalogue.discovered()  # gives the kinds their names


class Found(Step):
    """An existing backup, found where it is said to be, or not at all."""

    kind: ClassVar[str] = "found"
    main: ClassVar[str] = "where"
    existing: ClassVar[bool] = True
    where: str

    def sources(self) -> tuple[Source, ...]:
        """Return the folder."""
        return (Source("db", self.where, "/mnt/existing"),)

    def run(self, lab: Lab) -> str:
        """Find it, if something is in it."""
        if lab.execute("db", ["cat", "/mnt/existing/label"]).exit_code:
            raise StepFailedError("no backup")
        return "found"


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


def lab_of(world: World, folder: Path) -> Lab:
    """Return a lab that recovers what lies in the folder."""
    lab = world.lab(folder)
    steps = {
        "protect": [Found(where=str(folder))],
        "workload": [],
        "disaster": [],
        "recover": [Start(service="db")],
        "checks": [AnyCheck()],
    }
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update=steps)})
    return lab


def phases(world: World) -> dict[Phase, Outcome]:
    """Return how each phase ended."""
    return {fact.phase: fact.outcome for fact in world.journal.facts if isinstance(fact, PhaseFinished)}


def test_what_is_there_already_is_recovered_without_a_disaster(world: World, tmp_path: Path) -> None:
    """Nothing runs before; the clock begins when the recovery is decided, and ends when the service answers."""
    (tmp_path / "label").write_text("F1")
    ExistingRun(lab_of(world, tmp_path), nullcontext).run()
    gone_through = [Phase.PROVISION, Phase.PROTECT, Phase.RECOVER, Phase.SETTLE, Phase.CHECK]
    assert phases(world) == dict.fromkeys([*gone_through, Phase.COLLECT, Phase.TEAR_DOWN], Outcome.OK)
    assert [fact.mark for fact in world.journal.facts if isinstance(fact, MarkReached)] == [
        Mark.DECLARED,
        Mark.RECOVERY_STARTED,
        Mark.RECOVERY_FINISHED,
        Mark.SERVICE_ANSWERED,
        Mark.VERIFIED,
    ]
    assert world.journal.facts[-1] == RunFinished()
    assert (world.ledgers.started, world.docker.containers) == ([], {})


def test_without_a_backup_nothing_is_recovered(world: World, tmp_path: Path) -> None:
    """The drill ends where there is nothing to go on with, and the lab is gone."""
    ExistingRun(lab_of(world, tmp_path), nullcontext).run()
    assert phases(world) == {
        Phase.PROVISION: Outcome.OK,
        Phase.PROTECT: Outcome.FAILED,
        Phase.COLLECT: Outcome.OK,
        Phase.TEAR_DOWN: Outcome.OK,
    }
    assert world.docker.containers == {}


def test_the_service_answers_from_the_first_of_the_last_unbroken_answers(world: World, tmp_path: Path) -> None:
    """One failure in between begins the count anew."""
    lab = world.lab(tmp_path)
    lab.provision()
    world.software.unready = ["not yet", "not yet"]
    began = world.clock.ns
    assert answering(lab, 1.0, began + 10**10).monotonic_ns == began + 100_000_000


def test_a_service_that_never_answers_is_given_up(world: World, tmp_path: Path) -> None:
    """With what was seen last."""
    lab = world.lab(tmp_path)
    lab.provision()
    world.software.unready = ["not yet"] * 100
    with pytest.raises(StepTimedOutError) as error:
        answering(lab, 1.0, world.clock.ns + 10**9)
    assert error.value.message == "the service did not answer for good in time: not yet"
