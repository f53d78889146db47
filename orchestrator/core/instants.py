"""Conversions between the observer's two clocks; the pair is read together, so a step of UTC in between shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reports.facts.events import Instant

if TYPE_CHECKING:
    from orchestrator.core.ports import Clock


def utc_text(moment: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds and `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant_at(clock: Clock, monotonic_ns: int) -> Instant:
    """Return the instant of a monotonic reading."""
    now = clock.now()
    moment = datetime.fromisoformat(now.utc) + timedelta(microseconds=(monotonic_ns - now.monotonic_ns) / 1000)
    return Instant(monotonic_ns=monotonic_ns, utc=utc_text(moment))


def instant_of(clock: Clock, utc: str) -> Instant:
    """Return the instant of a UTC time (RFC 3339), by today's relation of the two clocks."""
    now = clock.now()
    moment = datetime.fromisoformat(utc)
    nanoseconds = round((moment - datetime.fromisoformat(now.utc)) / timedelta(microseconds=1)) * 1000
    return Instant(monotonic_ns=now.monotonic_ns + nanoseconds, utc=utc_text(moment))
