"""Standbys in drills: whether one takes over, and what a server says of those that follow it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

FAIL_OVER = "fail-over-to-the-standby.yml"
# A slot is named after the standby that uses it, by make-a-standby.yml.
STANDBYS = """
    SELECT coalesce(application_name, slot_name::text), coalesce(state, 'away'), coalesce(sync_state, ''),
           pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, restart_lsn))::bigint,
           extract(epoch FROM replay_lag)::float8, coalesce(active, false)
    FROM pg_stat_replication
    FULL JOIN (SELECT * FROM pg_replication_slots WHERE slot_type = 'physical') AS slots ON active_pid = pid
    ORDER BY 1
"""


@dataclass(frozen=True)
class Standby:
    """What a primary says of one that follows it, or that should: its slot waits for it."""

    name: str
    state: str
    synchronous: str
    """As pg_stat_replication's sync_state; empty while it is away."""
    behind_bytes: int | None
    """WAL it has not replayed yet; None: never known."""
    behind_s: float | None
    """How long its newest replay was behind; None where it has nothing left to replay, or is away."""
    slot_active: bool
    """Whether a slot keeps what it needs, should it go away."""

    @property
    def streams(self) -> bool:
        """Return whether it follows at this moment."""
        return self.state == "streaming"

    def seen(self) -> dict[str, Any]:
        """Return all of it, for a finding."""
        return asdict(self)


def of(lab: Lab, service: str) -> list[Standby]:
    """Return those that follow a primary; raises StepFailedError with the server's message."""
    rows: list[tuple[Any, ...]] = lab.sql(service, STANDBYS)
    return [Standby(*row) for row in rows]


def fails_over(drill: Drill) -> bool:
    """Return whether the drill recovers by a fail-over."""
    return any(FAIL_OVER in step.playbooks() for step in drill.recover)


def loses_nothing(drill: Drill) -> bool:
    """Return whether commits wait for the standby."""
    return any(getattr(step, "vars", {}).get("synchronous") is True for step in (*drill.prepare, *drill.protect))
