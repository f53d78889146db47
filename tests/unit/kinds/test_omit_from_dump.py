"""The sabotage `omit-from-dump`: what it makes of what it sees. What it does: tests/real/test_sabotage_of_dumps.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Need
from orchestrator.kinds.sabotage.omit_from_dump import OmitFromDump
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

INDEX, POLICY = "CREATE INDEX by_day", "CREATE POLICY own"
OMIT = OmitFromDump(service="db", statements=(INDEX, POLICY))
DUMP = "/var/lib/postgresql/dumps/20260301T120000Z"


def holding(world: World, before: dict[str, int], after: dict[str, int]) -> None:
    """Let the service hold a dump with so many of each statement, before it is rewritten and after."""
    present = dict(before)

    def bash(_: Container, arguments: Sequence[str], __: bytes) -> Completed:
        return Completed(0, f"{present[arguments[-1]]}\n")

    def python3(_: Container, arguments: Sequence[str], __: bytes) -> Completed:
        assert list(arguments[2:]) == [DUMP, *OMIT.statements]
        present.update(after)
        return Completed(0, "")

    world.docker.programs.update(sh=lambda *_: Completed(0, f"{DUMP}\n"), bash=bash, python3=python3)


def test_what_was_there_and_is_gone_is_confirmed(lab: Lab, world: World) -> None:
    """With how often, before and after."""
    holding(world, {INDEX: 1, POLICY: 2}, {INDEX: 0, POLICY: 0})
    assert OMIT.spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says=f"db: {DUMP} is without {INDEX}, {POLICY}",
        seen={"before": {INDEX: 1, POLICY: 2}, "after": {INDEX: 0, POLICY: 0}},
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [({INDEX: 1, POLICY: 0}, {INDEX: 0, POLICY: 0}), ({INDEX: 1, POLICY: 1}, {INDEX: 0, POLICY: 1})],
)
def test_one_that_was_never_there_or_still_is_does_not_count(
    lab: Lab, world: World, before: dict[str, int], after: dict[str, int]
) -> None:
    """Every one of them must matter."""
    holding(world, before, after)
    assert OMIT.spoil(lab).state == State.VIOLATED


def test_without_a_dump_there_is_nothing_to_spoil(lab: Lab, world: World) -> None:
    """The folder is named."""
    world.docker.programs["sh"] = lambda *_: Completed(0, "ls: cannot access 'x': No such file or directory\n")
    with pytest.raises(StepFailedError) as caught:
        OMIT.spoil(lab)
    assert caught.value.message == "db: no backup in /var/lib/postgresql/dumps"


def test_it_needs_python_in_the_container() -> None:
    """Plan looks for it."""
    assert OMIT.needs() == (Need("db", "python3"),)
