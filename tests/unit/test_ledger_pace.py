"""When the ledger's workers act."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.ledger.pace import SECOND_NS, Pace, staggered, writers_interval_ns

MOMENTS = st.integers(0, 10**18)
INTERVALS = st.integers(1, 60 * SECOND_NS)


@given(now=MOMENTS, interval=INTERVALS, offset=MOMENTS)
def test_the_next_moment_is_ahead_within_one_interval(now: int, interval: int, offset: int) -> None:
    """However late a worker comes, it waits for one moment of the grid: missed ones are not made up for."""
    wait_ns = Pace(interval, offset).wait_s(now) * SECOND_NS
    assert 0 < wait_ns <= interval * (1 + 1e-9)


@given(now=MOMENTS, interval=INTERVALS, offset=MOMENTS)
def test_every_moment_lies_on_the_grid(now: int, interval: int, offset: int) -> None:
    """Two workers of one grid never drift towards each other."""
    moment = now + round(Pace(interval, offset).wait_s(now) * SECOND_NS)
    beside = (moment - offset) % interval
    assert min(beside, interval - beside) <= 8  # seconds as a float know 60 s to some nanoseconds


def test_no_interval_is_no_wait() -> None:
    """As fast as they can means that nobody waits."""
    assert Pace(0).wait_s(12345) == 0.0


def test_workers_share_the_interval_evenly() -> None:
    """Four workers, each once in 20 ms: together one every 5 ms."""
    assert [staggered(20, number, 4) for number in range(4)] == [Pace(20, 0), Pace(20, 5), Pace(20, 10), Pace(20, 15)]


def test_the_rate_is_that_of_all_writers_together() -> None:
    """Two writers at 200/s write every 10 ms each; a rate of 0 is no pace at all."""
    assert writers_interval_ns(200.0, 2) == 10_000_000
    assert writers_interval_ns(0.0, 2) == 0
