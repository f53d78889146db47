"""What a team should speed up first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthetic_runs import NEW, healthy_run, instant

from reports.facts.events import Outcome, Phase, RunPlanned, TaskFinished
from reports.record import CriticalStep

if TYPE_CHECKING:
    from pathlib import Path


def test_the_longest_step_is_named_with_its_longest_task(tmp_path: Path) -> None:
    """That is where to look."""
    run = healthy_run()
    for name, start, end in (("Restore the backup", 1.4, 3.6), ("Refuse a running server", 1.1, 1.4)):
        task = TaskFinished(
            phase=Phase.RECOVER,
            number=2,
            task=name,
            service="db",
            outcome=Outcome.OK,
            started=instant(start),
            finished=instant(end),
        )
        run.add(end, task)
    assert run.judged(tmp_path).critical_step == CriticalStep(
        name="playbook: restore.yml",
        seconds=3.0,
        share=3 / 4.952,
        says="playbook: restore.yml takes 3 s, 61% of the recovery time; its longest task is “Restore the backup”, "
        "2.2 s.",
    )


def test_people_are_the_critical_step_where_they_take_longest(tmp_path: Path) -> None:
    """Assumed time counts like any other, for the recovery time holds it."""
    run = healthy_run()
    run.change(RunPlanned, assumed_detect_s=300.0)
    critical = run.judged(tmp_path).critical_step
    assert critical is not None
    assert critical.says == "somebody notices takes 5 min, 98% of the recovery time."


def test_without_a_recovery_time_nothing_is_critical(tmp_path: Path) -> None:
    """A share of what is not known is not known."""
    run = healthy_run()
    run.ledger.attempts = [one for one in run.ledger.attempts if one.epoch != NEW]
    assert run.judged(tmp_path).critical_step is None
