"""What the engine waits for, told by the ledger's status, and what checks tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core.errors import DrillmasterError, StepFailedError
from orchestrator.core.scribe import text_of
from reports.facts.events import Finding, State
from reports.measures import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Check
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import LedgerStatus, RunningLedger
    from orchestrator.core.ports import Clock

POLL_S = 0.05
STATUS_WITHIN_S = 5.0
"""The ledger tells its status every 50 ms; a busy disk may hold it up, but not for this long."""
STALE_S = 1.0
"""Without an acknowledgement for this long before the disaster, nothing could be measured (P12)."""


def wait_while_writing(ledgers: Sequence[RunningLedger], clock: Clock, seconds: float) -> None:
    """Let time pass; raises StepFailedError as soon as a ledger is gone."""
    deadline = clock.monotonic_ns() + int(seconds * 1e9)
    while (left := deadline - clock.monotonic_ns()) > 0:
        for ledger in ledgers:
            ledger.status()
        clock.sleep(min(POLL_S, left / 1e9))


def require_acknowledgements(ledgers: Sequence[RunningLedger]) -> None:
    """Raise StepFailedError if a ledger's last acknowledgement is too old to measure anything by."""
    for ledger in ledgers:
        status = ledger.next_status(STATUS_WITHIN_S)
        if (age := (status.at - status.last_acknowledged) / 1e9) > STALE_S:
            seen = f"its last one is {age:.1f} s old" if status.last_acknowledged else "it never had one"
            raise StepFailedError(
                f"the ledger has no acknowledged write to measure by: {seen}",
                hint="see ledger/*/ledger.log and the service's log under logs/: do writes wait for something?",
            )


def wait_for_fresh_acknowledgement(ledger: RunningLedger) -> LedgerStatus:
    """Return the status when the ledger had an acknowledgement just now, so that the last one bounds the loss well.

    Waits for it a second at most; whether it was fresh enough is the judge's business.
    """
    deadline = ledger.next_status(STATUS_WITHIN_S).at + int(STALE_S * 1e9)
    while True:
        status = ledger.next_status(STATUS_WITHIN_S)
        interval_ns = 1e9 / max(status.rate_per_s, 1.0)
        if status.at - status.last_acknowledged <= interval_ns or status.at > deadline:
            return status


def wait_for_acknowledgement(ledger: RunningLedger, since: int, within_s: float) -> None:
    """Return when a write was acknowledged after `since` (monotonic nanoseconds); raises StepFailedError."""
    while (status := ledger.next_status(STATUS_WITHIN_S)).last_acknowledged <= since:
        if status.at > since + int(within_s * 1e9):
            raise StepFailedError(f"no write was acknowledged within {within_s:g} s")


def settled(ledgers: Sequence[RunningLedger], finished: int, settle_s: float, give_up: int) -> bool:
    """Wait until no writer or reader has failed for `settle_s` since `finished`; return False past `give_up`.

    Both are monotonic nanoseconds. Clients that wrote unbroken at `give_up` are given the time to show that it lasts.
    """
    # One status more: the first write answered after `finished` may have been attempted before it.
    enough = int((settle_s + POLL_S) * 1e9)
    watched = [_Unbroken(ledger, finished) for ledger in ledgers]
    while True:
        lasting = [one.look() for one in watched]
        if min(lasting) >= enough:
            return True
        if any(one.is_given_up(give_up) for one in watched):
            return False


@dataclass
class _Unbroken:
    """For how long one ledger has been known to write unbroken since the recovery."""

    ledger: RunningLedger
    finished: int
    at: int = 0
    since: int = 0
    known: int = 0

    def look(self) -> int:
        """Wait for the next status, and return the nanoseconds."""
        status = self.ledger.next_status(STATUS_WITHIN_S)
        self.at = status.at
        if status.unbroken_since != self.since:
            self.since, self.known = status.unbroken_since, 0
        if self.since and not self.known and status.last_acknowledged > self.finished:
            # The service is back with the answer, which is known by now, not with the attempt.
            self.known = status.at
        return status.at - self.known if self.known else 0

    def is_given_up(self, give_up: int) -> bool:
        """Return whether the time is over and clients did not write when it was."""
        return self.at > give_up and not 0 < self.since <= give_up


def wait_for_full_speed(ledgers: Sequence[RunningLedger], before_per_s: Sequence[float], within_s: float) -> None:
    """Let the workload go on until each ledger is as fast as the judge asks for, `within_s` at most: no promise."""
    statuses = [ledger.next_status(STATUS_WITHIN_S) for ledger in ledgers]
    deadline = statuses[0].at + int(within_s * 1e9)
    while statuses[0].at < deadline and any(
        status.rate_per_s < FULL * before for status, before in zip(statuses, before_per_s, strict=True)
    ):
        statuses = [ledger.next_status(STATUS_WITHIN_S) for ledger in ledgers]


def look(check: Check, lab: Lab) -> list[Finding]:
    """Return what a check finds; a check that could not look says so, and that is unknown."""
    try:
        return check.look(lab)
    except DrillmasterError as error:
        return [Finding(name=check.kind, state=State.UNKNOWN, says=f"could not look: {text_of(error)}")]


def noticed(checks: Iterable[Check], lab: Lab) -> str:
    """Return what the first violated check says; empty while there is none."""
    return next((says for state, says in _found(checks, lab) if state == State.VIOLATED), "")


def require_eyes(checks: Iterable[Check], lab: Lab) -> None:
    """Raise StepFailedError if one of these checks could notice no disaster: it is violated already, or cannot look."""
    for state, says in _found(checks, lab):
        if state != State.HELD:
            raise StepFailedError(f"a detect check is {state} already, so it could notice no disaster: {says}")


def _found(checks: Iterable[Check], lab: Lab) -> Iterator[tuple[State, str]]:
    return ((one.state, f"{check.title}: {one.says}") for check in checks for one in look(check, lab))


def give_up_s(drill: Drill) -> float:
    """Return how long after the disaster the engine stops waiting for the service."""
    return drill.give_up if drill.give_up is not None else max(3 * drill.objectives.rto, 600.0)
