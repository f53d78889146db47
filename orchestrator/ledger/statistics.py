"""What the ledger says of itself while it works, kept up attempt by attempt."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from orchestrator.core.ledger_port import LedgerStatus
from reports.facts.ledger import Action, Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.facts.ledger import Attempt

RATE_WINDOW_NS = 1_000_000_000
GAP_WINDOW_NS = 10_000_000_000
GAP_STEP_NS = 100_000
"""Gaps are counted in classes of this width: the percentile is known to within it."""
OUTSTANDING_NS = 10_000_000_000
"""An attempt begun longer ago than this beyond its deadline has its outcome."""


class Unbroken:
    """When the first write since the last failed attempt was attempted, in whatever order outcomes become known."""

    def __init__(self) -> None:
        self.since = 0
        self._failed = 0
        self._candidates: deque[int] = deque()

    def acknowledged(self, attempted: int) -> None:
        """Count a write attempted then."""
        if attempted > self._failed:
            self._candidates.append(attempted)
            self.since = min(self.since or attempted, attempted)

    def failed(self, attempted: int) -> None:
        """Count a failure, of any action, attempted then."""
        self._failed = max(self._failed, attempted)
        if self.since <= self._failed:
            self._candidates = deque(write for write in self._candidates if write > self._failed)
            self.since = min(self._candidates, default=0)

    def settle(self, before: int) -> None:
        """Forget writes that no failure can make the first one any more, for all attempts until `before` are known."""
        while self._candidates and self._candidates[0] < before:
            self._candidates.popleft()


class Gaps:
    """Times between acknowledgements, in the last GAP_WINDOW_NS."""

    def __init__(self) -> None:
        self._last = 0
        self._classes: Counter[int] = Counter()
        self._batches: deque[tuple[int, Counter[int]]] = deque()

    def add(self, now: int, acknowledged: Iterable[int]) -> None:
        """Take in the moments of a batch of acknowledgements, in ascending order."""
        batch: Counter[int] = Counter()
        for moment in acknowledged:
            if self._last:
                batch[max(0, moment - self._last) // GAP_STEP_NS] += 1
            self._last = moment
        self._batches.append((now, batch))
        self._classes += batch
        while self._batches[0][0] <= now - GAP_WINDOW_NS:
            self._classes -= self._batches.popleft()[1]

    def p99_s(self) -> float:
        """Return the 99th percentile (the upper edge of its class), 0 while there is none."""
        beyond = self._classes.total() // 100
        for gap in sorted(self._classes, reverse=True):
            beyond -= self._classes[gap]
            if beyond < 0:
                return (gap + 1) * GAP_STEP_NS / 1e9
        return 0.0


class Statistics:
    """All that a status needs; used by one thread."""

    def __init__(self, deadline_ns: int) -> None:
        self._outstanding_ns = deadline_ns + OUTSTANDING_NS
        self._acknowledged = 0
        self._failed = 0
        self._last_acknowledged = 0
        self._last_failure = 0
        self._unbroken = Unbroken()
        self._gaps = Gaps()
        self._recent: deque[tuple[int, int]] = deque()

    def add(self, now: int, attempts: Iterable[Attempt]) -> None:
        """Take in the outcomes that became known by `now` (monotonic nanoseconds) since the last call."""
        writes = []
        for attempt in attempts:
            if attempt.answer != Answer.ACKNOWLEDGED:
                self._failed += 1
                self._last_failure = max(self._last_failure, attempt.answered)
                self._unbroken.failed(attempt.attempted)
            elif attempt.action == Action.WRITE:
                writes.append(attempt.answered)
                self._unbroken.acknowledged(attempt.attempted)
        writes.sort()
        self._gaps.add(now, writes)
        self._unbroken.settle(now - self._outstanding_ns)
        self._acknowledged += len(writes)
        self._last_acknowledged = max(self._last_acknowledged, *writes[-1:], 0)
        self._recent.append((now, len(writes)))
        while self._recent[0][0] <= now - RATE_WINDOW_NS:
            self._recent.popleft()

    def status(self, now: int) -> LedgerStatus:
        """Return the status at `now`."""
        return LedgerStatus(
            at=now,
            acknowledged=self._acknowledged,
            failed=self._failed,
            last_acknowledged=self._last_acknowledged,
            last_failure=self._last_failure,
            unbroken_since=self._unbroken.since,
            rate_per_s=sum(number for _, number in self._recent) * 1e9 / RATE_WINDOW_NS,
            gap_p99_s=self._gaps.p99_s(),
        )
