"""What the engine waits for: how long, and when it stops waiting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import pytest
from fake_docker import FakeDocker
from fakes import AnyCheck, FakeClock, FakeRunningLedger, World

from orchestrator.core import watch
from orchestrator.core.errors import StepFailedError
from orchestrator.core.ledger_port import LedgerSettings, LedgerStatus
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.core.kind import Check
    from orchestrator.core.lab import Lab

SECOND = 1_000_000_000
NEVER = 10**6 * SECOND


class ScriptedLedger(FakeRunningLedger):
    """A ledger that fails whenever `away` says so, and writes every `every_s` otherwise; times are nanoseconds."""

    def __init__(self, away: Callable[[int], bool], every_s: float = 0.005) -> None:
        self.clock = FakeClock(ns=0)
        settings = LedgerSettings(
            service="db",
            type="postgres",
            container="db",
            network="lab",
            port=5432,
            user="app",
            database="app",
            password="",
            via=None,
            writers=1,
            rate_per_s=1 / every_s,
            deadline_s=1.0,
            nonce="n",
            folder=None,  # type: ignore[arg-type]
        )
        super().__init__(self.clock, settings)
        self._away, self._every = away, round(every_s * 1e9)

    def status(self) -> LedgerStatus:
        """Return what attempts on a grid, each answered at once, have come to by now."""
        at, unbroken, last = self.clock.monotonic_ns(), 0, 0
        for moment in range(self._every, at + 1, self._every):
            if self._away(moment):
                unbroken = 0
            else:
                unbroken, last = unbroken or moment, moment
        return LedgerStatus(
            at=at,
            acknowledged=0,
            failed=0,
            last_acknowledged=last,
            last_failure=0,
            unbroken_since=unbroken,
            rate_per_s=SECOND / self._every,
            gap_p99_s=0.0,
        )


def settled_at(ledger: ScriptedLedger, finished_s: float, give_up: int = NEVER) -> tuple[bool, float]:
    """Return whether it settled for a second, and when that was known, in seconds."""
    answer = watch.settled([ledger], round(finished_s * SECOND), 1.0, give_up)
    return answer, ledger.clock.monotonic_ns() / SECOND


def test_a_service_that_stayed_up_settles_from_its_first_answer_after_recovery() -> None:
    """The judge wants a whole second from there, however rare writes are; writes before it count for nothing."""
    assert settled_at(ScriptedLedger(lambda _: False), 5.0) == (True, pytest.approx(6.1))
    assert settled_at(ScriptedLedger(lambda _: False, every_s=0.8), 5.0) == (True, pytest.approx(6.65))


def test_a_service_that_fails_again_settles_anew() -> None:
    """One failed attempt, and the second begins again."""
    flapping = ScriptedLedger(lambda moment: moment < SECOND or moment == 15 * SECOND // 10)
    assert settled_at(flapping, 0.5) == (True, pytest.approx(2.6))


def test_a_service_that_never_comes_back_is_given_up() -> None:
    """As soon as the time is over."""
    assert settled_at(ScriptedLedger(lambda _: True), 1.0, 3 * SECOND) == (False, pytest.approx(3.05))


def test_a_service_that_is_back_when_the_time_is_over_may_settle() -> None:
    """It was back in time; only showing that it stays takes longer."""
    back_late = ScriptedLedger(lambda moment: moment < 28 * SECOND // 10)
    assert settled_at(back_late, 1.0, 3 * SECOND) == (True, pytest.approx(3.85))


def test_a_service_that_is_back_in_time_and_fails_again_is_given_up() -> None:
    """What comes back later is too late."""
    flapping = ScriptedLedger(lambda moment: moment < 28 * SECOND // 10 or 32 * SECOND < 10 * moment < 33 * SECOND)
    assert settled_at(flapping, 1.0, 3 * SECOND) == (False, pytest.approx(3.25))


class Warming(ScriptedLedger):
    """A ledger that writes faster by 10/s every second."""

    def status(self) -> LedgerStatus:
        """Return the status with that rate."""
        status = super().status()
        return replace(status, rate_per_s=status.at / SECOND * 10)


def test_the_workload_goes_on_until_it_is_at_full_speed() -> None:
    """90 % of its speed before."""
    ledger = Warming(lambda _: False)
    watch.wait_for_full_speed([ledger], [50.0], 10.0)
    assert ledger.clock.monotonic_ns() / SECOND == pytest.approx(4.5)


def test_a_workload_that_stays_slow_is_not_waited_for_longer_than_allowed() -> None:
    """Full speed is no promise: nothing is raised."""
    ledger = Warming(lambda _: False)
    watch.wait_for_full_speed([ledger], [5000.0], 3.0)
    assert ledger.clock.monotonic_ns() / SECOND == pytest.approx(3.05)


class Blind(AnyCheck):
    """A check that cannot look."""

    kind: ClassVar[str] = "blind"

    def look(self, lab: Lab) -> list[Finding]:  # noqa: ARG002 - the kind's signature
        """Raise."""
        raise StepFailedError("no eyes", hint="turn the light on")


class Alarmed(AnyCheck):
    """A check that always finds something."""

    kind: ClassVar[str] = "alarmed"

    def look(self, lab: Lab) -> list[Finding]:  # noqa: ARG002 - the kind's signature
        """Return a violation."""
        return [Finding(name=self.kind, state=State.VIOLATED, says="Smoke.")]


def test_a_check_that_cannot_look_notices_nothing_and_hinders_no_other(tmp_path: Path) -> None:
    """It is unknown what it would have seen; the next one is asked all the same."""
    lab = World(FakeDocker()).lab(tmp_path)
    says = "could not look: no eyes (hint: turn the light on)"
    assert watch.look(Blind(), lab) == [Finding(name="blind", state=State.UNKNOWN, says=says)]
    assert watch.noticed([Blind()], lab) == ""
    assert watch.noticed([Blind(), Alarmed()], lab) == "alarmed: db: Smoke."


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (Blind(), "unknown already, so it could notice no disaster: blind: db: could not look: no eyes"),
        (Alarmed(), "violated already, so it could notice no disaster: alarmed: db: Smoke."),
    ],
)
def test_only_a_check_that_is_held_before_the_disaster_can_notice_it(tmp_path: Path, check: Check, says: str) -> None:
    """One that cannot look would end as if nobody had noticed."""
    lab = World(FakeDocker()).lab(tmp_path)
    watch.require_eyes([AnyCheck()], lab)
    with pytest.raises(StepFailedError) as caught:
        watch.require_eyes([AnyCheck(), check], lab)
    assert caught.value.message.startswith(f"a detect check is {says}")
