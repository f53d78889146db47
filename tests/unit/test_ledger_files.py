"""The ledger's folder, written by one half of the project and read by the other."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.ledger_port import LedgerSettings
from orchestrator.ledger.clients import Identity
from orchestrator.ledger.files import LedgerFiles, ReadBack
from reports.facts.ledger import (
    NO_EPOCH,
    Action,
    Answer,
    Attempt,
    BrokenLedgerError,
    Epoch,
    Row,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = Identity("7412", 1, "2026-01-01T00:00:00.000000Z")
SECOND = Identity("7412", 2, "2026-01-01T00:01:00.000000Z")
ATTEMPTS = [
    Attempt(0, 10, 20, 0, 0, NO_EPOCH, Action.CONNECT, Answer.UNSENT, b"28P01"),
    Attempt(1, 30, 40, 2**40, 0, 0, Action.WRITE, Answer.ACKNOWLEDGED, b"\0" * 5),
    Attempt(2, 50, 60, 0, 0, 0, Action.WRITE, Answer.IN_DOUBT, b"57P01"),
    Attempt(0, 50, 61, 0, 1, 1, Action.READ, Answer.ACKNOWLEDGED, b"\0" * 5),
]
ROWS = [Row(0, 1, -(2**63)), Row(7, 2**62, 2**63 - 1)]


def settings(folder: Path) -> LedgerSettings:
    """Return settings of which the files need some."""
    return LedgerSettings(
        service="db",
        type="postgres",
        container="c",
        network="n",
        port=5432,
        user="u",
        database="d",
        password="planted",
        via=None,
        writers=1,
        rate_per_s=200.0,
        deadline_s=1.0,
        nonce="n",
        folder=folder,
    )


@contextmanager
def written(folder: Path) -> Iterator[LedgerFiles]:
    """Yield the files after some work."""
    with LedgerFiles(settings(folder)) as files:
        assert [files.epoch(identity) for identity in (FIRST, SECOND, FIRST)] == [0, 1, 0]
        files.append(ATTEMPTS[:2])
        files.append(ATTEMPTS[2:])
        yield files


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Attempts, epochs and rows come back whole; the digest told is that of closed.json."""
    with written(tmp_path) as files:
        with files.present() as present:
            for row in ROWS:
                present.keep(row)
        digest = files.close(ReadBack(rows=present.rows, error=None, position=99))
    ledger = read(tmp_path)
    assert digest == hashlib.sha256((tmp_path / "closed.json").read_bytes()).hexdigest()
    assert list(ledger.attempts()) == ATTEMPTS
    assert list(ledger.rows()) == ROWS
    assert ledger.epochs == tuple(
        Epoch(
            index=index,
            system_identifier="7412",
            timeline=index + 1,
            server_started=f"2026-01-01T00:0{index}:00.000000Z",
        )
        for index in range(2)
    )
    assert ledger.closed.counts == {
        "connect/unsent": 1,
        "write/acknowledged": 1,
        "write/in_doubt": 1,
        "read/acknowledged": 1,
    }
    assert (ledger.closed.attempts, ledger.closed.rows, ledger.closed.read_back_position) == (4, 2, 99)


def test_a_table_that_could_not_be_read_is_told_as_such(tmp_path: Path) -> None:
    """No rows is not the same as none read: the error stands in their place, whatever was read before it."""
    with written(tmp_path) as files:
        with files.present() as present:
            present.keep(ROWS[0])
        files.close(ReadBack(error="could not read block 7 58030"))
    ledger = read(tmp_path)
    assert (ledger.closed.rows, ledger.closed.read_back_error) == (None, "could not read block 7 58030")
    assert list(ledger.rows()) == []


def test_a_ledger_that_was_not_closed_is_broken(tmp_path: Path) -> None:
    """A process that died leaves no closed.json, and what lies there is not taken for a whole account."""
    with written(tmp_path):
        pass
    with pytest.raises(BrokenLedgerError, match=r"closed\.json"):
        read(tmp_path)


def test_another_ledgers_files_are_not_written_over(tmp_path: Path) -> None:
    """One folder, one ledger."""
    with written(tmp_path), pytest.raises(FileExistsError):
        LedgerFiles(settings(tmp_path))
