"""The disaster `damage-command`, and what it shares with `damage-sql`, which tests/real/test_damage_sql.py tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.disasters.damage_command import DamageCommand
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container, Program
    from fakes import World

    from orchestrator.core.lab import Lab


def sh(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
    """Run one command line: `rm -r FILE`, `test ! -e FILE`, `false` or another, which does nothing."""
    command, *words = arguments[1].split()
    if command == "rm":
        container.write(words[-1], b"gone")
    failed = command == "false" or (command == "test" and container.read(words[-1]) != b"gone")
    return Completed(1 if failed else 0, "no such release\n" if failed else "")


PROGRAMS: dict[str, Program] = {"sh": sh}


@pytest.fixture
def shell(lab: Lab, world: World) -> Lab:
    """Return the lab with that shell."""
    world.docker.programs.update(PROGRAMS)
    return lab


def damage(run: str) -> DamageCommand:
    """Return damage that is confirmed when /srv/media is gone."""
    return DamageCommand.model_validate({"service": "db", "run": run, "confirm": "test ! -e /srv/media"})


@pytest.mark.parametrize(
    ("runs", "state", "says", "seen"),
    [
        (
            ["rm -r /srv/media"],
            State.HELD,
            "what confirms the damage was false before it and is true after it",
            {"before": False, "after": True},
        ),
        (
            ["touch /srv/other"],
            State.VIOLATED,
            "what confirms the damage is not true after it",
            {"before": False, "after": False},
        ),
        (
            ["rm -r /srv/media", "touch /srv/media"],
            State.VIOLATED,
            "what confirms the damage was true before it, so nothing shows that it was done",
            {"before": True, "after": True},
        ),
    ],
)
def test_damage_is_confirmed_by_what_changed(
    shell: Lab, runs: list[str], state: State, says: str, seen: dict[str, bool]
) -> None:
    """The confirming command failed before and succeeds after; the service stays up."""
    for run in runs:
        disaster = damage(run)
        assert disaster.inject(shell) == f"db ran `{run}`"
    assert disaster.confirm(shell) == Finding(name="disaster-confirmed", state=state, says=f"db: {says}", seen=seen)
    assert shell.is_running("db")


def test_a_command_that_fails_is_no_damage(shell: Lab) -> None:
    """Its exit code and last lines are told."""
    with pytest.raises(StepFailedError) as caught:
        damage("false").inject(shell)
    assert caught.value.message == "db: exit code 1: no such release"


def test_damage_to_a_service_that_is_gone_cannot_be_confirmed(shell: Lab) -> None:
    """Nothing can be asked there any more: unknown."""
    disaster = damage("rm -r /srv/media")
    disaster.inject(shell)
    shell.kill("db")
    says = "db: cannot tell: db: its container is not running, so sh cannot run there"
    seen = {"before": False}
    assert disaster.confirm(shell) == Finding(name="disaster-confirmed", state=State.UNKNOWN, says=says, seen=seen)
