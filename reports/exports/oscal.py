"""OSCAL assessment results of one run: observations always, conclusions only where a control is covered in full.

Format: NIST OSCAL 1.2.3, assessment-results (https://pages.nist.gov/OSCAL/reference/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports.exports.oscal_parts import (
    Part,
    by,
    later,
    line,
    metadata,
    origins,
    properties,
    tool,
    uid,
    without_gaps,
)
from reports.exports.oscal_run import (
    SCENARIO,
    observations,
    phrase,
    resources,
    risks,
    services,
    system,
)
from reports.facts.values import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.actions import ActionLine
    from reports.facts.values import FileDigest
    from reports.population import AsOf
    from reports.record import Record
    from reports.register.entries import Reviewed

_CONCLUSIVE = {Verdict.PASS, Verdict.FAIL}
_UNMAPPED = "cp-4"
"""OSCAL demands a control; a drill is at least an attempt at testing a contingency plan."""


@dataclass(frozen=True)
class Bearing:
    """What a run says of one control, a token. `objective`: the statement or objective that a conclusion is about."""

    control: str
    coverage: Literal["full", "partial", "supporting"]
    met: bool
    says: str
    objective: str = ""


@dataclass(frozen=True)
class Subject:
    """A run as a document tells it: its record and files, what the register says of it, and the controls it bears on.

    `where` is the way from the document to the run's folder.
    """

    record: Record
    files: Sequence[FileDigest]
    where: str
    reviews: Sequence[tuple[str, Reviewed]] = ()
    actions: Sequence[ActionLine] = ()
    bearings: Sequence[Bearing] = ()

    @property
    def people(self) -> list[tuple[str, str]]:
        """Return everybody who answers for something, as pairs of role and pseudonymous id."""
        return [(review.role, review.by) for _, review in self.reviews]


def assessment_results(subject: Subject, as_of: AsOf) -> Part:
    """Return the document. Same values, same document."""
    record = subject.record
    head = metadata(phrase(record), as_of, subject.people)
    held_against = sorted({bearing.control for bearing in subject.bearings})
    return {
        "assessment-results": {
            "uuid": uid(record.run, "assessment-results", str(as_of.entry), *held_against),
            "metadata": head,
            "import-ap": {
                "href": f"#{uid(record.run, 'file', SCENARIO)}",
                "remarks": "The plan is the scenario; the digest of what it came to was registered beforehand.",
            },
            "results": [_result(subject)],
            "back-matter": {"resources": resources(record, subject.files, subject.where)},
        }
    }


def _result(subject: Subject) -> Part:
    record = subject.record
    return without_gaps(
        {
            "uuid": uid(record.run, "result"),
            "title": phrase(record),
            "description": line(record.sentence),
            "start": record.started_utc,
            "end": record.ended_utc,
            "props": properties(
                {
                    "run": record.run,
                    "drill": record.drill.name,
                    "verdict": record.verdict,
                    "drill-sha256": record.drill.sha256,
                    "journal-sha256": record.journal.sha256,
                    "trigger": record.trigger,
                }
            ),
            "local-definitions": {
                "components": [system(record.drill.system), *services(record)],
                "assessment-assets": tool(record.version),
            },
            "reviewed-controls": _reviewed(subject),
            "attestations": [_attestation(record.run, at, review) for at, review in subject.reviews],
            "assessment-log": _log(record),
            "observations": observations(record),
            "risks": risks(record, subject.actions),
            "findings": _findings(subject),
            "remarks": line(" ".join(["This result does not prove:", *record.not_proven]))
            if record.not_proven
            else None,
        }
    )


def _reviewed(subject: Subject) -> Part:
    """Return the controls that the run is evidence for or that something is concluded of: no others were looked at."""
    reviewed = [*(bearing for bearing in subject.bearings if bearing.met), *_concluded(subject)]
    controls = sorted({bearing.control for bearing in reviewed})
    says = "The controls that this run is evidence for, in part or in full, or that something is concluded of."
    if not controls:
        says = "This run is evidence for no control; OSCAL asks for one, and a drill is about testing a plan."
    chosen = [{"control-id": control} for control in controls or [_UNMAPPED]]
    return {"control-selections": [{"description": says, "include-controls": chosen}]}


def _attestation(run: str, at: str, review: Reviewed) -> Part:
    decided = {"decision": review.decision, "reviewed-at": at, "role": review.role}
    part = without_gaps(
        {
            "uuid": uid(run, "review", at, review.by),
            "name": "review",
            "ns": "urn:drillmaster:oscal",
            "title": line(f"{review.decision}, {at}"),
            "props": properties(decided),
            "prose": review.note,
        }
    )
    return {"responsible-parties": [by(review.role, review.by)], "parts": [part]}


def _log(record: Record) -> Part:
    entries = [
        without_gaps(
            {
                "uuid": uid(record.run, "log", str(number)),
                "title": line(row.what),
                "description": row.detail,
                "start": row.utc,
                "end": None if row.duration_s is None else later(row.utc, row.duration_s),
            }
        )
        for number, row in enumerate(record.timeline)
    ]
    return {"entries": entries} if entries else {}


def _concluded(subject: Subject) -> list[Bearing]:
    """Return the controls covered in full, if the run concluded anything about the system."""
    if subject.record.control or subject.record.verdict not in _CONCLUSIVE:
        return []
    return [bearing for bearing in subject.bearings if bearing.coverage == "full"]


def _findings(subject: Subject) -> list[Part]:
    record = subject.record
    seen = [{"observation-uuid": one["uuid"]} for one in observations(record)]
    at_risk = [{"risk-uuid": one["uuid"]} for one in risks(record, subject.actions)]
    return [
        without_gaps(
            {
                "uuid": uid(record.run, "finding", bearing.control, bearing.objective),
                "title": bearing.objective or bearing.control,
                "description": line(bearing.says),
                "origins": origins(record.version),
                "target": _target(bearing, record.verdict),
                "related-observations": seen,
                "related-risks": [] if bearing.met else at_risk,
            }
        )
        for bearing in _concluded(subject)
    ]


def _target(bearing: Bearing, verdict: Verdict) -> Part:
    """Return what is concluded of what: NIST's objectives have `_obj` in their ids, and its statements `_smt`."""
    if bearing.met:
        status = {"state": "satisfied", "reason": "pass"}
    else:
        # A run that passed failed nothing: evidence is lacking, such as a review.
        status = {"state": "not-satisfied", "reason": "fail" if verdict == Verdict.FAIL else "other"}
    kind = "objective-id" if "_obj" in bearing.objective else "statement-id"
    return {"type": kind, "target-id": bearing.objective or bearing.control, "status": status}
