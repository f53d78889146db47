"""The check `error-rate`: when it has seen enough. How it asks a server: the drill postgres-bad-deployment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from fakes import FakeClock, FakeSoftware
from pydantic import ValidationError

from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.checks.error_rate import ErrorRate
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab
    from orchestrator.core.software_port import Access


@dataclass
class Deployed(FakeSoftware):
    """A server that every statement takes 10 ms, of which each nth fails; 0: none does."""

    clock: FakeClock | None = None
    nth: int = 0
    asked: int = 0

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:  # noqa: ARG002
        """Answer, or fail."""
        assert self.clock is not None
        self.clock.sleep(0.01)
        self.asked += 1
        if self.nth and self.asked % self.nth == 0:
            raise StepFailedError("violates check constraint (SQLSTATE 23514)")
        return [(1,)]


def deployed(lab: Lab, world: World, nth: int) -> Deployed:
    """Let the lab's service be one of which each nth statement fails."""
    software = Deployed(clock=world.clock, nth=nth)
    lab.ports = replace(lab.ports, software={"postgres": software})
    return software


def rate(**settings: object) -> ErrorRate:
    """Return a check of 20 statements, of which 10 % may fail."""
    return ErrorRate.model_validate({"service": "db", "statement": "SELECT 1", "above": 10, **settings})


def test_the_answer_by_which_it_is_too_much_ends_the_look(lab: Lab, world: World) -> None:
    """Nothing is asked after it, so that is the moment at which it is noticed."""
    software = deployed(lab, world, 3)
    assert rate().look(lab) == [
        Finding(
            name="error-rate",
            state=State.VIOLATED,
            says=(
                "db: 3 of 9 requests ended in an error after 0.090 s; "
                "the last: violates check constraint (SQLSTATE 23514); allowed: 10 % of 20"
            ),
            seen={"asked": 9, "errors": 3, "window": 20, "above": 10.0},
        )
    ]
    assert software.asked == 9


def test_as_many_errors_as_allowed_are_not_too_many(lab: Lab, world: World) -> None:
    """The threshold must be passed, not reached; each window is counted anew."""
    deployed(lab, world, 10)
    for _ in range(2):
        [finding] = rate().look(lab)
        assert (finding.state, finding.says) == (
            State.HELD,
            "db: 2 of 20 requests ended in an error; allowed: 10 % of 20",
        )


def test_one_error_is_too_many_where_none_is_allowed(lab: Lab, world: World) -> None:
    """The last of the window counts as much as the first."""
    deployed(lab, world, 20)
    [finding] = rate(above=0).look(lab)
    assert (finding.state, finding.seen["asked"]) == (State.VIOLATED, 20)


def test_a_page_that_does_not_come_is_an_error(lab: Lab) -> None:
    """A service that is not there gives none."""
    lab.kill("db")
    [finding] = rate(statement=None, path="/", above=0).look(lab)
    assert finding.says == (
        "db: 1 of 1 requests ended in an error after 0.000 s; the last: db: its container is not running; "
        "allowed: 0 % of 20"
    )


@pytest.mark.parametrize("settings", [{"path": "/"}, {"statement": None}])
def test_it_asks_for_one_thing(settings: dict[str, object]) -> None:
    """A statement or a page."""
    with pytest.raises(ValidationError, match="give one of statement and path"):
        rate(**settings)
