"""The bundle: one zip for an audit window, with everything that was run in it, chosen by nobody.

At its root stand the register and the runs' own folders, as they stand in the evidence directory, so that `verify`
reads the zip as it reads the directory. Everything that is derived from them stands in a folder of its own, whose
name no drill can have.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from reports.actions import actions
from reports.controls.model import after
from reports.exports import csv_register, failures, info
from reports.exports.by_control import CONTROL_COLUMNS, EVIDENCE_COLUMNS, ByControl, bearings, renewal
from reports.exports.dossier import dossier
from reports.exports.oscal import Subject, assessment_results
from reports.exports.oscal_run import risks
from reports.exports.package import Dates, Package
from reports.exports.pdf import pdf
from reports.exports.platforms import REPORT, Upload
from reports.exports.poam import plan_of_action
from reports.exports.window import chosen
from reports.pictures.canvas import WIDE_PX
from reports.pictures.svg_file import svg_file
from reports.pictures.trend import trends
from reports.population import AsOf
from reports.register import chain
from reports.register.state import state_of
from reports.verify.by_hand import bundle_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.actions import ActionLine
    from reports.controls.assess import Assessment
    from reports.controls.model import Control
    from reports.exports.csv_register import Row
    from reports.exports.dossier import Dossier
    from reports.exports.platforms import Platform
    from reports.exports.window import Chosen, Window
    from reports.population import RunLine
    from reports.register.chain import Register

DERIVED = "audit_window"
"""The folder of what is derived: drills have no underscore in their names."""
_TO_RUNS = "../.."
"""The way from a derived file's folder to the runs."""


@dataclass(frozen=True)
class Order:
    """What is asked for. `retain` is an interval as ISO 8601 has it."""

    window: Window
    controls: Sequence[Control]
    retain: str
    platform: Platform | None = None
    """Whose folder is to be in it, beside the rest."""
    pdf: bool = False
    """Reports are to be in it as PDF too."""


def write_bundle(evidence: Path, output: Path, order: Order) -> info.Counts:
    """Write the bundle of an evidence directory; return what is in it. Same evidence, same bytes.

    Raises CannotExportError, and BrokenRegisterError.
    """
    register = chain.read(evidence / chain.NAME)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as staging:
        making = _Making(evidence, register, order, Path(staging))
        counts = making.fill()
        making.package.write(output)
    return counts


