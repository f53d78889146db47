"""When the service was away: the outage's begin, the moment it was restored for good, and the flaps in between."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reports.facts.ledger import Action, Answer, Attempt
from reports.judge.course import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reports.judge.course import Course

SHORTEST_RUN_NS = SECOND
"""An unbroken run shorter than this does not show that the service is back."""
_NEVER = -1


@dataclass(frozen=True)
class Stretch:
    """Acknowledgements during the outage, before something failed again."""

    first: int
    last: int
    writes: int


@dataclass(frozen=True)
class Outage:
    """Monotonic nanoseconds; `began` None: nothing failed; `restored` None: not back for good while we watched."""

    began: int | None
    restored: int | None
    flaps: tuple[Stretch, ...] = ()


def outage(attempts: Callable[[], Iterable[Attempt]], course: Course) -> Outage:
    """Return when the service was away. `attempts` gives all attempts anew at each call, in any order.

    An attempt that began after the workload was stopped does not exist.
    """
    if course.injected is None or course.stopped is None:
        return Outage(None, None)
    began, last_failed = _failures(attempts(), course, course.stopped)
    flaps = () if began is None else _flaps(attempts(), began, last_failed)
    return Outage(began, _restored(attempts(), course, _restored_after(course, began, last_failed)), flaps)


def _failures(attempts: Iterable[Attempt], course: Course, stopped: int) -> tuple[int | None, int]:
    """Return when the first failure since the disaster was observed, and when the last one was attempted."""
    began, last = None, _NEVER
    for attempt in attempts:
        failed = attempt.answer != Answer.ACKNOWLEDGED and attempt.attempted <= stopped
        if failed and course.is_outage(attempt.attempted, attempt.answered):
            began = attempt.answered if began is None else min(began, attempt.answered)
            last = max(last, attempt.attempted)
    return began, last


def _restored_after(course: Course, began: int | None, last_failed: int) -> int | None:
    """Return the moment after which a write must be attempted to end the outage; None when none can.

    A service that stayed up is whole only when all recovery steps are done; one that went away is back when it writes.
    """
    if course.recovered is None or (began is None and not course.stays_up):
        return None
    earliest = max(last_failed, began if began is not None else _NEVER)
    return max(earliest, course.recovered) if course.stays_up else earliest


def _restored(attempts: Iterable[Attempt], course: Course, after: int | None) -> int | None:
    """Return the first acknowledgement of a write attempted after `after`; None: too little was seen from then on."""
    if after is None or course.stopped is None or course.recovered is None:
        return None
    first = min(
        (write.answered for write in _acknowledged(attempts) if after < write.attempted <= course.stopped), default=None
    )
    if first is None or course.stopped < max(course.recovered, first + SHORTEST_RUN_NS):
        return None
    return first


def _acknowledged(attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    return (one for one in attempts if one.action == Action.WRITE and one.answer == Answer.ACKNOWLEDGED)


def _flaps(attempts: Iterable[Attempt], began: int, last_failed: int) -> tuple[Stretch, ...]:
    """Return the stretches of writes acknowledged between the first failure and the last, parted by those between."""
    failed, answered = array("q"), array("q")
    for attempt in attempts:
        if attempt.answer != Answer.ACKNOWLEDGED:
            failed.append(attempt.answered)
        elif attempt.action == Action.WRITE and began < attempt.attempted <= last_failed:
            answered.append(attempt.answered)
    failures = sorted(failed)
    stretches = (list(run) for _, run in groupby(sorted(answered), key=lambda moment: bisect_left(failures, moment)))
    return tuple(Stretch(run[0], run[-1], len(run)) for run in stretches)
