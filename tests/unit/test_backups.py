"""Which backup a recovery uses, when the drill asks for one of some age."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import World

from orchestrator.core import catalogue
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.steps.playbook import Playbook
from reports.facts.events import BackupChosen, Mark, Phase

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

catalogue.discovered()  # gives the kinds their names

STEP = Playbook(playbook="any.yml")
OLD = {"label": "old", "stopped": "2025-12-31T23:59:30Z", "wal": {"start": "0001"}}
NEW = {"label": "new", "stopped": "2025-12-31T23:59:51Z"}


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab; the clock begins with the year 2026."""
    world = World(FakeDocker(images={"any:1": "sha256:1"}))
    world.clock.ns = 0
    return world


def struck(world: World, folder: Path, age: float | None, *backups: object) -> Lab:
    """Return the lab at the beginning of recovery, with the backups taken; the disaster was at midnight."""
    lab = world.lab(folder)
    drill = lab.loaded.drill.model_copy(update={"backup_age": age})
    lab.loaded = lab.loaded.model_copy(update={"drill": drill})
    for backup in backups:
        world.playbooks.facts = {"drill_backup": backup}
        lab.progress.phase = Phase.PROTECT
        STEP.run(lab)
    world.playbooks.facts = {}
    lab.marks[Mark.DISASTER_INJECTED] = world.clock.now()
    lab.progress.phase = Phase.RECOVER
    world.clock.sleep(3600)
    return lab


def told(world: World) -> tuple[object, object]:
    """Return the backup and the age that the last playbook was told."""
    facts = world.playbooks.jobs[-1].extra_vars
    return facts.get("drill_backup"), facts.get("drill_backup_age")


def test_the_newest_backup_that_is_old_enough_is_handed_to_the_recovery(world: World, tmp_path: Path) -> None:
    """Its age counts to the disaster, not to now; which one was chosen, and among which, is journaled once."""
    lab = struck(world, tmp_path, 20, {**OLD, "label": "oldest", "stopped": "2025-12-31T23:00:00Z"}, OLD, NEW)
    STEP.run(lab)
    STEP.run(lab)
    assert told(world) == (OLD, 30.0)
    assert [fact for fact in world.journal.facts if isinstance(fact, BackupChosen)] == [
        BackupChosen(
            label="old",
            stopped="2025-12-31T23:59:30.000000Z",
            age_s=30.0,
            asked_s=20.0,
            says="the newest that ended at least 20 s before the disaster; "
            "there were: oldest (3600.0 s), old (30.0 s), new (9.0 s)",
        )
    ]


def test_a_backup_of_just_that_age_is_old_enough(world: World, tmp_path: Path) -> None:
    """At least means at least."""
    lab = struck(world, tmp_path, 9, OLD, NEW)
    STEP.run(lab)
    assert told(world) == (NEW, 9.0)


def test_no_backup_of_that_age_fails_the_recovery(world: World, tmp_path: Path) -> None:
    """The step says which there are."""
    lab = struck(world, tmp_path, 31, OLD, NEW)
    with pytest.raises(StepFailedError) as caught:
        STEP.run(lab)
    assert (caught.value.message, caught.value.hint) == (
        "no backup ended 31 s before the disaster or earlier; there were: old (30.0 s), new (9.0 s)",
        "lower backup_age, or take a backup earlier: let time pass in `protect` or `steady`",
    )


def test_without_an_age_asked_playbooks_choose_for_themselves(world: World, tmp_path: Path) -> None:
    """They know what was taken last, and that nobody chose it."""
    lab = struck(world, tmp_path, None, OLD, NEW)
    STEP.run(lab)
    assert told(world) == (NEW, None)


@pytest.mark.parametrize("backup", ["20260101-000000F", {"label": "no end"}, {**OLD, "stopped": "2026-01-01T00:00:00"}])
def test_a_backup_whose_age_cannot_be_told_fails_the_recovery(world: World, tmp_path: Path, backup: object) -> None:
    """A name alone, or a time that could mean two moments, is not enough."""
    lab = struck(world, tmp_path, 1, backup)
    with pytest.raises(StepFailedError) as caught:
        STEP.run(lab)
    assert caught.value.message == f"a playbook handed back a drill_backup whose age cannot be told: {backup}"


def test_playbooks_limited_to_a_service_get_what_those_limited_to_it_handed_back(world: World, tmp_path: Path) -> None:
    """Another one's backup is none of theirs."""
    lab = struck(world, tmp_path, None)
    for service, backup in (("db", NEW), ("cache", OLD)):
        world.playbooks.facts = {"drill_backup": backup}
        Playbook(playbook="any.yml", service=service).run(lab)
    world.playbooks.facts = {}
    for service, backup in (("db", NEW), ("cache", OLD)):
        Playbook(playbook="any.yml", service=service).run(lab)
        job = world.playbooks.jobs[-1]
        assert (job.limit, job.extra_vars["drill_backup"]) == (service, backup)


def test_a_backup_of_some_age_is_chosen_among_those_of_the_service(world: World, tmp_path: Path) -> None:
    """Each service has its own."""
    lab = struck(world, tmp_path, 20.0)
    for service, backup in (("db", OLD), ("cache", {**OLD, "label": "other"})):
        lab.backups.append((service, backup))
    for service in ("db", "cache"):
        Playbook(playbook="any.yml", service=service).run(lab)
    assert [job.extra_vars["drill_backup"]["label"] for job in world.playbooks.jobs] == ["old", "other"]  # type: ignore[index]
