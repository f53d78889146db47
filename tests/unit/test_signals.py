"""Requests to stop: raised where the work may be cut short, noted everywhere, lost nowhere."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.signals import ASKING_TO_STOP, StopRequests
from orchestrator.core.stops import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def requests() -> Iterator[StopRequests]:
    """Yield this process's requests; its own signal handling comes back afterwards."""
    before = {number: signal.getsignal(number) for number in (*ASKING_TO_STOP, signal.SIGALRM)}
    requests = StopRequests()
    requests.install()
    yield requests
    sys.unraisablehook = sys.__unraisablehook__
    for number, handler in before.items():
        signal.signal(number, handler)


def ask(number: int) -> None:
    """Send this process a signal."""
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ASKING_TO_STOP)
def test_a_request_is_raised_where_it_is_heeded(requests: StopRequests, number: int) -> None:
    """With the signal's number, for the exit code."""
    with pytest.raises(Interrupted) as caught, requests.heeded():
        ask(number)
    assert caught.value.signal == number


def test_elsewhere_a_request_cuts_nothing_short(requests: StopRequests) -> None:
    """It waits for the next place where it is heeded, which then does not begin."""
    ask(signal.SIGTERM)
    began = False
    with pytest.raises(Interrupted) as caught, requests.heeded():
        began = True
    assert (caught.value.signal, began) == (signal.SIGTERM, False)


def test_a_second_request_does_not_disturb_what_the_first_led_to(requests: StopRequests) -> None:
    """Whatever cleans up on the way out is left in peace; the first request is the one that counts."""
    cleaned = []

    @contextmanager
    def cleaning_up() -> Iterator[None]:
        try:
            yield
        finally:
            ask(signal.SIGTERM)
            cleaned.append("up")

    with pytest.raises(Interrupted) as caught, requests.heeded(), cleaning_up():
        ask(signal.SIGINT)
    assert (caught.value.signal, cleaned) == (signal.SIGINT, ["up"])


class Destructor:
    """In whose end a request comes: Python can pass on no error from there."""

    def __del__(self) -> None:
        ask(signal.SIGINT)


def test_a_request_that_foreign_code_swallows_is_raised_again(requests: StopRequests) -> None:
    """At once, by a person's measure."""

    def work() -> None:
        Destructor()
        time.sleep(30)

    began = time.monotonic()
    with pytest.raises(Interrupted), requests.heeded():
        work()
    assert time.monotonic() - began < 5


def test_other_errors_that_cannot_be_raised_are_told_as_ever(
    requests: StopRequests, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only requests are ours to keep."""

    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    with requests.heeded():
        Broken()
    assert "ValueError: broken" in capsys.readouterr().err
