"""This machine's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from orchestrator.core.instants import utc_text
from reports.facts.events import Instant


class SystemClock:
    """CLOCK_MONOTONIC for durations, UTC for people."""

    def monotonic_ns(self) -> int:
        """Return the machine's monotonic clock, in nanoseconds."""
        return time.monotonic_ns()

    def now(self) -> Instant:
        """Return this moment on both clocks, read together."""
        monotonic_ns, utc = time.monotonic_ns(), datetime.now(UTC)
        return Instant(monotonic_ns=monotonic_ns, utc=utc_text(utc))

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`; what a signal handler raises ends it at once."""
        time.sleep(seconds)
