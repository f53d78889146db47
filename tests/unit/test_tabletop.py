"""Tabletops: their run over fakes, without a lab, and what is judged of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import FakePerson, World
from synthetic_runs import PLANNED, SyntheticRun, instant, not_held, says, step

from orchestrator.core import faults, loader
from orchestrator.core.errors import CannotRunError
from orchestrator.core.tabletop_run import TabletopRun
from orchestrator.preflight import require_people
from reports.controls.conditions import CONDITIONS
from reports.controls.context import RunContext
from reports.facts.events import (
    ContactCalled,
    Mark,
    MarkReached,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    State,
    StepFinished,
    Verdict,
)
from reports.render_html import html
from reports.render_text import text

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

TABLETOP = PLANNED.model_copy(update={"tabletop": "It is night."})


def lab_of(world: World, folder: Path) -> Lab:
    """Return what the shipped tabletop is run with."""
    lab = world.lab(folder)
    lab.loaded = loader.load(loader.find("tabletop-lost-database"))
    return lab


def exercise() -> SyntheticRun:
    """Return a healthy exercise of a call and a question, which takes 8 s."""
    run = SyntheticRun(ledger=None)
    run.add(-1.0, TABLETOP)
    run.mark(Mark.DECLARED, 0)
    run.add(0, PhaseStarted(phase=Phase.RECOVER))
    run.mark(Mark.RECOVERY_STARTED, 0)
    for contact, began, ended, answered in (("DBA", 0, 2, False), ("head of operations", 2, 3, True)):
        began_at, ended_at = instant(began), instant(ended)
        run.add(ended, ContactCalled(contact=contact, about="gone", began=began_at, ended=ended_at, answered=answered))
    run.add(3, step("call", "call: gone", 0, 3))
    run.add(8, step("manual", "manual: think", 3, 8))
    run.mark(Mark.RECOVERY_FINISHED, 8)
    run.add(8, PhaseFinished(phase=Phase.RECOVER, outcome=Outcome.OK))
    run.add(8, RunFinished())
    return run


def test_people_are_asked_step_by_step_and_nothing_is_built(tmp_path: Path) -> None:
    """One phase; no container is looked for, made or removed."""
    world = World(FakeDocker(images={}))
    TabletopRun(lab_of(world, tmp_path), nullcontext).run()
    facts = world.journal.facts
    assert [fact.phase for fact in facts if isinstance(fact, PhaseFinished)] == [Phase.RECOVER]
    assert [fact.outcome for fact in facts if isinstance(fact, StepFinished)] == [Outcome.OK] * 6
    assert [fact.contact for fact in facts if isinstance(fact, ContactCalled)] == ["on-call DBA", "head of operations"]
    assert [fact.mark for fact in facts if isinstance(fact, MarkReached)] == [
        Mark.DECLARED,
        Mark.RECOVERY_STARTED,
        Mark.RECOVERY_FINISHED,
    ]
    assert (facts[-1], len(world.person.asked)) == (RunFinished(), 6)


def test_without_people_it_is_refused() -> None:
    """Before anything is begun; with what can be done."""
    require_people(FakePerson())
    with pytest.raises(CannotRunError) as caught:
        require_people(replace(FakePerson(), present=False))
    assert caught.value.message == "a tabletop is of people, and nobody can be asked: standard input is no terminal"


def test_all_done_in_time_passes_and_is_no_proof_of_a_recovery(tmp_path: Path) -> None:
    """It has one objective of its own, and counts for no control."""
    record = exercise().judged(tmp_path)
    assert (record.verdict, record.sentence) == (Verdict.PASS, "All was done after 8 s, of 2 min allowed.")
    assert [one.name for one in record.objectives] == ["exercise"]
    assert [one.name for one in record.findings] == ["people-took-part", "recovery-step"]
    assert record.critical_step is None
    assert CONDITIONS["genuine"].why_not(RunContext(record=record)) == (
        "It is a tabletop: people talked a recovery through, and nothing was recovered."
    )


def test_an_answer_is_timed(tmp_path: Path) -> None:
    """Each call with when it began, how long it took, and what came of it."""
    record = exercise().judged(tmp_path)
    assert record.tabletop is not None
    assert [(call.contact, call.offset_s, call.seconds, call.answered) for call in record.tabletop.calls] == [
        ("DBA", 0.0, 2.0, False),
        ("head of operations", 2.0, 1.0, True),
    ]


def test_a_step_that_was_not_done_is_a_violation(tmp_path: Path) -> None:
    """It is named, and so is how far people came."""
    run = exercise()
    run.change(PhaseFinished, outcome=Outcome.FAILED)
    run.change(StepFinished, outcome=Outcome.FAILED, says="nobody answered")
    record = run.judged(tmp_path)
    assert not_held(record) == {"exercise": State.VIOLATED, "recovery-step": State.VIOLATED}
    assert says(record, "recovery-step").startswith("Step 1 was not done, and the exercise ended with it: ")


def test_too_late_is_a_violation(tmp_path: Path) -> None:
    """The promise is the drill's RTO, for people alone."""
    run = exercise()
    run.change(type(TABLETOP), objectives=TABLETOP.objectives.model_copy(update={"rto_s": 5.0}))
    record = run.judged(tmp_path)
    assert (record.verdict, record.sentence) == (
        Verdict.FAIL,
        "All was done after 8 s; 5 s are allowed: 3 s too long.",
    )


def test_people_who_were_assumed_exercised_nothing(tmp_path: Path) -> None:
    """A rehearsal without them is no pass."""
    run = exercise()
    run.change(type(TABLETOP), altered=("--assume-manual",))
    record = run.judged(tmp_path)
    assert (record.verdict, not_held(record)) == (Verdict.INCONCLUSIVE, {"people-took-part": State.UNKNOWN})


def test_every_rendering_says_that_it_is_a_tabletop(tmp_path: Path) -> None:
    """No outage, no backup, no write is spoken of; every place in the contents is there."""
    record = exercise().judged(tmp_path)
    page = html(record)
    assert "TABLETOP. People talked a recovery through; nothing was destroyed or restored" in text(record)
    assert "Called DBA: no answer within 2 s" in text(record)
    assert "Tabletop: people talk a recovery through" in page
    assert not [name for name in ("outage", "backup", "writes") if f'href="#{name}"' in page or f'id="{name}"' in page]
    assert 'id="exercise"' in page


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        ([], [("silence-contacts", ("recovery-step",))]),
        (["objectives.rto=2s"], [("delay-recovery", ("exercise",)), ("silence-contacts", ("recovery-step",))]),
    ],
)
def test_what_can_be_done_to_it_is_named(overrides: list[str], named: list[tuple[str, tuple[str, ...]]]) -> None:
    """No fault that needs a system suits it; each is caught by what a tabletop states."""
    drill = loader.load(loader.find("tabletop-lost-database"), overrides).drill
    assert [(fault.name, fault.expect.by) for fault in faults.suited(drill)] == named
