"""The recovery point: its bracket, what it is measured from, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import SyntheticRun, healthy_run, instant, ns, planned

from reports.facts.events import State, TargetSet

if TYPE_CHECKING:
    from pathlib import Path


def run_back_to(at: float, bound_s: float = 0.0) -> SyntheticRun:
    """Return a run that recovered exactly to a point in time."""
    run = healthy_run()
    target = TargetSet(mode="time", server_time=instant(at).utc, monotonic_ns=ns(at), bound_ns=round(bound_s * 1e9))
    run.add(-0.05, target)
    run.ledger.lose(at - 0.0001, 1)
    return run


def test_nothing_lost_is_zero(tmp_path: Path) -> None:
    """All acknowledged writes are there: both bounds are 0."""
    rpo = healthy_run().judged(tmp_path).rpo
    assert (rpo.at_least_s, rpo.at_most_s, rpo.transactions, rpo.wal_bytes, rpo.resolution_s) == (0, 0, 0, 0, 0)


def test_the_bracket_is_measured_back_from_the_disaster(tmp_path: Path) -> None:
    """At least to the first lost acknowledgement, at most to the last kept one before it."""
    run = healthy_run()
    run.ledger.lose(-1.0, 0)
    rpo = run.judged(tmp_path).rpo
    assert (rpo.at_least_s, rpo.at_most_s) == (pytest.approx(0.998), pytest.approx(1.018))
    assert (rpo.transactions, rpo.resolution_s) == (50, pytest.approx(0.02))


def test_wal_bytes_reach_from_the_last_kept_to_the_last_lost_write(tmp_path: Path) -> None:
    """The synthetic WAL grows by 1000 bytes a second."""
    run = healthy_run()
    run.ledger.lose(-1.0, 0)
    assert run.judged(tmp_path).rpo.wal_bytes == 1000


def test_wal_bytes_are_unknown_without_positions(tmp_path: Path) -> None:
    """A ledger that knows no positions says so."""
    run = healthy_run()
    run.ledger.attempts = [attempt._replace(position=0) for attempt in run.ledger.attempts]
    run.ledger.lose(-1.0, 0)
    assert run.judged(tmp_path).rpo.wal_bytes is None


def test_an_acknowledgement_after_the_injection_moves_the_end(tmp_path: Path) -> None:
    """What the dying server still acknowledged was promised too (P16): no loss is ever negative."""
    run = healthy_run()
    run.ledger.write(0.001, took=0.004, present=False)
    rpo = run.judged(tmp_path).rpo
    assert (rpo.at_least_s, rpo.at_most_s) == (0.0, pytest.approx(0.023))


def test_nothing_kept_has_no_bound(tmp_path: Path) -> None:
    """Everything was lost: violated, however large the objective."""
    run = healthy_run()
    planned(run, rpo_s=10**9)
    run.ledger.lose(-11, 0)
    record = run.judged(tmp_path)
    assert (record.rpo.at_least_s, record.rpo.at_most_s) == (pytest.approx(9.998), None)
    objective = record.objectives[1]
    assert (objective.state, objective.achieved) == (State.VIOLATED, "unbounded")


def test_with_a_target_nothing_after_it_is_lost(tmp_path: Path) -> None:
    """Going back exactly to the target loses nothing; the rest is given up, a figure of its own."""
    record = run_back_to(-2.01).judged(tmp_path)
    assert (record.rpo.at_least_s, record.rpo.at_most_s) == (0.0, 0.0)
    assert (record.rpo.given_up_s, record.rpo.given_up_transactions) == (pytest.approx(1.992), 100)
    assert record.objectives[2].says == "Going back gave up 100 acknowledged writes, 1.99 s; nothing is promised."


def test_a_target_after_the_last_write_gives_nothing_up(tmp_path: Path) -> None:
    """There was nothing to go back on."""
    rpo = run_back_to(0.1).judged(tmp_path).rpo
    assert (rpo.given_up_s, rpo.given_up_transactions) == (0.0, 0)


def test_what_was_given_up_is_widened_by_the_bound_of_the_target(tmp_path: Path) -> None:
    """The target may have been that much earlier: a promise kept only by the clocks' doubt is not kept."""
    run = run_back_to(-2.01, bound_s=0.03)
    planned(run, given_up_s=2.0)
    record = run.judged(tmp_path)
    assert record.rpo.given_up_s == pytest.approx(2.022)
    assert (record.objectives[2].state, record.objectives[2].at_most_s) == (State.VIOLATED, record.rpo.given_up_s)


def test_with_a_target_loss_is_measured_back_from_it_and_widened_by_its_bound(tmp_path: Path) -> None:
    """Stopping half a second short of the target costs that half second."""
    run = run_back_to(-2.01, bound_s=0.005)
    run.ledger.lose(-2.5, -2)
    rpo = run.judged(tmp_path).rpo
    assert (rpo.at_least_s, rpo.at_most_s) == (pytest.approx(0.483), pytest.approx(0.513))
    assert (rpo.transactions, rpo.given_up_transactions) == (25, 100)


def test_the_objective_is_compared_with_the_upper_bound(tmp_path: Path) -> None:
    """Within at least and beyond at most is violated; exactly at most is held."""
    run = healthy_run()
    run.ledger.lose(-1.0, 0)
    planned(run, rpo_s=1.0)
    assert run.judged(tmp_path / "missed").objectives[1].says == (
        "50 acknowledged writes were lost, up to 1.02 s; 1 s are allowed: 18 ms too much."
    )
    planned(run, rpo_s=1.018)
    assert run.judged(tmp_path / "met").objectives[1].says == (
        "50 acknowledged writes were lost, at most 1.02 s of 1.02 s allowed."
    )


def test_one_write_is_told_as_one(tmp_path: Path) -> None:
    """Lost, and given up."""
    run = run_back_to(-0.03)
    run.ledger.lose(-0.06, -0.04)
    told = [objective.says for objective in run.judged(tmp_path).objectives]
    assert told[1].startswith("1 acknowledged write was lost, at most ")
    assert told[2].startswith("Going back gave up 1 acknowledged write, ")
