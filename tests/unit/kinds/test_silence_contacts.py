"""The sabotage `silence-contacts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.sabotage.silence_contacts import SilenceContacts
from orchestrator.kinds.steps.call import Call
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.kind import Step
    from orchestrator.core.lab import Lab

CALL = Call(about="The database is gone", contacts=("on-call DBA", "DBA lead"), each="2m")


def calling(lab: Lab) -> Lab:
    """Return the lab, whose recovery begins with the call."""
    steps: list[Step] = [CALL, *lab.loaded.drill.recover]
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update={"recover": steps})})
    return lab


def test_nobody_who_was_silenced_answers(lab: Lab, world: World) -> None:
    """They are not even asked; the call has nobody left."""
    silenced = SilenceContacts(contacts=CALL.contacts).spoil(calling(lab))
    assert silenced == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="on-call DBA, DBA lead do not answer; calls that nobody is left to answer: 1",
        seen={"contacts": ["on-call DBA", "DBA lead"], "calls": 1},
    )
    with pytest.raises(StepFailedError):
        CALL.run(lab)
    assert world.person.asked == []


def test_a_call_that_somebody_is_left_to_answer_goes_on(lab: Lab) -> None:
    """Then the silence does not matter: the escalation is there for it."""
    silenced = SilenceContacts(contacts=("on-call DBA",)).spoil(calling(lab))
    assert silenced.state is State.VIOLATED
    assert CALL.run(lab) == "on-call DBA gave no answer within 0 s; DBA lead answered after 0 s"


def test_it_suits_what_calls_somebody() -> None:
    """All whom the recovery calls first are silenced, and its step must fail."""
    tabletop = loader.load(loader.find("tabletop-lost-database")).drill
    assert list(SilenceContacts.suited(tabletop)) == [
        (
            SilenceContacts(contacts=("on-call DBA", "head of data platform")),
            Expect.failed_by("recovery-step"),
        )
    ]
    assert list(SilenceContacts.suited(loader.load(loader.find("postgres-crash")).drill)) == []
