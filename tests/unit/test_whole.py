"""What is begun is ended, whoever is interrupted meanwhile."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.whole import whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class StoppedError(Exception):
    """What the request to stop raises."""


@pytest.fixture
def stopped_soon() -> Iterator[None]:
    """Interrupt the test a moment later, once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StoppedError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("stopped_soon")
def test_an_interrupted_caller_waits_for_the_end() -> None:
    """Only then does it learn of the request."""
    made = []

    @whole
    def make(name: str) -> None:
        time.sleep(0.3)
        made.append(name)

    with pytest.raises(StoppedError):
        make("network")
    assert made == ["network"]


def test_results_and_errors_are_the_calls_own() -> None:
    """As if it had been called directly."""
    assert whole(divmod)(7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError, match=r"^integer division or modulo by zero$"):
        whole(divmod)(7, 0)
