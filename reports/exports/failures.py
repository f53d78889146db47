"""What went wrong in a window, and what was done about it: a failed drill that was mended is good evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.values import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.exports.csv_register import Row
    from reports.facts.values import Finding, Verdict
    from reports.measures import Objective
    from reports.period import Failure
    from reports.record import Record

COLUMNS = (
    "what",
    "system",
    "drill",
    "run",
    "started_utc",
    "verdict",
    "says",
    "violated",
    "action",
    "to_do",
    "owner",
    "due",
    "state",
    "closed_utc",
    "retest",
    "retest_verdict",
    "note",
)


def violated(record: Record) -> str:
    """Return the names of what a run violated."""
    statements: list[Objective | Finding] = [*record.objectives, *record.findings, *record.instrument]
    return ", ".join(one.name for one in statements if one.state is State.VIOLATED)


def rows(failure: Failure, named: str, verdicts: Mapping[str, Verdict]) -> Iterator[Row]:
    """Yield a row for each action that was opened because of a run that did not end well, or one that none was.

    `named` are the names of what it violated, `verdicts` those of all runs: a retest may lie outside of the window.
    """
    line = failure.line
    failed = {
        "what": "negative control" if line.control else "run",
        "system": line.system,
        "drill": line.drill,
        "run": line.run,
        "started_utc": line.started_utc,
        "verdict": line.verdict,
        "says": line.sentence,
        "violated": named,
    }
    for action in failure.actions:
        yield {
            **failed,
            "action": action.action,
            "to_do": action.what,
            "owner": action.owner,
            "due": action.due,
            "state": action.state,
            "closed_utc": action.closed_utc,
            "retest": action.retest,
            "retest_verdict": verdicts.get(action.retest, ""),
            "note": action.note,
        }
    if not failure.actions:
        yield {**failed, "state": "no action was opened"}