class _Making:
    """One bundle on its way. Runs are read one after the other: of each no more is held than what tables need."""

    def __init__(self, evidence: Path, register: Register, order: Order, staging: Path) -> None:
        self._evidence, self._register, self._order = evidence, register, order
        self._state = state_of(register.entries, register.hashes)
        self._chosen: Chosen = chosen(self._state, order.window)
        self._as_of = AsOf.end_of(register)
        self._today = min(order.window.last, date.fromisoformat(self._as_of.utc[:10]))
        self.package = Package(staging, self._dates(self._today, ()))
        self._by_control = ByControl(order.controls)
        self._upload = Upload(order.platform, self.package, evidence) if order.platform else None
        self._lines: list[RunLine] = []
        self._runs: list[Row] = []
        self._failures: list[Row] = []
        self._weak: dict[str, list[Subject]] = {}
        self._uninterpreted: list[str] = []
        self._listed: list[dict[str, object]] = []

    def fill(self) -> info.Counts:
        """Put everything into the package; return what it holds."""
        opened: dict[str, list[ActionLine]] = {}
        for action in actions(self._state, str(self._today)):
            opened.setdefault(action.run, []).append(action)
        for row in self._chosen.runs:
            self._take(dossier(self._evidence, row, opened.get(row.run, ()), self._state))
        counts = info.counted(self._lines, self._chosen, self._uninterpreted)
        self._add_register()
        self._add_tables()
        self._add_trends()
        self._add_plans()
        self.package.add("AuditInfo.txt", info.page(counts, self._chosen, self._as_of))
        if self._upload:
            self._upload.finish()
        self.package.manifest(self._facts(counts))
        return counts

    def _dates(self, effective: date, shown: Sequence[tuple[Control, Assessment]]) -> Dates:
        return Dates(effective, renewal(shown, effective), after(effective, self._order.retain))

    def _take(self, run: Dossier) -> None:
        """Take one run: its folder as it is, its assessment results, and its rows."""
        shown = self._by_control.take(run)
        dates = self._dates(run.ended, shown)
        for file in run.files:
            path = f"{run.where}/{file.path}"
            self.package.take(path, self._evidence / path, file.sha256, run.row.run, dates)
        if self._order.pdf and REPORT in {file.path for file in run.files}:
            page = (self._evidence / run.where / REPORT).read_text(encoding="utf-8")
            self.package.add(f"{DERIVED}/pdf/{run.row.run}.pdf", pdf(page), run.row.run, dates)
        if self._upload and not run.row.control:
            counting = [control for control, assessment in shown if assessment.counts]
            self._upload.take(run, counting, dates)
        self._lines.append(run.line)
        self._runs.append(csv_register.run_row(run))
        self._failures += failures.rows(run, {row.run: row.verdict for row in self._state.runs})
        self._listed.append(_listed(run, dates))
        if run.record is None:
            self._uninterpreted.append(f"{run.row.run}: {run.says}")
            return
        subject = Subject(
            run.record, run.files, f"{_TO_RUNS}/{run.where}", run.row.reviews, run.actions, bearings(shown)
        )
        document = json.dumps(assessment_results(subject, self._as_of)) + "\n"
        self.package.add(f"{DERIVED}/oscal/{run.row.run}.json", document, run.row.run, dates)
        if risks(run.record, run.actions):
            self._weak.setdefault(run.row.system, []).append(subject)

    def _add_register(self) -> None:
        """Add the register as it was read; what was appended since is left out."""
        lines = self._register.path.read_bytes().split(b"\n")[: len(self._register.entries)]
        self.package.add(chain.NAME, b"\n".join([*lines, b""]))
        self.package.add("VERIFY.md", bundle_page(self._state.keys[-1].keyid if self._state.keys else ""))

    def _add_tables(self) -> None:
        systems = {row.drill: row.system for row in self._state.runs}
        missed = [csv_register.missed_row(one, systems.get(one.drill, "")) for one in self._chosen.missed]
        put_off = [csv_register.deferred_row(one, systems.get(one.drill, "")) for one in self._chosen.deferred]
        drills = [row for row in self._runs if row["what"] == "run"]
        controls = [row for row in self._runs if row["what"] != "run"]
        columns = csv_register.COLUMNS
        tables = {
            "population": (columns, [*drills, *missed, *put_off]),
            "negative-controls": (columns, controls),
            "deferrals": (columns, put_off),
            "failures": (failures.COLUMNS, self._failures),
            "controls": (CONTROL_COLUMNS, list(self._by_control.rows(self._today))),
            "evidence": (EVIDENCE_COLUMNS, self._by_control.evidence),
        }
        for name, (head, rows) in tables.items():
            added = self.package.add(f"{DERIVED}/{name}.csv", csv_register.table(head, rows))
            if self._upload:
                self._upload.table(
                    added, f"{name.capitalize().replace('-', ' ')} of recovery drills, {self._chosen.window}"
                )

    def _add_trends(self) -> None:
        drills: dict[str, list[RunLine]] = {}
        for line in self._lines:
            if not line.control:
                drills.setdefault(line.drill, []).append(line)
        for drill, lines in drills.items():
            names = [name for name in ("rto", "rpo") if any(getattr(line, name).at_most_s for line in lines)]
            for name, picture in zip(names, trends(lines, WIDE_PX), strict=True):
                self.package.add(f"{DERIVED}/trends/{drill}-{name}.svg", svg_file(picture))

    def _add_plans(self) -> None:
        for number, (system, subjects) in enumerate(sorted(self._weak.items()), start=1):
            plan = plan_of_action(system, subjects, self._as_of)
            self.package.add(f"{DERIVED}/oscal/plan-of-action-{number}.json", json.dumps(plan) + "\n")

    def _facts(self, counts: info.Counts) -> dict[str, object]:
        window = self._order.window
        return {
            "format": "urn:drillmaster:bundle:v1",
            "window": {"from": str(window.first), "to": str(window.last), "systems": sorted(window.systems)},
            "register": self._as_of.model_dump(),
            "retain": self._order.retain,
            "counts": {"runs": counts.runs, "controls": counts.controls, "schedule": counts.schedule},
            "systems": [
                {
                    "system": system,
                    "criticality": info.criticality_of(system, self._lines),
                    "runs": [listed for listed in self._listed if listed["system"] == system],
                }
                for system in sorted({line.system for line in self._lines})
            ],
        }


def _listed(run: Dossier, dates: Dates) -> dict[str, object]:
    return {
        "run": run.row.run,
        "drill": run.row.drill,
        "system": run.row.system,
        "control": run.row.control,
        "verdict": run.row.verdict,
        "files": len(run.files),
        "held": run.row.held,
        "says": run.says,
        "effective": str(dates.effective),
        "renewal": str(dates.renewal),
        "retain_until": str(dates.retain_until),
    }
