"""Which of the backups that were found is picked."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, Found


def at(hour: int, minute: int = 0) -> datetime:
    """Return a moment of one day."""
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC)


FOUND = Found(tuple(Backup(f"b{hour}", "15", stopped=at(hour)) for hour in (1, 2, 3)), "0" * 24, archived_until=at(4))
OUTSIDE = (
    "lies outside of what backups and archive cover: from 2026-11-21T01:00:00.000000Z to 2026-11-21T04:00:00.000000Z"
)


def picked(which: str, until: datetime | None = None, seed: int = 1) -> tuple[str, str]:
    """Return the label of what is picked, and how."""
    backup, how = FOUND.pick(which, until, random.Random(seed))  # noqa: S311 - as a run draws, by its seed
    return backup.label, how


def test_the_newest_is_the_newest_that_ended_before_the_target() -> None:
    """A later one cannot be taken back to it."""
    assert [picked("newest"), picked("newest", at(2, 30)), picked("b1")] == [
        ("b3", "newest"),
        ("b2", "newest"),
        ("b1", "named"),
    ]


def test_one_seed_picks_one_backup_and_all_seeds_all_of_them() -> None:
    """Drawn by the run's seed, none left out."""
    assert {picked("random", seed=seed) for seed in range(30)} == {(f"b{hour}", "random") for hour in (1, 2, 3)}
    assert picked("random", seed=5) == picked("random", seed=5)


@pytest.mark.parametrize(
    ("which", "until", "says"),
    [
        ("b9", None, "no backup is named b9; there are: b1, b2, b3"),
        (
            "newest",
            at(0, 30),
            f"the target 2026-11-21T00:30:00.000000Z {OUTSIDE}",
        ),
        (
            "newest",
            at(4, 30),
            f"the target 2026-11-21T04:30:00.000000Z {OUTSIDE}",
        ),
    ],
)
def test_what_there_is_not_is_told_with_what_there_is(which: str, until: datetime | None, says: str) -> None:
    """A name that no backup has, and a target before the first or after the archive's end."""
    with pytest.raises(StepFailedError) as error:
        picked(which, until)
    assert error.value.message == says


def test_a_source_without_a_backup_is_told() -> None:
    """Those that broke off are not counted."""
    with pytest.raises(StepFailedError, match="the source holds no complete backup"):
        Found(()).pick("newest", None, random.Random(1))  # noqa: S311 - nothing is drawn
