"""What went wrong in a window, and what was done about it: a failed drill that was mended is good evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.values import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.exports.csv_register import Row
    from reports.exports.dossier import Dossier
    from reports.facts.values import Finding, Verdict
    from reports.measures import Objective
    from reports.record import Record

COLUMNS = (
    "system",
    "drill",
    "run",
    "started_utc",
    "verdict",
    "says",
    "violated",
    "action",
    "what",
    "owner",
    "due",
    "state",
    "closed_utc",
    "retest",
    "retest_verdict",
    "note",
)


def rows(dossier: Dossier, verdicts: Mapping[str, Verdict]) -> Iterator[Row]:
    """Yield a row for each action that was opened because of a run; one without, if it did not pass and none was.

    `verdicts` are those of all runs: a retest may lie outside of the window.
    """
    line, record = dossier.line, dossier.record
    if not dossier.actions and line.good:
        return
    failed = {
        "system": line.system,
        "drill": line.drill,
        "run": line.run,
        "started_utc": line.started_utc,
        "verdict": line.verdict,
        "says": line.sentence,
        "violated": _violated(record) if record else "",
    }
    for action in dossier.actions:
        yield {
            **failed,
            "action": action.action,
            "what": action.what,
            "owner": action.owner,
            "due": action.due,
            "state": action.state,
            "closed_utc": action.closed_utc,
            "retest": action.retest,
            "retest_verdict": verdicts.get(action.retest, ""),
            "note": action.note,
        }
    if not dossier.actions:
        yield {**failed, "state": "no action was opened"}


def _violated(record: Record) -> str:
    statements: list[Objective | Finding] = [*record.objectives, *record.findings, *record.instrument]
    return ", ".join(one.name for one in statements if one.state is State.VIOLATED)
