"""The check `redis-content`: what counts as a difference, and how it is told. Reading: tests/real/test_redis.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.keyspace.content import Content, Group, Key, differences
from orchestrator.keyspace.reading import matches
from orchestrator.kinds.checks.redis_content import RedisContent
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

READ_AT, LATER = 1_000_000_000, 1_000_100_000
TOLERANCE_MS = 2000
SESSIONS: Group = {"a": Key("1", LATER + 60_000), "b": Key("2", None), "c": Key("3", None)}
CHECK = RedisContent(service="db")


def content(sessions: Group = SESSIONS, read_at: int = LATER, **functions: str) -> Content:
    """Return a server with one group of keys and one library of functions."""
    databases = {"0": {"session:*": sessions}} if sessions else {}
    return Content(excluded=(), read_at=read_at, functions=functions or {"shop": "9"}, databases=databases)


BEFORE = content(read_at=READ_AT)


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (content(), []),
        (content({**SESSIONS, "a": Key("1", LATER + 62_000)}), []),
        (
            content({**SESSIONS, "a": Key("1", LATER + 62_001)}),
            ["db0: session:*: 1 of 3 keys expire at another time"],
        ),
        (content({**SESSIONS, "a": Key("1", None)}), ["db0: session:*: 1 of 3 keys expire at another time"]),
        (content({**SESSIONS, "b": Key("2", LATER)}), ["db0: session:*: 1 of 3 keys expire at another time"]),
        (
            content({"a": SESSIONS["a"], "c": Key("4", None), "d": Key("5", None)}),
            [
                "db0: session:*: 1 of 3 keys missing",
                "db0: session:*: 1 keys added",
                "db0: session:*: 1 of 3 keys have other values",
            ],
        ),
        (content({}), ["db0: session:*: 3 of 3 keys missing"]),
        (
            content(shop="8", cart="1"),
            ["functions: library cart added", "functions: library shop changed"],
        ),
        (content(cart="1"), ["functions: library cart added", "functions: library shop missing"]),
    ],
    ids=["same", "tolerated", "later", "for-ever", "mortal", "keys", "empty", "functions", "function-gone"],
)
def test_what_is_different_is_told_by_number_and_group(after: Content, says: list[str]) -> None:
    """Everything that is not as it was, within the tolerance for expiry."""
    assert list(differences(BEFORE, after, TOLERANCE_MS)) == says


@pytest.mark.parametrize(("read_at", "missing"), [(LATER + 58_000, 0), (LATER + 57_999, 1)])
def test_what_has_expired_may_be_gone(read_at: int, missing: int) -> None:
    """A key that is missing counts unless it was to expire by then, give or take the tolerance."""
    after = content({name: SESSIONS[name] for name in "bc"}, read_at)
    says = ["db0: session:*: 1 of 3 keys missing"] * missing
    assert list(differences(BEFORE, after, TOLERANCE_MS)) == says


def test_a_manifest_comes_back_from_its_file_as_it_was() -> None:
    """What is remembered is compared after a round through JSON."""
    assert Content.model_validate(BEFORE.model_dump(mode="json")) == BEFORE


def test_nothing_remembered_is_nothing_to_compare_with(lab: Lab) -> None:
    """Without a manifest the check knows nothing, and says so."""
    says = "db: nothing was remembered before the disaster to compare with"
    assert CHECK.look(lab) == [Finding(name="redis-content", state=State.UNKNOWN, says=says)]


def test_a_pattern_means_any_text() -> None:
    """Upper and lower case differ, as they do in Redis."""
    patterns = ("drillmaster:*", "visits:*:today")
    names = ("drillmaster:ledger", "visits:1:today", "Visits:1:today", "visits:1")
    assert [matches(name, patterns) for name in names] == [True, True, False, False]
