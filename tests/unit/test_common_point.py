"""How far apart several recovered services are, told by what each of them holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import instant, ledger_back_at, not_held, ns, planned, says, two_services

from reports.facts.events import RunPlanned, State, TargetSet

if TYPE_CHECKING:
    from pathlib import Path

    from synthetic_runs import SyntheticLedger, SyntheticRun

    from reports.record import Objective, Record


def apart(record: Record) -> Objective:
    """Return the objective."""
    return next(one for one in record.objectives if one.name == "common-point")


def lacking(since: float, limit_s: float | None = None) -> SyntheticRun:
    """Return a run of which the second service lacks all that was written from a moment on to the disaster."""
    other = ledger_back_at(5.0)
    other.lose(since, 0.0)
    run = two_services(other)
    planned(run, rpo_s=9, common_point_s=limit_s)
    return run


def test_services_that_lack_nothing_are_not_apart(tmp_path: Path) -> None:
    """Whatever they were recovered from."""
    one = apart(two_services(ledger_back_at(5.0)).judged(tmp_path))
    assert (one.at_least_s, one.at_most_s, one.state) == (0.0, 0.0, State.HELD)


def test_a_service_that_lacks_two_seconds_is_two_seconds_behind(tmp_path: Path) -> None:
    """Bracketed by its last write that is there and the first that is not, and the same of the other."""
    one = apart(lacking(-2.0).judged(tmp_path))
    assert (one.at_least_s, one.at_most_s) == pytest.approx((1.978, 2.002))


@pytest.mark.parametrize(("limit_s", "state"), [(2.1, State.HELD), (2.0, State.VIOLATED), (None, State.HELD)])
def test_the_upper_bound_is_held_against_what_is_allowed(limit_s: float | None, state: State, tmp_path: Path) -> None:
    """Nothing else objects: each loss alone is within its promise."""
    record = lacking(-2.0, limit_s).judged(tmp_path)
    assert apart(record).state == state
    assert set(not_held(record)) <= {"common-point"}


def test_services_that_lack_the_same_are_together(tmp_path: Path) -> None:
    """Both went back to the same moment, as far as writes every 20 ms can tell."""
    run = lacking(-2.0)
    run.ledger.lose(-2.0, 0.0)
    record = run.judged(tmp_path)
    assert apart(record).at_most_s == pytest.approx(0.022)
    assert says(record, "common-point") == "What the services hold is 0 s to 22 ms apart; nothing is promised."


def recovered_to(until: float) -> SyntheticLedger:
    """Return a ledger of a service that was recovered to a moment."""
    made = ledger_back_at(5.0)
    made.lose(until, 0.0)
    return made


def test_a_service_recovered_past_the_target_is_apart_from_one_recovered_to_it(tmp_path: Path) -> None:
    """What lies after the target is there, and counts."""
    run = two_services(recovered_to(-1.0))
    run.ledger.lose(-2.0, 0.0)
    planned(run, rpo_s=9)
    run.change(RunPlanned, recover_to="before-disaster")
    for service in ("db", "cache"):
        target = TargetSet(
            service=service, mode="time", server_time=instant(-2).utc, monotonic_ns=ns(-2), bound_ns=1000
        )
        run.add(-0.1, target)
    record = run.judged(tmp_path)
    assert apart(record).at_least_s == pytest.approx(0.978)
    assert not_held(record) == {"cache.no-unexpected": State.VIOLATED}


def test_a_service_that_holds_nothing_has_no_point(tmp_path: Path) -> None:
    """How far it is apart cannot be told, and that is no pass."""
    record = lacking(-11.0, 1.0).judged(tmp_path)
    assert apart(record).state == State.UNKNOWN
