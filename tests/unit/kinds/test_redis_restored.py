"""The check `redis-restored`: what it makes of what was read. Reading: tests/real/test_existing_backups.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.keyspace.content import Content, Key
from orchestrator.kinds.checks.redis_restored import RedisRestored
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

SESSIONS = {"session:*": {"a": Key("1", None), "b": Key("2", 9)}}


@pytest.mark.parametrize(
    ("databases", "filled", "state", "says"),
    [
        ({"0": SESSIONS}, (), State.HELD, "2 keys read, of 1 group"),
        ({"0": SESSIONS, "1": {"(no colon)": {"c": Key("3", None)}}}, (), State.HELD, "3 keys read, of 2 groups"),
        ({"0": SESSIONS}, ("session:*",), State.HELD, "2 keys read, of 1 group"),
        ({"0": SESSIONS}, ("session:*", "job:*"), State.VIOLATED, "no key of job:*"),
        ({}, (), State.VIOLATED, "not one key"),
    ],
)
def test_what_was_read_is_judged(
    databases: dict[str, dict[str, dict[str, Key]]], filled: tuple[str, ...], state: State, says: str
) -> None:
    """Nothing but keys is content; a group that must be there is."""
    content = Content(excluded=(), read_at=1, functions={}, databases=databases)
    finding = RedisRestored(service="db", filled=filled)._judged(content)
    assert (finding.state, finding.says) == (state, f"db: {says}")


def test_keys_are_told_by_number_and_group() -> None:
    """Never by name."""
    content = Content(excluded=(), read_at=1, functions={}, databases={"0": SESSIONS})
    assert RedisRestored(service="db")._judged(content).seen == {
        "databases": 1,
        "keys": 2,
        "expiring": 1,
        "functions": 0,
        "keys_of": {"db0: session:*": 2},
    }


def test_a_server_that_is_not_there_holds_nothing(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    assert RedisRestored(service="db").look(lab) == [
        Finding(name="redis-restored", state=State.VIOLATED, says="db: its container is not running")
    ]
