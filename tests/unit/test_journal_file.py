"""The journal on disk."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from fakes import FakeClock
from journals import PLANNED

from orchestrator.adapters.journal_file import JournalFile
from orchestrator.core.errors import EvidenceError
from reports.facts import journal
from reports.facts.events import Phase, PhaseFinished, PhaseStarted, RunFinished

if TYPE_CHECKING:
    from pathlib import Path

    from reports.facts.events import Entry, Instant

PROTECT = PhaseStarted(phase=Phase.PROTECT)


def test_what_was_appended_is_read_back_as_one_chain(tmp_path: Path) -> None:
    """In order, each line carrying the hash of the one before."""
    file = JournalFile(tmp_path, FakeClock())
    for fact in (PLANNED, PROTECT, RunFinished()):
        file.append(fact)
    entries, _ = journal.read(tmp_path / journal.NAME)
    assert [entry.fact for entry in entries] == [PLANNED, PROTECT, RunFinished()]


def test_others_may_read_it_and_only_we_write_it(tmp_path: Path) -> None:
    """Mode 0644."""
    JournalFile(tmp_path, FakeClock())
    assert (tmp_path / journal.NAME).stat().st_mode & 0o777 == 0o644


def test_the_observer_is_told_what_is_on_disk(tmp_path: Path) -> None:
    """The very entries that a reader finds, as each is written."""
    told: list[Entry] = []
    file = JournalFile(tmp_path, FakeClock(), observe=told.append)
    file.append(PLANNED)
    file.append(PROTECT)
    assert told == journal.read(tmp_path / journal.NAME)[0]


def test_secrets_are_taken_out_before_anything_is_written(tmp_path: Path) -> None:
    """The chain holds over what is on disk, and the observer sees no more than a reader."""
    told: list[Entry] = []
    file = JournalFile(tmp_path, FakeClock(), lambda raw: raw.replace(b"canary", b"***"), told.append)
    file.append(PhaseFinished(phase=Phase.PROTECT, outcome="failed", says="password canary was refused"))
    entries, _ = journal.read(tmp_path / journal.NAME)
    assert entries == told
    assert json.loads(entries[0].fact.model_dump_json())["says"] == "password *** was refused"


def test_a_journal_is_continued_where_it_ended(tmp_path: Path) -> None:
    """A torn last line, which nobody was told of, is cut off first."""
    JournalFile(tmp_path, FakeClock()).append(PLANNED)
    with (tmp_path / journal.NAME).open("ab") as file:
        file.write(b'{"seq":2,"at":{"mono')
    JournalFile(tmp_path, FakeClock()).append(PROTECT)
    entries, _ = journal.read(tmp_path / journal.NAME)
    assert [(entry.seq, entry.fact) for entry in entries] == [(1, PLANNED), (2, PROTECT)]


def test_a_journal_that_was_changed_is_not_continued(tmp_path: Path) -> None:
    """Nothing is added to what cannot be trusted."""
    JournalFile(tmp_path, FakeClock()).append(PLANNED)
    path = tmp_path / journal.NAME
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(journal.BrokenJournalError) as caught:
        JournalFile(tmp_path, FakeClock())
    assert str(caught.value) == f"{path}:2: does not continue the line before it"


class StoppedError(Exception):
    """What a signal's handler raises."""


def test_an_append_that_a_signal_interrupted_does_not_break_the_chain(tmp_path: Path) -> None:
    """The interrupted fact was never acknowledged; the next takes its place, on disk too."""
    file = JournalFile(tmp_path, FakeClock())
    file.append(PLANNED)
    torn = os.open(tmp_path / journal.NAME, os.O_WRONLY | os.O_APPEND)
    os.write(torn, b'{"seq":2,"at":{"mono')
    os.close(torn)
    file.append(RunFinished())
    assert [entry.fact for entry in journal.read(tmp_path / journal.NAME)[0]] == [PLANNED, RunFinished()]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the cause and what to do."""
    with pytest.raises(EvidenceError) as caught:
        JournalFile(tmp_path / "gone", FakeClock())
    path = tmp_path / "gone" / journal.NAME
    assert caught.value.message == f"{path}: cannot be written: No such file or directory"
    assert caught.value.hint == "a run needs its journal: free space, or name another directory with --evidence"


def test_a_closed_journal_takes_nothing_more(tmp_path: Path) -> None:
    """It says so instead of losing a fact."""
    file = JournalFile(tmp_path, FakeClock())
    file.close()
    with pytest.raises(EvidenceError):
        file.append(PLANNED)


class ClockThatStops(FakeClock):
    """A clock that a signal interrupts once."""

    interrupted = False

    def now(self) -> Instant:
        """Raise the first time."""
        if not self.interrupted:
            self.interrupted = True
            raise StoppedError
        return super().now()


def test_an_append_interrupted_before_it_wrote_leaves_the_journal_usable(tmp_path: Path) -> None:
    """Its lock is given back."""
    file = JournalFile(tmp_path, ClockThatStops())
    with pytest.raises(StoppedError):
        file.append(PLANNED)
    file.append(PLANNED)
    assert [entry.fact for entry in journal.read(tmp_path / journal.NAME)[0]] == [PLANNED]
