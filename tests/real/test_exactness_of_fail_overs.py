"""What a fail-over loses against independent observers: the wire, and what the new primary has on disk.

The stopwatch looks past the endpoint, so it sees the new primary before clients are sent there: it is not compared.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exactness import Disasters, many
from test_exactness import POSTGRES
from test_exactness_of_redis import APPENDED

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.alone

COMMON = """
objectives: {{rpo: 5m}}
prepare: [playbook: make-a-standby.yml, start: {{service: standby, wait: false}}]
lab: {{endpoints: {{app: {{service: db, via: "127.0.0.1:{port}"}}}}}}
steady: {{for: 2s, jitter: 2s}}
checks: [postgres-content: app]
"""
ASYNCHRONOUS = "extends: {drills}/postgres-fail-over-asynchronous.yaml" + COMMON
SYNCHRONOUS = "extends: {drills}/postgres-fail-over-synchronous.yaml" + COMMON
# The standby stops to follow when all is ready: what is acknowledged from then on is lost.
STALE = (
    ASYNCHRONOUS
    + """
protect:
  - playbook: wait-for-the-standby.yml
  - sql: {{service: standby, run: ALTER SYSTEM SET primary_conninfo = ''}}
  - sql: {{service: standby, run: SELECT pg_reload_conf()}}
"""
)
# The replica is made before the ledger starts: then its append-only files have every write one by one.
REDIS = """
extends: {drills}/redis-fail-over-asynchronous.yaml
objectives: {{rpo: 5m}}
prepare: [start: {{service: replica, wait: false}}, playbook: make-a-redis-replica.yml]
protect: []
lab: {{endpoints: {{app: {{service: cache, via: "127.0.0.1:{port}"}}}}}}
steady: {{for: 2s, jitter: 2s}}
"""
STALE_REDIS = (
    REDIS.replace("protect: []", "")
    + """
protect:
  - sql: {{service: replica, run: CONFIG SET masterauth nobodys}}
  - sql: {{service: replica, run: CLIENT KILL TYPE master}}
"""
)
POSTGRES_PAIR = replace(POSTGRES, services=("db", "standby"))
REDIS_PAIR = replace(APPENDED, services=("cache", "replica"))
FAIL_OVERS: Disasters = {
    "asynchronous": (POSTGRES_PAIR, ASYNCHRONOUS),
    "stale": (POSTGRES_PAIR, STALE),
    "synchronous": (POSTGRES_PAIR, SYNCHRONOUS),
    "redis": (REDIS_PAIR, REDIS),
    "stale-redis": (REDIS_PAIR, STALE_REDIS),
}


@pytest.mark.acceptance
def test_fifteen_fail_overs_at_random_instants(tmp_path: Path) -> None:
    """Every class is the oracle's; a stale standby loses, and a synchronous one nothing."""
    rows = many(FAIL_OVERS, 15, tmp_path)
    assert all(row.counts.get("lost") for row in rows if row.kind.startswith("stale"))
    assert not any(row.counts.get("lost") for row in rows if row.kind == "synchronous")
