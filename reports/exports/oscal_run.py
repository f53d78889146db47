"""One run in OSCAL's words: what was observed, what is at risk because of it, and the files that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.exports.oscal_parts import (
    Part,
    end_of_day,
    line,
    origins,
    properties,
    uid,
    without_gaps,
)
from reports.facts.names import INTEGRITY, SELF_CHECKS, parted
from reports.facts.values import Finding, State
from reports.words import objective_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.actions import ActionLine
    from reports.facts.values import FileDigest
    from reports.record import Objective, Record

SCENARIO, RECORD = "drill.yaml", "record.json"
_MEDIA = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "log": "text/plain",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}


def media_type(path: str) -> str:
    """Return the media type of a file by its name."""
    return _MEDIA.get(path.rpartition(".")[2], "application/octet-stream")


def collected(record: Record) -> str:
    """Return when the last was seen of a run, in UTC; an aborted run has no end but what it told last."""
    return record.ended_utc or max([record.started_utc, *(row.utc for row in record.timeline)])


def observations(record: Record) -> list[Part]:
    """Return what was seen: the verdict, each objective, each finding and each self-check, with their figures."""
    return [
        _observation(record, "verdict", line(f"{record.verdict}: {record.sentence}"), _of_verdict(record)),
        *(_of_objective(record, objective) for objective in record.objectives),
        *(_not_judged(record, name) for name in ("rto", "rpo") if name not in {one.name for one in record.objectives}),
        *(_of_finding(record, number, finding) for number, finding in enumerate(_findings(record))),
    ]


def _findings(record: Record) -> list[Finding]:
    return [*record.findings, *record.instrument]


def _observation(record: Record, name: str, says: str, props: list[Part]) -> Part:
    evidence = {"href": f"#{uid(record.run, 'file', RECORD)}", "description": "The record of the run."}
    return {
        "uuid": uid(record.run, "observation", name),
        "title": line(name),
        "description": says,
        "props": props,
        "methods": ["TEST"],
        "types": ["control-objective"],
        "origins": origins(record.version),
        "subjects": [{"subject-uuid": uid("system", record.drill.system), "type": "component"}],
        "relevant-evidence": [evidence],
        "collected": collected(record),
    }


def _of_verdict(record: Record) -> list[Part]:
    control = record.control
    return properties(
        {
            "verdict": record.verdict,
            "altered": "; ".join(record.altered) or None,
            "negative-control": control is not None,
            "caught": control.caught if control else None,
            "writes-lost": record.rpo.transactions,
            "time-to-verified-seconds": record.rto.time_to_verified_s,
        }
    )


def _of_objective(record: Record, objective: Objective) -> Part:
    figures = {
        "group": "objective",
        "state": objective.state,
        f"{objective.name}-objective-seconds": objective.objective_s,
        f"{objective.name}-achieved-at-least-seconds": objective.at_least_s,
        f"{objective.name}-achieved-at-most-seconds": objective.at_most_s,
    }
    says = line(f"{objective_name(objective.name)}: {objective.says}")
    return _observation(record, objective.name, says, properties(figures))


def _not_judged(record: Record, name: str) -> Part:
    says = f"{objective_name(name)}: not judged. {record.sentence}"
    return _observation(record, name, line(says), properties({"group": "objective", "state": State.UNKNOWN}))


def _of_finding(record: Record, number: int, finding: Finding) -> Part:
    _, name = parted(finding.name)
    group = "integrity" if name in INTEGRITY else "instrument" if name in SELF_CHECKS else "check"
    figures = {name: figure for name, figure in finding.seen.items() if isinstance(figure, bool | int | float)}
    props = properties({"group": group, "state": finding.state, **figures})
    return _observation(record, f"{number}-{finding.name}", line(finding.says), props)


def _violated(record: Record) -> Iterator[tuple[str, str, str]]:
    """Yield of each violated statement its observation's name, a title and a sentence."""
    for objective in record.objectives:
        if objective.state is State.VIOLATED:
            yield objective.name, f"{objective_name(objective.name)}: the objective was missed", objective.says
    for number, finding in enumerate(_findings(record)):
        if finding.state is State.VIOLATED:
            yield f"{number}-{finding.name}", f"{finding.name} is violated", finding.says


