"""The check `postgres-replication` on what a primary may say; tests/real/test_standby.py asks true ones."""

from __future__ import annotations

import pytest

from orchestrator.kinds.checks.postgres_replication import PostgresReplication
from orchestrator.postgresql.standbys import Standby

FOLLOWS = Standby("one", "streaming", "async", 0, None, slot_active=True)
WAITED_FOR = Standby("two", "streaming", "sync", 100, 0.01, slot_active=True)
BEHIND = Standby("three", "streaming", "async", 2**30, 60.0, slot_active=True)
CATCHES_UP = Standby("four", "catchup", "async", 2**20, None, slot_active=True)
AWAY = Standby("five", "away", "", 2**20, None, slot_active=False)


@pytest.mark.parametrize(
    ("settings", "found", "says"),
    [
        ({}, [FOLLOWS], ""),
        ({}, [FOLLOWS, WAITED_FOR], ""),
        ({"synchronous": True}, [FOLLOWS, WAITED_FOR], ""),
        ({}, [], "0 standbys follow, not 1"),
        ({}, [CATCHES_UP], "0 standbys follow, not 1"),
        ({"standbys": 2}, [FOLLOWS], "1 standbys follow, not 2"),
        ({"synchronous": True}, [FOLLOWS], "commits do not wait for 1 of one"),
        ({}, [FOLLOWS, AWAY], "a slot keeps WAL for five, which is away"),
        ({}, [FOLLOWS, CATCHES_UP], "a slot keeps WAL for four, which is catchup"),
        ({}, [BEHIND], "three is 1073741824 bytes behind; 16777216 are allowed"),
        ({"max_lag": "2GiB"}, [BEHIND], ""),
    ],
)
def test_what_would_fail_the_next_fail_over_is_told(
    settings: dict[str, object], found: list[Standby], says: str
) -> None:
    """Too few that follow, commits that wait for nobody, WAL kept for one that is away, one too far behind."""
    assert PostgresReplication.model_validate({"service": "db", **settings}).wrong(found) == says
