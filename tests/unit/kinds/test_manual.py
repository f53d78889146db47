"""The step `manual`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.steps.manual import Manual

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

CALL = Manual(instructions="Call the storage team", timeout="2m")


def test_a_person_is_asked_with_the_steps_timeout(lab: Lab, world: World) -> None:
    """Confirmed, the drill goes on."""
    assert CALL.run(lab) == "confirmed by a person"
    assert world.person.asked == [("Call the storage team", 120.0)]


def test_unconfirmed_the_step_fails(lab: Lab, world: World) -> None:
    """Refused, unanswered, or nobody there: the work was not done."""
    world.person.answer = False
    with pytest.raises(StepFailedError) as caught:
        CALL.run(lab)
    assert caught.value.message == "not confirmed by a person within 120 s: Call the storage team"
    assert caught.value.hint == "run it on a terminal, or with --assume-manual to rehearse without people"
