"""Damage that leaves the service up, put in by a restart: the epoch in between is one that must be recovered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import OLD, RATE, SyntheticLedger, SyntheticRun, healthy_run, not_held, ns, planned

from reports.facts.events import DisasterDone, Mark, State, Verdict
from reports.facts.ledger import Action, Answer

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record

MIDDLE, RECOVERED = 1, 2
"""Epochs: of the server started by the injection, and of the one that recovery started."""


def restarted_ledger() -> SyntheticLedger:
    """Return writes until the injection, by the damaged server until recovery stops it, and by the recovered one."""
    made = SyntheticLedger()
    for number in range(500):
        made.write(-10 + number / RATE, epoch=OLD, writer=number % 2)
    made.other(Action.CONNECT, 0.05, Answer.UNSENT)
    for number in range(13):
        made.write(0.15 + number / RATE, epoch=MIDDLE, writer=number % 2)
    for number in range(45):
        made.other(Action.CONNECT, 0.45 + number / 10, Answer.UNSENT)
    for number in range(128):
        made.write(4.96 + number / RATE, epoch=RECOVERED, writer=number % 2)
    return made


@pytest.fixture
def run() -> SyntheticRun:
    """Return a run that passes: damaged at 0, confirmed after 200 ms, noticed by a check, recovered after 5 s."""
    run = healthy_run()
    run.ledger = restarted_ledger()
    run.change(DisasterDone, stays_up=True)
    run.mark(Mark.DETECTED, 0.24)
    return run


def writes(record: Record) -> dict[str, int]:
    """Return the classes of writes that occur."""
    return {name.value: number for name, number in record.writes[0].counts.items() if number}


def test_it_is_restored_after_the_last_step_and_the_injections_own_outage_is_none(
    run: SyntheticRun, tmp_path: Path
) -> None:
    """The outage is the one that recovery made; what was written between the two is no flap."""
    record = run.judged(tmp_path)
    assert (record.verdict, not_held(record)) == (Verdict.PASS, {})
    assert record.rto.achieved_s == pytest.approx(5.022)
    assert record.rto.flaps == ()
    began = next(row.offset_s for row in record.timeline if row.what == "outage began")
    assert began == pytest.approx(0.452)
    assert writes(record) == {"kept": 513, "later-present": 128}


def test_what_the_damaged_server_acknowledged_counts_for_the_recovery_point(run: SyntheticRun, tmp_path: Path) -> None:
    """A server that nobody recovered yet is no recovered service, although it was started after the disaster."""
    run.ledger.lose(0.3, 0.45)
    planned(run, rpo_s=0.09)
    record = run.judged(tmp_path)
    assert not_held(record) == {"rpo": State.VIOLATED}
    assert writes(record) == {"kept": 508, "lost": 5, "later-present": 128}
    assert record.rpo.at_most_s == pytest.approx(0.1)


def test_the_damaged_server_beside_the_recovered_one_is_split_brain(run: SyntheticRun, tmp_path: Path) -> None:
    """It was to be replaced, and it still answers."""
    run.ledger.write(6.005, epoch=MIDDLE, writer=5)
    assert not_held(run.judged(tmp_path)) == {"no-split-brain": State.VIOLATED}


def test_a_damaged_server_that_was_never_replaced_goes_on_in_its_epoch(run: SyntheticRun, tmp_path: Path) -> None:
    """Repaired while it ran: all it acknowledged must be there, and nothing is split."""
    run.ledger.attempts = [one._replace(epoch=min(one.epoch, MIDDLE)) for one in run.ledger.attempts]
    record = run.judged(tmp_path)
    assert (not_held(record), writes(record)) == ({}, {"kept": 641})
    assert max(one.answered for one in run.ledger.attempts) > ns(7)
