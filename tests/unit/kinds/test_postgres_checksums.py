"""The check `postgres-checksums`: how what it saw is judged. Its SQL: tests/real/test_checksums.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.checks.postgres_checksums import PostgresChecksums
from orchestrator.postgresql.checksums import Verified
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

CHECK = PostgresChecksums(service="db")


def test_sound_pages_are_counted() -> None:
    """The number says how much was verified."""
    assert CHECK._judged(Verified(files=2, pages=30, damaged=())) == Finding(
        name="postgres-checksums",
        state=State.HELD,
        says="db: 30 pages in 2 files verified",
        seen={"files": 2, "pages": 30, "damaged": ()},
    )


def test_damaged_pages_are_named_the_first_twenty_of_them() -> None:
    """All are counted."""
    damaged = tuple(f"base/5/16384 page {number}" for number in range(25))
    assert CHECK._judged(Verified(files=1, pages=30, damaged=damaged)) == Finding(
        name="postgres-checksums",
        state=State.VIOLATED,
        says="db: 25 of 30 pages are damaged: base/5/16384 page 0",
        seen={"files": 1, "pages": 30, "damaged": damaged[:20]},
    )


def test_nothing_verified_is_unknown() -> None:
    """A check that looked at nothing found nothing."""
    finding = CHECK._judged(Verified(files=0, pages=0, damaged=()))
    assert (finding.state, finding.says) == (State.UNKNOWN, "db: there was no page to verify")


def test_a_server_that_is_not_there_is_not_sound(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    assert CHECK.look(lab) == [
        Finding(name="postgres-checksums", state=State.VIOLATED, says="db: its container is not running")
    ]
