"""Evidence by control: what each run of a window shows of each control, gathered run by run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.controls.assess import assess, programme
from reports.controls.model import after
from reports.exports.oscal import Bearing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from reports.controls.assess import Assessment, ProgrammeRow
    from reports.controls.context import RunContext
    from reports.controls.model import Control
    from reports.exports.csv_register import Row
    from reports.exports.dossier import Dossier

CONTROL_COLUMNS = (
    "framework",
    "status",
    "control",
    "ref",
    "summary",
    "coverage",
    "state",
    "runs_that_count",
    "last_run",
    "last_utc",
    "next_due",
    "newest_run_lacks",
    "not_covered",
    "frequency",
    "source",
    "checked",
)
EVIDENCE_COLUMNS = ("framework", "control", "ref", "coverage", "system", "drill", "run", "file", "sha256")
DEFAULT_INTERVAL = "P1Y"
"""Evidence of a control that sets no number is renewed each year."""


@dataclass
class ByControl:
    """Takes run after run, and holds of each no more than what the tables need."""

    controls: Sequence[Control]
    evidence: list[Row] = field(default_factory=list)
    _last: dict[str, RunContext] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _newest: RunContext | None = None

    def take(self, dossier: Dossier) -> tuple[tuple[Control, Assessment], ...]:
        """Take a run, in order of their starts; return what it shows of each control, nothing if it was not read."""
        if dossier.record is None:
            return ()
        context = dossier.context(dossier.record)
        if dossier.record.control is None:
            self._newest = context
        shown = tuple((control, assess(control, context)) for control in self.controls)
        for control, assessment in shown:
            if assessment.counts:
                self._last[control.id] = context
                self._counts[control.id] = self._counts.get(control.id, 0) + 1
                self.evidence.append(_evidence(control, dossier))
        return shown

    def rows(self, as_of: date) -> Iterator[Row]:
        """Yield where each control stands on a day."""
        contexts = {context.record.run: context for context in self._last.values()}
        if self._newest:
            contexts[self._newest.record.run] = self._newest
        told = programme(self.controls, contexts.values(), as_of)
        return (self._row(control, row) for control, row in zip(self.controls, told, strict=True))

    def _row(self, control: Control, row: ProgrammeRow) -> Row:
        return {
            "framework": control.framework.key,
            "status": control.framework.status,
            "control": control.id,
            "ref": control.ref,
            "summary": control.summary,
            "coverage": control.coverage,
            "state": row.state,
            "runs_that_count": self._counts.get(control.id, 0),
            "last_run": row.last_run,
            "last_utc": row.last_utc,
            "next_due": row.next_due,
            "newest_run_lacks": "; ".join(f"{gap.name}: {gap.why}" for gap in row.gaps),
            "not_covered": control.not_covered,
            "frequency": control.frequency.text,
            "source": control.source,
            "checked": control.checked,
        }


def _evidence(control: Control, dossier: Dossier) -> Row:
    return {
        "framework": control.framework.key,
        "control": control.id,
        "ref": control.ref,
        "coverage": control.coverage,
        "system": dossier.row.system,
        "drill": dossier.row.drill,
        "run": dossier.row.run,
        "file": f"{dossier.where}/record.json",
        "sha256": dossier.row.finished.record_sha256 if dossier.row.finished else None,
    }


def renewal(shown: Sequence[tuple[Control, Assessment]], ended: date) -> date:
    """Return the day by which evidence is to be renewed: the earliest that a control it counts for asks for."""
    intervals = {control.frequency.max_interval for control, assessment in shown if assessment.counts}
    return min(after(ended, interval or DEFAULT_INTERVAL) for interval in intervals or {DEFAULT_INTERVAL})


def bearings(shown: Sequence[tuple[Control, Assessment]]) -> tuple[Bearing, ...]:
    """Return what a run says of controls in OSCAL's words: NIST's ids where its catalogue has the control."""
    return tuple(
        Bearing(
            control=control.xref.oscal.control if control.xref.oscal else control.id,
            coverage=control.coverage,
            met=assessment.counts,
            says=_says(control, assessment),
            objective=part,
        )
        for control, assessment in shown
        for part in (control.xref.oscal.parts if control.xref.oscal else ()) or ("",)
    )


def _says(control: Control, assessment: Assessment) -> str:
    gaps = [gap.why for gap in (*assessment.unmet, *assessment.failed)]
    return " ".join([f"{control.ref}: {control.summary}", *gaps, f"Not covered: {control.not_covered}"])
