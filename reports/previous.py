"""The run that a run is compared with: the last one of the same drill that was judged, as its record tells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from reports.facts import journal
from reports.facts.events import FileDigest, PreviousRunFound, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.facts.events import RunPlanned

RECORD = "record.json"
MOST_CHANGES = 40
"""Of more changes this many are told, and the rest is counted."""
_MOST_LETTERS = 120


class _Lenient(BaseModel):
    """What is asked of a record or a journal, of whatever version."""

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


class _Planned(_Lenient):
    effective_drill: dict[str, Any]
    procedures: tuple[FileDigest, ...]


class _FirstEntry(_Lenient):
    fact: _Planned


def last_judged(run: Path, planned: RunPlanned) -> PreviousRunFound | None:
    """Return the newest judged run beside the folder `run`; aborted and unreadable ones do not count.

    What changed since is told by the other run's journal and what is `planned` for this one.
    """
    earlier = (path for path in run.parent.glob(f"*/{RECORD}") if path.parent.name < run.name)
    for path in sorted(earlier, reverse=True):
        try:
            record = _Record.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        if record.verdict != Verdict.ABORTED:
            return _found(record, _changes(path.with_name(journal.NAME), planned))
    return None


def _found(record: _Record, changes: tuple[str, ...] | None) -> PreviousRunFound:
    achieved = {objective.name: objective.at_most_s for objective in record.objectives}
    return PreviousRunFound(
        run=record.run,
        started_utc=record.started_utc,
        verdict=record.verdict,
        rto_s=achieved.get("rto"),
        rpo_at_most_s=achieved.get("rpo"),
        drill_sha256=record.drill.sha256,
        changes=changes,
    )


def _changes(earlier: Path, planned: RunPlanned) -> tuple[str, ...] | None:
    try:
        with earlier.open("rb") as file:
            before = _FirstEntry.model_validate_json(file.readline()).fact
    except (OSError, ValidationError):
        return None
    changes = list(differing(_compared(before.effective_drill, before.procedures), _compared_now(planned)))
    beyond = len(changes) - MOST_CHANGES
    return (*changes[:MOST_CHANGES], *([f"and {beyond} more"] if beyond > 0 else []))


def _compared(drill: dict[str, Any], procedures: tuple[FileDigest, ...]) -> dict[str, Any]:
    return {**drill, "procedures": {file.path: file.sha256[:12] for file in procedures}}


def _compared_now(planned: RunPlanned) -> dict[str, Any]:
    as_journaled = json.loads(planned.model_dump_json(include={"effective_drill"}))
    return _compared(as_journaled["effective_drill"], planned.procedures)


def differing(before: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield each leaf of nested values that is not the same: where it is, what it was and what it is."""
    for key, was, has in _pairs(before, now):
        yield from differing(was, has, f"{path}.{key}" if path else str(key))
    if not _nested(before, now) and before != now:
        yield f"{path}: {_told(before)} \N{RIGHTWARDS ARROW} {_told(now)}"


_ABSENT = object()


def _nested(before: Any, now: Any) -> bool:
    lists = isinstance(before, list) and isinstance(now, list) and len(before) == len(now)
    return lists or (isinstance(before, dict) and isinstance(now, dict))


def _pairs(before: Any, now: Any) -> Iterator[tuple[Any, Any, Any]]:
    if not _nested(before, now):
        return
    if isinstance(before, list):
        yield from ((number, was, has) for number, (was, has) in enumerate(zip(before, now, strict=True), start=1))
    else:
        yield from ((key, before.get(key, _ABSENT), now.get(key, _ABSENT)) for key in {**before, **now})


def _told(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}\N{HORIZONTAL ELLIPSIS}"
