"""Requests to stop, as signals: noted whenever they come, raised only where the work may be cut short."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.stops import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ASKING_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_S = 0.01
"""How soon a request is raised again that was lost on its way."""


class StopRequests:
    """What this process was asked. The first request counts; later ones must not cut short what it led to."""

    def __init__(self) -> None:
        self._noted = 0
        self._heeding = False

    def install(self) -> None:
        """Note SIGINT, SIGTERM and SIGHUP from now on, in place of what they did. Takes SIGALRM for itself."""
        for number in ASKING_TO_STOP:
            signal.signal(number, self._note)
        signal.signal(signal.SIGALRM, self._raise)
        sys.unraisablehook = self._lost

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let a request raise Interrupted inside, once; one that came before raises it at once."""
        self._heeding = True
        try:
            if self._noted:
                raise Interrupted(self._noted)
            yield
        finally:
            self._heeding = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted = self._noted or number
        self._raise(number, frame)

    def _raise(self, _number: int, _frame: FrameType | None) -> None:
        if self._heeding:
            # Here and not where it is caught: a second request must find the door shut already.
            self._heeding = False
            raise Interrupted(self._noted)

    def _lost(self, error: sys.UnraisableHookArgs) -> None:
        """Raise a request again that came while foreign code could pass no error on, as in a serializer's callback."""
        if isinstance(error.exc_value, Interrupted):
            self._heeding = True
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
        else:
            sys.__unraisablehook__(error)
