"""The step `call`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.kinds.steps.call import Call

if TYPE_CHECKING:
    from fakes import FakeClock, World

    from orchestrator.core.lab import Lab

CALL = Call(about="The database is gone", contacts=("on-call DBA", "DBA lead"), each="2m")


class Answering:
    """A person who can reach one role only, after 12 s."""

    def __init__(self, clock: FakeClock, role: str) -> None:
        self.clock, self.role = clock, role

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Return whether the request is to call that role; time passes."""
        answers = request == f"Call {self.role}: The database is gone"
        self.clock.sleep(12.0 if answers else timeout_s)
        return answers


def called(lab: Lab, world: World, role: str) -> str:
    """Call, where only that role answers."""
    lab.ports = replace(lab.ports, person=Answering(world.clock, role))
    return CALL.run(lab)


def test_the_first_who_answers_is_the_last_who_is_called(lab: Lab, world: World) -> None:
    """Each one's time is told."""
    assert called(lab, world, "on-call DBA") == "on-call DBA answered after 12 s"
    assert called(lab, world, "DBA lead") == ("on-call DBA gave no answer within 2 min; DBA lead answered after 12 s")


def test_all_calls_together_take_no_longer_than_the_step_may(lab: Lab, world: World) -> None:
    """The last one's patience is what is left of it; after that nobody is called."""
    lab.ports = replace(lab.ports, person=Answering(world.clock, "nobody"))
    call = CALL.model_copy(update={"contacts": ("on-call DBA", "DBA lead", "manager"), "timeout": 150.0})
    with pytest.raises(StepTimedOutError) as caught:
        call.run(lab)
    assert caught.value.message == (
        "on-call DBA gave no answer within 2 min; DBA lead gave no answer within 30 s; "
        "2 min 30 s were over before manager"
    )


def test_nobody_who_answers_is_a_failure(lab: Lab, world: World) -> None:
    """Nobody decided, so nothing was recovered."""
    with pytest.raises(StepFailedError) as caught:
        called(lab, world, "nobody")
    assert caught.value.message == ("on-call DBA gave no answer within 2 min; DBA lead gave no answer within 2 min")
