"""The check `command-succeeds`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.core.docker_port import Completed
from orchestrator.kinds.checks.command_succeeds import CommandSucceeds
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.mark.parametrize(
    ("done", "settings", "finding"),
    [
        (Completed(0, ""), {}, (State.HELD, "exit code 0, as expected")),
        (Completed(1, "secret"), {}, (State.VIOLATED, "exit code 1, not 0")),
        (Completed(3, ""), {"exit_code": 3}, (State.HELD, "exit code 3, as expected")),
        (Completed(0, "all ok\n"), {"prints": "ok$"}, (State.HELD, "exit code 0, as expected")),
        (Completed(0, "secret"), {"prints": "^ok"}, (State.VIOLATED, "what it printed does not match '^ok'")),
        (Completed(127, "sh: look: not found"), {}, (State.UNKNOWN, "the container has no such command")),
        (Completed(127, ""), {"exit_code": 127}, (State.HELD, "exit code 127, as expected")),
    ],
)
def test_exit_code_and_output_are_compared(
    world: World, lab: Lab, done: Completed, settings: dict[str, object], finding: tuple[State, str]
) -> None:
    """What was printed stays out of the finding."""
    world.docker.programs["sh"] = lambda *_: done
    check = CommandSucceeds.model_validate({"service": "db", "run": "look", **settings})
    state, says = finding
    assert check.look(lab) == [Finding(name="command-succeeds", state=state, says=f"db: {says}: look")]


@pytest.mark.parametrize(
    ("before", "state", "says"),
    [
        (1, State.VIOLATED, "the command was there before the disaster, and is no more"),
        (127, State.UNKNOWN, "the container has no such command"),
    ],
)
def test_a_command_that_did_not_come_back_is_violated(
    world: World, lab: Lab, before: int, state: State, says: str
) -> None:
    """A script on the recovered volume is data too; one that never was there is a fault of the drill."""
    check = CommandSucceeds.model_validate({"service": "db", "run": "/data/look"})
    world.docker.programs["sh"] = lambda *_: Completed(before, "")
    check.remember(lab)
    world.docker.programs["sh"] = lambda *_: Completed(127, "")
    assert check.look(lab) == [Finding(name="command-succeeds", state=state, says=f"db: {says}: /data/look")]


def test_a_command_that_does_not_end_is_violated(world: World, lab: Lab) -> None:
    """A recovered system that hangs is no doubt."""
    world.docker.programs["sh"] = lambda *_: None
    check = CommandSucceeds.model_validate({"service": "db", "run": "look", "within": "2s"})
    says = f"db: sh in {lab.container('db')}: did not end within 2 s: look"
    assert check.look(lab) == [Finding(name="command-succeeds", state=State.VIOLATED, says=says)]


def test_a_container_that_is_not_there_runs_nothing(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    says = "db: db: its container is not running, so sh cannot run there: look"
    assert CommandSucceeds.model_validate({"service": "db", "run": "look"}).look(lab) == [
        Finding(name="command-succeeds", state=State.VIOLATED, says=says)
    ]


def test_what_is_no_regular_expression_is_refused() -> None:
    """When the drill is read, not when it runs."""
    with pytest.raises(ValidationError, match=r"'\(' is no regular expression: missing \)"):
        CommandSucceeds.model_validate({"service": "db", "run": "look", "prints": "("})
