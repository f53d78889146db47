"""The journal on a disk that is full. Needs root, to mount a tiny file system."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.journal_file import JournalFile
from orchestrator.core.errors import EvidenceError
from reports.facts import journal
from reports.facts.events import FactsHandedBack, RunFinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a file system of 64 KiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_fact_that_does_not_fit_is_an_error_and_leaves_no_torn_line(tiny: Path) -> None:
    """What was acknowledged stays, and smaller facts still fit."""
    file = JournalFile(tiny, SystemClock())
    small, big = FactsHandedBack(facts={"a": "x" * 10_000}), FactsHandedBack(facts={"a": "x" * 100_000})
    file.append(small)
    with pytest.raises(EvidenceError) as caught:
        file.append(big)
    assert caught.value.message == f"{tiny}/journal.jsonl: cannot be written: No space left on device"
    file.append(RunFinished())
    file.close()
    assert (tiny / journal.NAME).read_bytes().endswith(b"\n")
    assert [entry.fact for entry in journal.read(tiny / journal.NAME)[0]] == [small, RunFinished()]
