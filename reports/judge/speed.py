"""The workload's speed: when it was back after the recovery, and how it went around the outage."""

from __future__ import annotations

from array import array
from itertools import chain
from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from reports.facts.ledger import Action, Answer
from reports.judge.course import SECOND
from reports.judge.recovery_time import watched_until
from reports.measures import FULL, FullSpeed, RatePicture
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.facts.ledger import Attempt
    from reports.judge.course import Course
    from reports.judge.watched import Watched

WINDOW_NS = SECOND
BEFORE_NS = 5 * SECOND
"""How much of the time before the disaster the picture shows."""
MOST_BINS = 600
BINS_MS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000, 120_000, 300_000, 600_000, 3_600_000)


def full_speed(one: Watched) -> FullSpeed | None:
    """Return when a service's workload was back at its speed; None where there is nothing to compare.

    Speed is what the workload was answered, never more than it asked for: a paced ledger shows that its own rate is
    carried again, not what the server could bear.
    """
    course, outage = one.course, one.outage
    if one.ledger is None or course.injected is None or course.steady is None or outage.restored is None:
        return None
    answered = array("q", sorted(_acknowledged(one.ledger.attempts())))
    before = _usual(answered, course.steady, course.injected)
    if not before:
        return None
    threshold = FULL * before
    reached = _first_window([moment for moment in answered if moment >= outage.restored], ceil(threshold))
    return FullSpeed(
        before_per_s=before,
        threshold_per_s=threshold,
        reached_s=None if reached is None else course.since_disaster(reached),
        window_s=WINDOW_NS / SECOND,
        says=f"{one.label}: " * bool(one.label) + _says(before, reached, outage.restored, watched_until(course)),
    )


def last_at_speed(speeds: Iterable[FullSpeed | None]) -> FullSpeed | None:
    """Return that of the workload which was back at its speed last, or was not; None where there is none."""
    known = [speed for speed in speeds if speed]
    return max(known, key=lambda speed: (speed.reached_s is None, speed.reached_s or 0.0), default=None)


def _acknowledged(attempts: Iterable[Attempt]) -> Iterable[int]:
    return (one.answered for one in attempts if one.action == Action.WRITE and one.answer == Answer.ACKNOWLEDGED)


def _usual(answered: Sequence[int], steady: int, injected: int) -> float:
    """Return the median over the windows of steady, counted back from the disaster; 0 where not one fits."""
    windows = [0] * ((injected - steady) // WINDOW_NS)
    for moment in answered:
        window = (injected - 1 - moment) // WINDOW_NS
        if 0 <= window < len(windows):
            windows[window] += 1
    return median(windows) * SECOND / WINDOW_NS if windows else 0.0


def _first_window(answered: Sequence[int], enough: int) -> int | None:
    """Return the first acknowledgement from which on `enough` of them came within one window."""
    for first, last in zip(answered, answered[enough - 1 :], strict=False):
        if last - first < WINDOW_NS:
            return first
    return None


def _says(before: float, reached: int | None, restored: int, watched: int) -> str:
    full = f"{FULL:.0%} of its {before:g} writes/s"
    if reached is None:
        seen = duration((watched - restored) / SECOND)
        return f"Not seen: the workload did not reach {full} in the {seen} that it went on after the service was back."
    if reached == restored:
        return f"The workload had {full} as soon as the service was back."
    return f"The workload had {full} {duration((reached - restored) / SECOND)} after the service was back."


def rate_picture(services: Iterable[Watched], course: Course) -> RatePicture | None:
    """Return the writes to services around the outage, all together; None where there was none, or no ledger."""
    ledgers = [one.ledger for one in services if one.ledger]
    if course.injected is None or not ledgers:
        return None
    first = min((attempt.answered for ledger in ledgers for attempt in ledger.attempts()), default=course.injected)
    start, end = max(course.injected - BEFORE_NS, min(first, course.injected)), watched_until(course)
    width = next((ms for ms in BINS_MS if (end - start) / (ms * 1e6) <= MOST_BINS), BINS_MS[-1]) * 1_000_000
    acknowledged, failed = ([0] * ceil((end - start) / width) for _ in range(2))
    for attempt in chain.from_iterable(ledger.attempts() for ledger in ledgers):
        number = (attempt.answered - start) // width
        if 0 <= number < len(acknowledged):
            if attempt.answer != Answer.ACKNOWLEDGED:
                failed[number] += 1
            elif attempt.action == Action.WRITE:
                acknowledged[number] += 1
    return RatePicture(
        bin_s=width / SECOND,
        from_s=(start - course.injected) / SECOND,
        acknowledged=tuple(acknowledged),
        failed=tuple(failed),
    )
