"""The step `playbook`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.errors import StepFailedError
from orchestrator.core.ports import TaskResult
from orchestrator.kinds.steps.playbook import Playbook
from reports.facts.events import FactsHandedBack, Outcome, Phase, TaskFinished

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

RESTORE = Playbook(playbook="restore.yml", vars={"processes": 2}, tags=("restore",), timeout="5m")


def test_the_playbook_beside_the_drill_is_run_with_its_settings(lab: Lab, world: World) -> None:
    """Variables, tags and timeout go to Ansible; the lab's facts go with the variables."""
    (lab.folder / "restore.yml").touch()
    assert RESTORE.run(lab) == "0 tasks"
    [job] = world.playbooks.jobs
    assert job.playbook == lab.folder / "restore.yml"
    assert (job.extra_vars["processes"], job.tags, job.timeout_s) == (2, ("restore",), 300.0)
    assert job.extra_vars["drill_run"] == "r1"


def test_without_one_beside_the_drill_the_projects_playbook_is_run(lab: Lab, world: World) -> None:
    """Shipped playbooks need no path."""
    RESTORE.run(lab)
    assert world.playbooks.jobs[0].playbook == lab.folder / "playbooks" / "restore.yml"


def test_each_task_is_journaled_under_the_step(lab: Lab, world: World) -> None:
    """The timeline shows tasks with their own times."""
    began, ended = world.clock.now(), world.clock.now()
    world.playbooks.tasks = (TaskResult("Restore the newest backup", "db", Outcome.OK, began, ended),)
    lab.progress.phase, lab.progress.step = Phase.RECOVER, 2
    assert RESTORE.run(lab) == "1 tasks"
    assert world.journal.facts == [
        TaskFinished(
            phase=Phase.RECOVER,
            number=2,
            task="Restore the newest backup",
            service="db",
            outcome=Outcome.OK,
            started=began,
            finished=ended,
        )
    ]


def test_facts_handed_back_reach_the_next_playbook(lab: Lab, world: World) -> None:
    """What one playbook found out, the next knows; the journal has it."""
    world.playbooks.facts = {"drill_backup": "20260101-000000F"}
    RESTORE.run(lab)
    RESTORE.run(lab)
    assert FactsHandedBack(facts={"drill_backup": "20260101-000000F"}) in world.journal.facts
    assert "drill_backup" not in world.playbooks.jobs[0].extra_vars
    assert world.playbooks.jobs[1].extra_vars["drill_backup"] == "20260101-000000F"


def test_a_playbook_that_fails_fails_the_step(lab: Lab, world: World) -> None:
    """Ansible's own words are the step's."""
    world.playbooks.failure = StepFailedError("task 'Restore' failed on db: no space left on device")
    with pytest.raises(StepFailedError, match="failed on db: no space left on device"):
        RESTORE.run(lab)
