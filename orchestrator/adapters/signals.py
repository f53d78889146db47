"""Signals: one that asks the run to stop becomes `Interrupted` in the main thread, but never while it winds up."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.engine import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def install() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise Interrupted."""
    for number in ASKING_TO_STOP:
        signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)


@contextmanager
def shield() -> Iterator[None]:
    """Ignore requests to stop inside: winding up is what they ask for, and it must not be cut short."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ASKING_TO_STOP}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
