"""Ends of a run that are nobody's fault: it was asked to stop."""

from __future__ import annotations


class Interrupted(BaseException):
    """A signal asks the run to stop; `signal` is its number."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"signal {signal}")
        self.signal = signal


class StoppedAsAskedError(Exception):
    """`--until` was reached."""
