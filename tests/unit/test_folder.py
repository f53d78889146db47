"""A run's folder: what can be read of it, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import PLANNED, healthy_run, instant

from reports.facts import journal
from reports.facts.events import (
    LedgerClosed,
    LedgerStarted,
    Mark,
    Phase,
    PhaseStarted,
    RunFinished,
    RunPlanned,
    ServiceReady,
)
from reports.facts.ledger import ATTEMPTS, CLOSED
from reports.folder import DIED, RunFolder, UnreadableFolderError

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path) -> tuple[str, str]:
    """Return message and hint of the refusal to read a folder, its ledger included."""
    with pytest.raises(UnreadableFolderError) as caught:
        _ = RunFolder.read(path).ledgers
    return caught.value.message.replace(str(path), "RUN"), caught.value.hint


def test_facts_are_found_by_kind_in_order(tmp_path: Path) -> None:
    """The first of a kind, all of a kind, and None where there is none."""
    folder = healthy_run().save(tmp_path)
    assert folder.planned == folder.first(RunPlanned) == PLANNED
    assert [fact.phase for fact in folder.all(PhaseStarted)] == list(Phase)[1:]
    assert folder.first(ServiceReady) is None


def test_marks_are_instants(tmp_path: Path) -> None:
    """The moment that was reached, not when the line was written."""
    folder = healthy_run().save(tmp_path)
    assert folder.mark(Mark.DETECTED) == instant(0.004)
    assert folder.phase_started(Phase.STEADY) == instant(-10.5)


def test_a_journal_without_an_end_is_a_dead_engines(tmp_path: Path) -> None:
    """A torn last line was never acknowledged: the run did not finish."""
    assert healthy_run().save(tmp_path / "whole").aborted is None
    file = tmp_path / "whole" / journal.NAME
    file.write_bytes(file.read_bytes()[:-1])
    assert RunFolder.read(tmp_path / "whole").aborted == DIED


def test_a_folder_without_a_journal_is_refused(tmp_path: Path) -> None:
    """It is no run's folder."""
    assert refusal(tmp_path) == (
        "RUN/journal.jsonl: No such file or directory",
        "a run's folder holds its journal; `drillmaster runs` lists them",
    )


def test_an_edited_journal_is_refused(tmp_path: Path) -> None:
    """One changed letter breaks the chain at the next line."""
    healthy_run().save(tmp_path)
    file = tmp_path / journal.NAME
    file.write_bytes(file.read_bytes().replace(b"The disk is gone", b"The disk is here"))
    assert refusal(tmp_path) == (
        "RUN/journal.jsonl:2: does not continue the line before it",
        "it was changed after the run, or written by another version of drillmaster",
    )


def test_a_journal_that_goes_on_after_its_end_is_refused(tmp_path: Path) -> None:
    """An unbroken chain is no excuse: nothing happens to a run that has ended."""
    run = healthy_run()
    run.add(10.5, PhaseStarted(phase=Phase.CHECK))
    with pytest.raises(UnreadableFolderError, match=r"journal.jsonl: goes on after the run's end$"):
        run.save(tmp_path)


def test_a_journal_that_does_not_begin_with_the_criteria_is_refused(tmp_path: Path) -> None:
    """Criteria are fixed before anything else, or there is nothing to judge by."""
    run = healthy_run()
    run.drop(RunPlanned)
    with pytest.raises(UnreadableFolderError, match="does not begin with a planned run"):
        run.save(tmp_path)


def test_a_ledger_that_never_closed_is_none(tmp_path: Path) -> None:
    """Its process died; whether that matters is the judge's business."""
    run = healthy_run()
    run.change(LedgerClosed, sha256=None)
    assert run.save(tmp_path).ledgers == {"db": None}


@pytest.mark.parametrize(("name", "says"), [(ATTEMPTS, "closed.json"), (CLOSED, "journal.jsonl")])
def test_a_ledger_changed_after_the_run_is_refused(name: str, says: str, tmp_path: Path) -> None:
    """Digests lead from the journal to every file of the ledger."""
    healthy_run().save(tmp_path)
    file = tmp_path / "ledger/db" / name
    file.write_bytes(file.read_bytes() + b" ")
    assert refusal(tmp_path) == (
        f"RUN/ledger/db/{name}: content differs from its digest in {says}",
        "the ledger's files were changed or lost after the run",
    )


def test_a_lost_ledger_is_refused(tmp_path: Path) -> None:
    """The journal says that it closed."""
    healthy_run().save(tmp_path)
    (tmp_path / "ledger/db" / CLOSED).unlink()
    message, _ = refusal(tmp_path)
    assert message == "RUN/ledger/db: [Errno 2] No such file or directory: 'RUN/ledger/db/closed.json'"


def test_two_ledgers_of_one_service_are_refused(tmp_path: Path) -> None:
    """A service has one; judging half of it would be wrong."""
    run = healthy_run()
    run.add(-17, LedgerStarted(service="db", folder="ledger/b", writers=1, rate_per_s=1, deadline_s=1))
    folder = run.save(tmp_path)
    with pytest.raises(UnreadableFolderError, match="2 ledgers for 1 services; a service has one"):
        _ = folder.ledgers_started


def test_a_run_that_just_began_can_be_read(tmp_path: Path) -> None:
    """The criteria alone make a folder."""
    run = healthy_run()
    run.facts = run.facts[:1]
    folder = run.save(tmp_path)
    assert (folder.planned, folder.aborted, folder.ledgers, folder.first(RunFinished)) == (PLANNED, DIED, {}, None)
