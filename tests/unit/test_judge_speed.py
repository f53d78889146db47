"""When the workload was back at its speed, and how it went around the outage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import NEW, RATE, SyntheticRun, healthy_run

from reports.facts.events import LedgerClosed, Mark, MarkReached, RunFinished
from reports.facts.ledger import Action, Answer

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import FullSpeed, Record


def back_at(rates: list[tuple[float, float, float]]) -> SyntheticRun:
    """Return a healthy run whose recovered service answers at these rates: (from, until, writes per second)."""
    run = healthy_run()
    run.ledger.attempts = [one for one in run.ledger.attempts if not (one.epoch == NEW and one.action == Action.WRITE)]
    for start, end, rate in rates:
        for number in range(round((end - start) * rate)):
            run.ledger.write(start + number / rate, epoch=NEW, writer=number % 2)
    return run


def speed(record: Record) -> FullSpeed:
    """Return the record's full speed, which must be there."""
    assert record.full_speed is not None
    return record.full_speed


def test_a_service_that_is_as_fast_as_before_at_once(tmp_path: Path) -> None:
    """The mark lies where the service was restored."""
    full = speed(healthy_run().judged(tmp_path))
    assert (full.before_per_s, full.threshold_per_s, full.reached_s, full.window_s) == (RATE, 45.0, 4.952, 1.0)
    assert full.says == "The workload had 90% of its 50 writes/s as soon as the service was back."


def test_a_cold_service_is_back_later_than_it_writes(tmp_path: Path) -> None:
    """To the acknowledgement: the first of the first second that holds enough of them."""
    run = back_at([(4.95, 5.95, 20.0), (5.95, 7.45, 50.0)])
    record = run.judged(tmp_path)
    assert record.rto.achieved_s == pytest.approx(4.952)
    # 45 writes fit into a second that begins with the third last slow write: 0.15 s before the fast ones.
    assert speed(record).reached_s == pytest.approx(5.952 - 3 / 20)
    assert speed(record).says == "The workload had 90% of its 50 writes/s 850 ms after the service was back."


def test_a_service_that_stays_slow_is_said_to(tmp_path: Path) -> None:
    """Not reached is no figure, and no fault of the recovery time."""
    record = back_at([(4.95, 7.45, 40.0)]).judged(tmp_path)
    assert speed(record).reached_s is None
    assert speed(record).says == (
        "Not seen: the workload did not reach 90% of its 50 writes/s in the 2.55 s that it went on after the service "
        "was back."
    )


def test_a_stall_in_steady_is_not_the_usual_speed(tmp_path: Path) -> None:
    """The median second counts: two bad ones of ten leave it as it is."""
    run = healthy_run()
    run.ledger.attempts = [one for one in run.ledger.attempts if not -3 <= (one.attempted - 10**12) / 1e9 < -1]
    assert speed(run.judged(tmp_path)).before_per_s == RATE


def test_without_an_end_of_the_outage_there_is_no_speed(tmp_path: Path) -> None:
    """Nor without a ledger, nor with a steady phase shorter than a second."""
    never = healthy_run()
    never.ledger.attempts = [one for one in never.ledger.attempts if one.epoch != NEW]
    lost = healthy_run()
    lost.change(LedgerClosed, sha256=None)
    short = healthy_run()
    short.ledger.attempts = [one for one in short.ledger.attempts if one.attempted > 10**12]
    records = [run.judged(tmp_path / str(number)) for number, run in enumerate((never, lost, short))]
    assert [record.full_speed for record in records] == [None] * 3


def test_the_picture_counts_every_write_around_the_outage(tmp_path: Path) -> None:
    """From 5 s before the disaster until the workload stopped, in bins of a tenth of a second."""
    picture = healthy_run().judged(tmp_path).rate
    assert picture is not None
    assert (picture.bin_s, picture.from_s) == (0.1, -5.0)
    assert (len(picture.acknowledged), len(picture.failed)) == (125, 125)
    assert (sum(picture.acknowledged), sum(picture.failed)) == (250 + 128, 49)
    assert picture.acknowledged[49:52] == (5, 0, 0)
    assert picture.failed[49:52] == (0, 1, 1)


def test_a_long_outage_has_wider_bins(tmp_path: Path) -> None:
    """However long a run was, the picture stays drawable."""
    run = healthy_run()
    run.drop(RunFinished)
    run.mark(Mark.WORKLOAD_STOPPED, 3600.0)
    run.ledger.write(3599.9, Answer.IN_DOUBT)
    run.add(3601.0, RunFinished())
    picture = run.judged(tmp_path).rate
    assert picture is not None
    assert (picture.bin_s, len(picture.failed)) == (10.0, 361)
    assert picture.failed[-1] == 1


def test_there_is_no_picture_without_a_disaster(tmp_path: Path) -> None:
    """Offsets count from it."""
    run = healthy_run()
    run.drop(MarkReached, mark=Mark.DISASTER_INJECTED)
    assert run.judged(tmp_path).rate is None
