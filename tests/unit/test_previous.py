"""The run that a run is compared with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from synthetic_records import ABORTED, FAILED, PASSED

from reports.facts.events import PreviousRunFound, Verdict
from reports.previous import RECORD, last_judged

if TYPE_CHECKING:
    from pathlib import Path


def keep(evidence: Path, run: str, record: object) -> None:
    """Keep a record as a run's."""
    (evidence / run).mkdir()
    (evidence / run / RECORD).write_text(record if isinstance(record, str) else json.dumps(record))


def test_the_newest_judged_run_before_is_found(tmp_path: Path) -> None:
    """Aborted and unreadable ones do not count, nor this run itself, nor one begun since."""
    keep(tmp_path, "r1", FAILED.model_dump(mode="json"))
    keep(tmp_path, "r2", PASSED.model_dump(mode="json"))
    keep(tmp_path, "r3", ABORTED.model_dump(mode="json"))
    keep(tmp_path, "r4", "torn {")
    (tmp_path / "r5").mkdir()
    keep(tmp_path, "r6", FAILED.model_dump(mode="json"))
    assert last_judged(tmp_path / "r5") == PreviousRunFound(
        run=PASSED.run,
        started_utc=PASSED.started_utc,
        verdict=Verdict.PASS,
        rto_s=6.845,
        rpo_at_most_s=0.69,
        drill_sha256=PASSED.drill.sha256,
    )


def test_a_record_of_another_version_is_read_for_what_is_asked_of_it(tmp_path: Path) -> None:
    """An update of the tool breaks no comparison."""
    keep(tmp_path, "r1", {**PASSED.model_dump(mode="json"), "schema_version": "9.0", "unheard": "of"})
    previous = last_judged(tmp_path / "r2")
    assert previous is not None
    assert previous.run == PASSED.run


def test_the_first_run_is_compared_with_none(tmp_path: Path) -> None:
    """There is none."""
    assert last_judged(tmp_path / "r1") is None
