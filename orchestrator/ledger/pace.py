"""When a worker acts next: on a grid of the monotonic clock, so that workers stay staggered, never in bursts."""

from __future__ import annotations

from dataclasses import dataclass

SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Pace:
    """The moments `offset_ns + k * interval_ns`; an interval of 0 means at once, always."""

    interval_ns: int
    offset_ns: int = 0

    def wait_s(self, now: int) -> float:
        """Return the seconds from `now` (monotonic nanoseconds) to the next moment of the grid, never 0 on a grid."""
        if not self.interval_ns:
            return 0.0
        return (self.interval_ns - (now - self.offset_ns) % self.interval_ns) / SECOND_NS


def staggered(interval_ns: int, number: int, workers: int) -> Pace:
    """Return the pace of worker `number` of `workers` that share a grid evenly, each acting once an interval."""
    return Pace(interval_ns, interval_ns * number // workers)


def writers_interval_ns(rate_per_s: float, writers: int) -> int:
    """Return how often each writer writes, so that all together reach the rate; 0 for as fast as they can."""
    return round(writers * SECOND_NS / rate_per_s) if rate_per_s else 0
