"""The population of a window as CSV: one row for each run, and for each time at which a drill was due and did not run.

Auditors choose their samples from it, so nothing is left out. Times are UTC. A cell that a spreadsheet would take for
a formula is written with an apostrophe before it.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reports.exports.dossier import Dossier
    from reports.period import Deferral, MissedDrill

CONTROL = "negative control"
COLUMNS = (
    "what",
    "system",
    "criticality",
    "drill",
    "run",
    "due_utc",
    "schedule",
    "started_utc",
    "finished_utc",
    "verdict",
    "caught",
    "rto_promised_s",
    "rto_at_most_s",
    "rpo_promised_s",
    "rpo_at_most_s",
    "services",
    "operator",
    "trigger",
    "sign_off",
    "actions",
    "open_actions",
    "approver",
    "deferred_until_utc",
    "entry_started",
    "entry_finished",
    "drill_sha256",
    "record_sha256",
    "sealed",
    "files",
    "says",
)
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""In Eastern Asia spreadsheets take wide signs for the plain ones."""
Row = dict[str, object]


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as CSV with these columns, as RFC 4180 has it; what a row does not have stays empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return file.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    text = " ".join(str(value).split())
    return f"'{text}" if text.startswith(_FORMULA) else text


def run_row(dossier: Dossier) -> Row:
    """Return the row of a run."""
    row, line = dossier.row, dossier.line
    return {
        "what": CONTROL if row.control else "tabletop" if line.tabletop else "run",
        "system": row.system,
        "criticality": line.criticality,
        "drill": row.drill,
        "run": row.run,
        "due_utc": line.due,
        "schedule": line.adherence,
        "started_utc": row.started_at,
        "finished_utc": row.finished_at,
        "verdict": row.verdict,
        "caught": line.caught,
        "rto_promised_s": line.rto.promised_s,
        "rto_at_most_s": line.rto.at_most_s,
        "rpo_promised_s": line.rpo.promised_s,
        "rpo_at_most_s": line.rpo.at_most_s,
        "services": "; ".join(f"{one.service}: {one.back}, {one.lost}" for one in line.services),
        "operator": row.started.operator,
        "trigger": row.started.trigger,
        "sign_off": line.sign_off.state,
        "actions": len(dossier.actions),
        "open_actions": sum(action.open for action in dossier.actions),
        "entry_started": row.started_seq,
        "entry_finished": row.finished_seq,
        "drill_sha256": row.started.drill_sha256,
        "record_sha256": row.finished.record_sha256 if row.finished else None,
        "sealed": dossier.sealed,
        "files": len(dossier.files),
        "says": line.sentence,
    }


def missed_row(missed: MissedDrill, system: str) -> Row:
    """Return the row of a time at which a drill was due and did not run."""
    return {
        "what": "missed",
        "system": system,
        "drill": missed.drill,
        "due_utc": missed.due,
        "schedule": "missed",
        "says": missed.reason,
    }


def deferred_row(deferred: Deferral, system: str) -> Row:
    """Return the row of a time at which a drill was due and was put off, with somebody's approval."""
    return {
        "what": "deferred",
        "system": system,
        "drill": deferred.drill,
        "due_utc": deferred.due,
        "schedule": "deferred",
        "approver": deferred.approver,
        "deferred_until_utc": deferred.until,
        "says": deferred.reason,
    }
