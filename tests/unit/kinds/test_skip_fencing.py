"""The sabotage `skip-fencing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.procedures import playbook_facts
from orchestrator.kinds.sabotage.skip_fencing import SkipFencing
from orchestrator.postgresql.processes import sessions
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.mark.parametrize(("sessions", "state"), [("31\n33\n", State.HELD), ("", State.VIOLATED)])
def test_it_matters_where_clients_are_still_in(lab: Lab, world: World, sessions: str, state: State) -> None:
    """Playbooks are told that the old primary is switched off; with nobody in, it might as well be."""
    world.docker.programs["sh"] = lambda *_: Completed(0, sessions)
    count = len(sessions.split())
    assert SkipFencing(service="db").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=state,
        says=f"db: is said to be switched off, and has {count} sessions of clients",
        seen={"sessions": count},
    )
    assert playbook_facts(lab)["fenced"] is True


def test_what_ends_while_it_is_looked_at_is_no_session(lab: Lab, world: World) -> None:
    """The shell's complaint comes along with the process ids, and holds numbers too."""
    complaint = "sh: 4: cannot open /proc/32/cmdline: No such file\n"
    world.docker.programs["sh"] = lambda *_: Completed(0, f"31\n{complaint}33\n")
    assert sessions(lab, "db") == ["31", "33"]


def test_a_primary_that_is_gone_needs_no_fence(lab: Lab) -> None:
    """What is said of it is true."""
    lab.kill("db")
    assert SkipFencing(service="db").spoil(lab).state == State.VIOLATED