def risks(record: Record, actions: Sequence[ActionLine]) -> list[Part]:
    """Return a risk for each violated statement, and one for actions of a run in which nothing was violated.

    A negative control tests the drill: what it violates, on purpose, is no risk to the system.
    """
    weak = [] if record.control else list(_violated(record))
    if not weak and actions:
        weak = [("verdict", f"Actions were opened because of run {record.run}", record.sentence)]
    return [_risk(record, actions, *one) for one in weak]


def _risk(record: Record, actions: Sequence[ActionLine], name: str, title: str, says: str) -> Part:
    due = [action.due for action in actions if action.open]
    return without_gaps(
        {
            "uuid": uid(record.run, "risk", name),
            "title": line(title),
            "description": line(says),
            "statement": line(f"{record.drill.system} may not be recovered as promised: {record.sentence}"),
            "status": _status(actions),
            "origins": origins(record.version),
            "deadline": end_of_day(min(due)) if due else None,
            "remediations": [_remediation(record, name, action) for action in actions],
            "related-observations": [{"observation-uuid": uid(record.run, "observation", name)}],
        }
    )


def _status(actions: Sequence[ActionLine]) -> str:
    if not actions:
        return "open"
    if any(action.open for action in actions):
        return "remediating"
    return "closed" if any(action.state == "mended" for action in actions) else "deviation-approved"


def _remediation(record: Record, name: str, action: ActionLine) -> Part:
    props = {
        "action": action.action,
        "owner": action.owner,
        "due": action.due,
        "state": action.state,
        "closed-at": action.closed_utc or None,
        "closed-by": action.closed_by or None,
        "retest-run": action.retest or None,
    }
    return without_gaps(
        {
            "uuid": uid(record.run, "risk", name, "action", action.action),
            "lifecycle": "planned" if action.open else "completed",
            "title": line(f"{action.action}: {action.what}"),
            "description": line(action.what),
            "props": properties(props),
            "remarks": line(action.note) if action.note else None,
        }
    )


def system(name: str) -> Part:
    """Return the system that was drilled; the lab stood in for it."""
    return {
        "uuid": uid("system", name),
        "type": "system",
        "title": line(name),
        "description": "The system whose recovery was drilled, on a lab of containers that stood in for it.",
        "status": {"state": "operational"},
    }


def services(record: Record) -> list[Part]:
    """Return the services of the lab."""
    return [
        {
            "uuid": uid(record.run, "service", row.service),
            "type": "service",
            "title": line(row.service),
            "description": line(f"{row.type} in the lab of run {record.run}"),
            "props": [{"name": "version", "value": line(row.version)}],
            "status": {"state": "operational"},
        }
        for row in record.services
    ]


def resources(record: Record, files: Sequence[FileDigest], where: str) -> list[Part]:
    """Return the run's files by digest; `where` is the way from the document to the run's folder.

    What documents refer to is there in any case: a folder that nobody sealed may lack it.
    """
    there = {file.path for file in files}
    return [
        *(_resource(record, file, where) for file in files),
        *(
            {"uuid": uid(record.run, "file", path), "title": f"{path}: it is not among the run's files"}
            for path in (SCENARIO, RECORD)
            if path not in there
        ),
    ]


def _resource(record: Record, file: FileDigest, where: str) -> Part:
    link = {
        "href": quote(f"{where}/{file.path}"),
        "media-type": media_type(file.path),
        "hashes": [{"algorithm": "SHA-256", "value": file.sha256}],
    }
    title = {SCENARIO: "The scenario", RECORD: "The record of the run"}.get(file.path, file.path)
    return {"uuid": uid(record.run, "file", file.path), "title": line(title), "rlinks": [link]}


def phrase(record: Record) -> str:
    """Return what the document is about, in one line."""
    return line(f"Drill {record.drill.name}, run {record.run}: {record.verdict}")
