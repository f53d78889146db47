"""How far apart in time what several recovered services hold is: a tier must not tell of what another has lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.ledger import Action, Answer
from reports.judge.course import SECOND
from reports.judge.writes import later_epochs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.facts.ledger import Attempt
    from reports.judge.watched import Watched


@dataclass(frozen=True)
class Apart:
    """Seconds between the earliest and the latest point up to which the services are complete, as a bracket."""

    at_least_s: float
    at_most_s: float


@dataclass(frozen=True)
class _Complete:
    """Up to when a service holds all it acknowledged: surely to `surely`, surely not beyond `at_most`."""

    surely: int
    at_most: int


def apart(services: Sequence[Watched]) -> Apart | None:
    """Return how far apart services are; None where one has nothing to tell it by.

    A service is complete up to its first acknowledged write that is absent, old epochs only; one that lacks none, up to
    the last write that any lacks: from then on there is nothing to be apart from.
    """
    writes = [[*_old_writes(one)] for one in services]
    absent = [write.answered for own in writes for write, present in own if not present]
    if not absent:
        return Apart(0.0, 0.0)
    points = [_complete(own, max(absent)) for own in writes]
    known = [point for point in points if point]
    if len(known) < len(points):
        return None
    at_least = max(point.surely for point in known) - min(point.at_most for point in known)
    at_most = max(one.at_most - other.surely for one in known for other in known if one is not other)
    return Apart(max(0, at_least) / SECOND, max(0, at_most) / SECOND)


def _complete(writes: Iterable[tuple[Attempt, bool]], end: int) -> _Complete | None:
    known = [*writes]
    first_absent = min((write.answered for write, present in known if not present), default=end)
    before = (write.attempted for write, present in known if present and write.answered <= first_absent)
    surely = max(before, default=None)
    return None if surely is None else _Complete(surely, first_absent)


def _old_writes(one: Watched) -> Iterator[tuple[Attempt, bool]]:
    """Yield the writes that were acknowledged before the recovery, each with whether it is there after it."""
    if one.ledger is None:
        return
    later = later_epochs(one.ledger.attempts(), one.course.renewed)
    rows = {(row.writer, row.sequence) for row in one.ledger.rows()}
    for attempt in one.ledger.attempts():
        if (attempt.action, attempt.answer) == (Action.WRITE, Answer.ACKNOWLEDGED) and attempt.epoch not in later:
            yield attempt, (attempt.writer, attempt.sequence) in rows
