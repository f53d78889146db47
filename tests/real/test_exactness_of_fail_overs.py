"""What a fail-over loses against independent observers: the wire, the new primary's WAL, and a stopwatch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exactness import Disasters, many
from test_exactness import POSTGRES

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
EITHER = replace(POSTGRES, services=("db", "standby"))
FAIL_OVERS: Disasters = {
    "asynchronous": (EITHER, ASYNCHRONOUS),
    "stale": (EITHER, STALE),
    "synchronous": (EITHER, SYNCHRONOUS),
}


@pytest.mark.acceptance
def test_twelve_fail_overs_at_random_instants(tmp_path: Path) -> None:
    """Every class is the oracle's; a stale standby loses, and a synchronous one nothing."""
    rows = many(FAIL_OVERS, 12, tmp_path)
    assert all(row.counts.get("lost") for row in rows if row.kind == "stale")
    assert not any(row.counts.get("lost") for row in rows if row.kind == "synchronous")
