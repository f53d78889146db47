"""The recovery point: how far back acknowledged writes were lost, as a bracket, and what was given up on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.judge.course import SECOND
from reports.record import Rpo, WriteClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.judge.course import Course, Target
    from reports.judge.writes import Loss, Writes

_METHOD = "Acknowledgements of the ledger, compared with a sequential scan of its table after recovery."


def unknown_point(why: str) -> Rpo:
    """Return a recovery point of which nothing is known."""
    return Rpo(at_least_s=None, at_most_s=None, transactions=None, wal_bytes=None, resolution_s=None, method=why)


def recovery_point(writes: Writes, course: Course) -> Rpo:
    """Return the recovery point, measured back from the target, or else from the end of the old epochs."""
    target = course.target
    end = target.at if target else max(course.injected or 0, writes.last_old_acknowledgement or 0)
    bound = target.bound if target else 0
    at_least, at_most = _bracket(writes.loss, end, bound)
    return Rpo(
        at_least_s=at_least,
        at_most_s=at_most,
        transactions=writes.loss.count if writes.loss else 0,
        wal_bytes=_wal_bytes(writes.loss),
        resolution_s=None if at_most is None else at_most - at_least,
        given_up_s=_given_up(writes, target),
        given_up_transactions=writes.counts[WriteClass.GIVEN_UP],
        method=_METHOD,
    )


def worst_point(points: Mapping[str, Rpo]) -> Rpo:
    """Return the recovery point of the whole, given those of its services: what any of them lost is lost."""
    if len(points) == 1:
        return next(iter(points.values()))
    for service, point in points.items():
        if point.transactions is None:
            return unknown_point(f"{service}: {point.method}")
    at_least = _worst(point.at_least_s for point in points.values())
    at_most = _worst(point.at_most_s for point in points.values())
    return Rpo(
        at_least_s=at_least,
        at_most_s=at_most,
        transactions=sum(point.transactions or 0 for point in points.values()),
        wal_bytes=_sum(point.wal_bytes for point in points.values()),
        resolution_s=None if at_least is None or at_most is None else at_most - at_least,
        given_up_s=_worst(point.given_up_s for point in points.values()),
        given_up_transactions=sum(point.given_up_transactions or 0 for point in points.values()),
        method=f"{_METHOD} The worst of {', '.join(points)}; writes are counted over all of them.",
    )


def _worst(bounds: Iterable[float | None]) -> float | None:
    """Return the largest; None, which has no bound, is larger than all."""
    known = [*bounds]
    return None if None in known else max(bound for bound in known if bound is not None)


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [*numbers]
    return None if None in known else sum(number for number in known if number is not None)


def _bracket(loss: Loss | None, end: int, bound: int) -> tuple[float, float | None]:
    """Return at least and at most, in seconds; the second is None when nothing was kept before the first lost write."""
    if loss is None:
        return 0.0, 0.0
    at_least = max(0, end - bound - loss.first) / SECOND
    return at_least, None if loss.kept_before is None else (end + bound - loss.kept_before) / SECOND


def _wal_bytes(loss: Loss | None) -> int | None:
    if loss is None:
        return 0
    if loss.last_position is None or loss.kept_position is None:
        return None
    return loss.last_position - loss.kept_position


def _given_up(writes: Writes, target: Target | None) -> float:
    """Return the seconds at most from the target to the last acknowledgement, if a write after it was given up."""
    last = writes.last_old_acknowledgement
    if target is None or last is None or not writes.counts[WriteClass.GIVEN_UP]:
        return 0.0
    return (last - target.surely_before) / SECOND
