"""Several services, each with a ledger of its own: every measure for each of them, and the worst for the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import (
    healthy_run,
    ledger_back_at,
    not_held,
    planned,
    says,
    statements,
    two_services,
    untouched_ledger,
)

from reports.facts.events import RunPlanned, State, Verdict
from reports.facts.ledger import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from synthetic_runs import SyntheticRun

V, U = State.VIOLATED, State.UNKNOWN


def spared(run: SyntheticRun) -> SyntheticRun:
    """Let nothing be meant for the second service."""
    run.change(RunPlanned, spared=("cache",))
    return run


def test_a_single_service_is_the_whole(tmp_path: Path) -> None:
    """Nothing is told twice, and no name has a service before it."""
    record = healthy_run().judged(tmp_path)
    assert record.by_service == ()
    assert not [one.name for one in statements(record) if "." in one.name]


def test_the_whole_is_back_with_the_service_that_was_back_last(tmp_path: Path) -> None:
    """Each is measured by its own ledger."""
    record = two_services(ledger_back_at(6.0)).judged(tmp_path)
    assert record.verdict == Verdict.PASS
    assert [(one.service, round(one.rto.achieved_s or 0, 3)) for one in record.by_service] == [
        ("db", 4.952),
        ("cache", 6.002),
    ]
    assert record.rto.achieved_s == pytest.approx(6.002)
    assert (record.marks["outage_began"], record.marks["service_restored"]) == pytest.approx((0.004, 6.002))
    assert says(record, "rto") == "Recovered in 6 s of 2 min allowed."


def test_a_whole_of_which_one_service_is_not_back_is_not_back(tmp_path: Path) -> None:
    """The other one was."""
    never = ledger_back_at(5.0)
    never.attempts, never.rows = never.attempts[:540], never.rows[:500]
    record = two_services(never).judged(tmp_path)
    assert [one.rto.achieved_s is None for one in record.by_service] == [False, True]
    assert not_held(record)["rto"] == V
    assert says(record, "rto") == "Clients could not write again for good: more than 7.5 s; 2 min are allowed."


def test_what_any_service_lost_is_lost_to_the_whole(tmp_path: Path) -> None:
    """The bound is the worst one's, the writes are counted over all."""
    losing = ledger_back_at(5.0)
    losing.lose(-2.0, 0.0)
    run = two_services(losing)
    run.ledger.lose(-1.0, 0.0)
    record = run.judged(tmp_path)
    first, second = (one.rpo for one in record.by_service)
    assert (first.transactions, second.transactions, record.rpo.transactions) == (50, 100, 150)
    assert (record.rpo.at_least_s, record.rpo.at_most_s) == (second.at_least_s, second.at_most_s)
    assert record.rpo.at_most_s == pytest.approx(2.018)


def test_every_service_keeps_its_own_promises(tmp_path: Path) -> None:
    """A statement on one of them begins with its name."""
    losing = ledger_back_at(6.0)
    losing.lose(-2.0, 0.0)
    run = two_services(losing)
    planned(run, services={"db": {"rto_s": 5, "rpo_s": 1}, "cache": {"rto_s": 5.5, "rpo_s": 1}})
    record = run.judged(tmp_path)
    assert not_held(record) == {"cache.rto": V, "cache.rpo": V}
    assert [one.name for one in record.objectives] == [
        "rto",
        "rpo",
        "common-point",
        "db.rto",
        "db.rpo",
        "cache.rto",
        "cache.rpo",
    ]
    assert says(record, "db.rto") == "db: recovered in 4.95 s of 5 s allowed."
    assert says(record, "cache.rto") == "cache: recovery took 6 s; 5.5 s are allowed: 502 ms too long."
    assert (
        says(record, "cache.rpo")
        == "cache: 100 acknowledged writes were lost, up to 2.02 s; 1 s are allowed: 1.02 s too much."
    )


def test_what_a_service_may_lose_is_no_loss_of_the_whole(tmp_path: Path) -> None:
    """It is told all the same."""
    losing = ledger_back_at(5.0)
    losing.lose(-9.0, 0.0)
    run = two_services(losing)
    planned(run, services={"cache": {"rpo_none_because": "it fills itself again."}})
    record = run.judged(tmp_path)
    assert not_held(record) == {}
    assert (record.rpo.transactions, record.by_service[1].rpo.transactions) == (0, 450)
    assert says(record, "cache.rpo") == "cache: no loss of data is promised: it fills itself again."


def test_a_fault_of_one_service_is_told_of_that_one(tmp_path: Path) -> None:
    """Rows that nobody wrote, in one of the two."""
    losing = ledger_back_at(5.0)
    losing.lose(-5.0, -4.9)
    record = two_services(losing).judged(tmp_path)
    assert not_held(record)["cache.no-hole"] == V
    assert "db.no-hole" not in not_held(record)


def test_an_instrument_that_failed_for_one_service_leaves_the_others_measures(tmp_path: Path) -> None:
    """The whole, which rests on both, is unknown."""
    slow = ledger_back_at(5.0)
    slow.attempts = [one for number, one in enumerate(slow.attempts) if number >= 500 or number % 2]
    run = two_services(slow)
    planned(run, services={"db": {"rto_s": 9, "rpo_s": 9}, "cache": {"rto_s": 9}})
    record = run.judged(tmp_path)
    unknown = {name for name, state in not_held(record).items() if state == U}
    assert {"cache.instrument-rate", "cache.rto", "rto", "rpo"} <= unknown
    assert not {"db.rto", "db.rpo", "db.instrument-rate"} & unknown


def test_a_spared_service_must_not_be_missed(tmp_path: Path) -> None:
    """Clients could always write to it: it is no part of the recovery."""
    run = spared(two_services(untouched_ledger()))
    planned(run, services={"cache": {"rto_s": 1, "rpo_s": 1}})
    record = run.judged(tmp_path)
    assert not_held(record) == {}
    assert [one.was_out for one in record.by_service] == [True, False]
    assert record.rto.achieved_s == pytest.approx(4.952)
    assert says(record, "cache.untouched") == "cache: nothing was done to it, and clients could write all the time."
    assert says(record, "cache.rto") == "cache: it never was away; 1 s are allowed."


def test_a_spared_service_that_was_missed_is_a_violation_and_part_of_the_recovery(tmp_path: Path) -> None:
    """Its return counts as any other's."""
    record = spared(two_services(ledger_back_at(6.0))).judged(tmp_path)
    assert not_held(record) == {"cache.untouched": V}
    assert record.rto.achieved_s == pytest.approx(6.002)
    assert says(record, "cache.untouched") == (
        "cache: nothing was to be done to it, and yet clients could not write from 4 ms after the disaster until 6 s "
        "after it."
    )


def test_a_spared_service_that_nobody_watched_to_the_end_is_unknown(tmp_path: Path) -> None:
    """Its ledger died."""
    run = spared(two_services(untouched_ledger()))
    run.facts = [
        (at, fact) for at, fact in run.facts if getattr(fact, "event", "") != "ledger-closed" or fact.service == "db"
    ]
    assert not_held(run.judged(tmp_path))["cache.untouched"] == U


def test_one_failed_attempt_is_enough_to_miss_a_spared_service(tmp_path: Path) -> None:
    """Whatever kind it was."""
    ledger = untouched_ledger()
    ledger.write(3.001, Answer.IN_DOUBT, present=False)
    assert not_held(spared(two_services(ledger)).judged(tmp_path)) == {"cache.untouched": V}
