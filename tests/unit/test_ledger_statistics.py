"""What the ledger says of itself."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.ledger_port import LedgerStatus
from orchestrator.ledger.statistics import GAP_STEP_NS, GAP_WINDOW_NS, OUTSTANDING_NS, Gaps, Statistics, Unbroken
from reports.facts.ledger import Action, Answer, Attempt

MS = 1_000_000
DEADLINE = 1000 * MS


def outcome(
    attempted: int, answered: int, action: Action = Action.WRITE, answer: Answer = Answer.ACKNOWLEDGED
) -> Attempt:
    """Return an attempt of which only these matter here."""
    return Attempt(0, attempted, answered, 0, 0, 0, action, answer, b"")


def unbroken(known: list[tuple[int, bool]]) -> int:
    """Return what Unbroken promises, straight from its definition."""
    failed = max((attempted for attempted, good in known if not good), default=0)
    return min((attempted for attempted, good in known if good and attempted > failed), default=0)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans())))
def test_unbroken_is_the_first_write_after_the_last_failed_attempt(known: list[tuple[int, bool]]) -> None:
    """Whatever the order in which outcomes become known, after each of them."""
    seen = Unbroken()
    for count, (attempted, good) in enumerate(known, start=1):
        (seen.acknowledged if good else seen.failed)(attempted)
        assert seen.since == unbroken(known[:count])


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 20), st.booleans())))
def test_forgetting_changes_nothing_once_all_earlier_attempts_are_known(attempts: list[tuple[int, int, bool]]) -> None:
    """Outcomes come at most 20 late here; writes older than that are forgotten, and the answer stays the same."""
    ordered = sorted(attempts, key=lambda one: one[0] + one[1])
    known = [(attempted, good) for attempted, _, good in ordered]
    seen = Unbroken()
    for count, (attempted, late, good) in enumerate(ordered, start=1):
        (seen.acknowledged if good else seen.failed)(attempted)
        seen.settle(attempted + late - 20)
        assert seen.since == unbroken(known[:count])


@given(st.lists(st.integers(0, 60 * MS), min_size=2, max_size=300))
def test_the_99th_percentile_is_exact_to_its_class(steps: list[int]) -> None:
    """At most one in a hundred gaps is longer than what is told, and the next shorter class would not do."""
    moments = [1_000]
    for step in steps:
        moments.append(moments[-1] + step)
    gaps = sorted(after - before for before, after in pairwise(moments))
    exact = gaps[len(gaps) - 1 - len(gaps) // 100]
    seen = Gaps()
    seen.add(moments[-1], moments)
    assert exact < seen.p99_s() * 1e9 + 1
    assert seen.p99_s() * 1e9 - 1 <= exact + GAP_STEP_NS


def test_gaps_of_long_ago_do_not_count() -> None:
    """A gap leaves the window ten seconds after it was seen."""
    seen = Gaps()
    seen.add(100 * MS, [1, 100 * MS])
    assert seen.p99_s() == 0.1
    seen.add(100 * MS + GAP_WINDOW_NS, [])
    assert seen.p99_s() == 0.0


def test_a_status_counts_writes_and_every_failure() -> None:
    """Acknowledged are writes; failed is anything that failed; the newest of each is told."""
    seen = Statistics(DEADLINE)
    attempts = [
        outcome(1 * MS, 2 * MS, Action.CONNECT),
        outcome(3 * MS, 4 * MS),
        outcome(5 * MS, 6 * MS, Action.READ, Answer.REFUSED),
        outcome(7 * MS, 9 * MS),
        outcome(7 * MS, 8 * MS),
    ]
    seen.add(10 * MS, attempts)
    assert seen.status(10 * MS) == LedgerStatus(
        at=10 * MS,
        acknowledged=3,
        failed=1,
        last_acknowledged=9 * MS,
        last_failure=6 * MS,
        unbroken_since=7 * MS,
        rate_per_s=3.0,
        gap_p99_s=0.0041,
    )


def test_the_rate_is_that_of_the_last_second() -> None:
    """What was acknowledged more than a second ago no longer counts; when it was stays known."""
    seen = Statistics(DEADLINE)
    seen.add(10 * MS, [outcome(1 * MS, 2 * MS)])
    assert seen.status(10 * MS).rate_per_s == 1.0
    seen.add(1010 * MS, [])
    assert (seen.status(1010 * MS).rate_per_s, seen.status(1010 * MS).last_acknowledged) == (0.0, 2 * MS)


def test_an_unbroken_run_stays_known_however_long_it_lasts() -> None:
    """The first write of a run is not forgotten with the others."""
    seen = Statistics(DEADLINE)
    seen.add(10 * MS, [outcome(1 * MS, 2 * MS)])
    later = 3 * (OUTSTANDING_NS + DEADLINE)
    seen.add(later, [outcome(later - MS, later)])
    assert seen.status(later).unbroken_since == 1 * MS
