"""The sabotage `spoil-command`, and what it shares with `spoil-sql`, which tests/real/test_sabotage.py tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment
from orchestrator.kinds.sabotage.spoil_command import SpoilCommand
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.fixture
def shell(lab: Lab, world: World) -> Lab:
    """Return the lab, whose shell knows `touch FILE`, `test -e FILE` and `true`."""
    world.docker.programs["sh"] = sh
    return lab


def sh(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
    """Run one command line."""
    command, *words = arguments[1].split()
    if command == "touch":
        container.write(words[0], b"")
    there = command != "test" or container.read(words[1]) is not None
    return Completed(0 if there else 1, "" if there else "not there\n")


def spoil(run: str, **settings: str) -> SpoilCommand:
    """Return the sabotage that is confirmed by the file /gone."""
    return SpoilCommand.model_validate({"service": "db", "run": run, "confirm": "test -e /gone", **settings})


def test_a_fault_is_confirmed_by_what_changed(shell: Lab) -> None:
    """The command failed before and succeeds after."""
    assert spoil("touch /gone").spoil(shell) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="db: what confirms the sabotage was false before it and is true after it",
        seen={"before": False, "after": True},
    )


def test_a_fault_that_missed_is_not_confirmed(shell: Lab) -> None:
    """The command succeeded and changed nothing that matters."""
    assert spoil("touch /other").spoil(shell) == Finding(
        name="sabotage-confirmed",
        state=State.VIOLATED,
        says="db: what confirms the sabotage is not true after it",
        seen={"before": False, "after": False},
    )


def test_a_fault_that_was_there_before_is_not_confirmed(shell: Lab) -> None:
    """Whoever catches it catches something else."""
    spoil("touch /gone").spoil(shell)
    assert spoil("true").spoil(shell) == Finding(
        name="sabotage-confirmed",
        state=State.VIOLATED,
        says="db: what confirms the sabotage was true before it, so nothing shows that it was done",
        seen={"before": True, "after": True},
    )


def test_a_command_that_fails_puts_no_fault_in(shell: Lab) -> None:
    """Its exit code and last lines are told."""
    with pytest.raises(StepFailedError) as caught:
        spoil("test -e /nothing").spoil(shell)
    assert caught.value.message == "db: exit code 1: not there"


def test_the_drill_may_choose_the_moment() -> None:
    """After the recovery, unless it says otherwise."""
    assert spoil("true").when == Moment.AFTER_RECOVERY
    assert spoil("true", moment="before-disaster").when == Moment.BEFORE_DISASTER
