"""The disaster `hang-postmaster` on a server whose processes the fake tells; tests/real has the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.kinds.disasters.hang_postmaster import HangPostmaster
from orchestrator.postgresql import processes
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

PIDS = ["31", "32", "33"]


def sh(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
    """Do what the scripts of `processes` would do to a server with three sessions."""
    script, *rest = arguments[1:]
    ended = (container.read("/ended") or b"").decode().split()
    if script == processes.SIGNAL:
        container.write("/frozen", b"")
    elif script == processes.STATE:
        return Completed(0, "S\n" if container.read("/frozen") is None else "T\n")
    elif script == processes.SESSIONS:
        return Completed(0, "\n".join(pid for pid in PIDS if pid not in ended))
    else:
        container.write("/ended", " ".join(rest[1:]).encode())
    return Completed(0, "")


PROGRAMS = {"sh": sh}


@pytest.fixture
def server(lab: Lab, world: World) -> Lab:
    """Return the lab, whose server has three sessions."""
    world.docker.programs.update(PROGRAMS)
    return lab


def test_nobody_is_let_in_and_every_second_session_ends(server: Lab) -> None:
    """What is left goes on."""
    disaster = HangPostmaster(service="db")
    assert disaster.inject(server) == "db lets nobody in any more; 2 of 3 sessions were ended"
    assert disaster.confirm(server) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: it lets nobody in any more, and 1 sessions go on",
        seen={"frozen": True, "sessions": 1},
    )


def test_a_server_without_sessions_is_no_half_dead_one(server: Lab) -> None:
    """With nobody left to write, stopping it proves nothing."""
    processes.freeze(server, "db")
    processes.end(server, "db", PIDS)
    confirmation = HangPostmaster(service="db").confirm(server)
    assert (confirmation.state, confirmation.says) == (
        State.VIOLATED,
        "db: it lets nobody in any more, and 0 sessions go on",
    )


def test_a_server_that_is_gone_is_no_half_dead_one(server: Lab) -> None:
    """There is no process to look at."""
    server.kill("db")
    confirmation = HangPostmaster(service="db").confirm(server)
    assert (confirmation.state, confirmation.says) == (
        State.VIOLATED,
        "db: its container is not running, so sh cannot run there",
    )
