"""The run that a run is compared with: the last one of the same drill that was judged, as its record tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.facts.events import PreviousRunFound, Verdict

if TYPE_CHECKING:
    from pathlib import Path

RECORD = "record.json"


class _Lenient(BaseModel):
    """What is asked of a record, of whatever version."""

    model_config = ConfigDict(extra="ignore")


class _Drill(_Lenient):
    sha256: str


class _Objective(_Lenient):
    name: str
    at_most_s: float | None


class _Record(_Lenient):
    run: str
    started_utc: str
    verdict: Verdict
    drill: _Drill
    objectives: tuple[_Objective, ...]


def last_judged(run: Path) -> PreviousRunFound | None:
    """Return the newest judged run beside the folder `run`; aborted and unreadable ones do not count."""
    earlier = (path for path in run.parent.glob(f"*/{RECORD}") if path.parent.name < run.name)
    for path in sorted(earlier, reverse=True):
        try:
            record = _Record.model_validate_json(path.read_bytes())
        except ValidationError:
            continue
        if record.verdict != Verdict.ABORTED:
            return _found(record)
    return None


def _found(record: _Record) -> PreviousRunFound:
    achieved = {objective.name: objective.at_most_s for objective in record.objectives}
    return PreviousRunFound(
        run=record.run,
        started_utc=record.started_utc,
        verdict=record.verdict,
        rto_s=achieved.get("rto"),
        rpo_at_most_s=achieved.get("rpo"),
        drill_sha256=record.drill.sha256,
    )
