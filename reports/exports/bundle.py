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

from reports import __version__
from reports.actions import actions
from reports.controls.model import after
from reports.exports import csv_register, failures, info
from reports.exports.by_control import CONTROL_COLUMNS, EVIDENCE_COLUMNS, ByControl, bearings, renewal
from reports.exports.dossier import RECORD, Registered, dossier
from reports.exports.oscal import Subject, assessment_results
from reports.exports.oscal_run import risks
from reports.exports.package import Dates, Package
from reports.exports.pdf import pdf
from reports.exports.platforms import REPORT, Upload
from reports.exports.poam import plan_of_action
from reports.exports.window import CannotExportError, runs_in, told
from reports.period import period
from reports.pictures.canvas import WIDE_PX
from reports.pictures.svg_file import svg_file
from reports.pictures.trend import trends
from reports.population import AsOf, Sources
from reports.register import chain
from reports.register.state import state_of
from reports.render_period import board_html, html
from reports.verify.by_hand import bundle_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reports.actions import ActionLine
    from reports.controls.assess import Assessment
    from reports.controls.model import Control
    from reports.exports.csv_register import Row
    from reports.exports.dossier import Dossier
    from reports.exports.platforms import Platform
    from reports.period import Period, Window
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
    id_of: Callable[[str], str] = lambda _: ""
    """The id of an operator's name; empty where none is known. Names themselves leave nowhere."""


@dataclass(frozen=True)
class Exported:
    """What is in a bundle."""

    period: Period
    uninterpreted: tuple[str, ...]
    """Runs whose record was not read, each with the reason."""


def write_bundle(evidence: Path, output: Path, order: Order) -> Exported:
    """Write the bundle of an evidence directory; return what is in it. Same evidence, same bytes.

    Raises CannotExportError, and BrokenRegisterError.
    """
    register = chain.read(evidence / chain.NAME)
    try:
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as staging:
            making = _Making(evidence, register, order, Path(staging))
            exported = making.fill()
            making.package.write(output)
    except OSError as error:
        raise CannotExportError(
            f"{error.filename or output}: {error.strerror}",
            hint="what is read must be readable, and there must be space",
        ) from error
    return exported


class _Making:
    """One bundle on its way. Runs are read one after the other: of each no more is held than what tables need."""

    def __init__(self, evidence: Path, register: Register, order: Order, staging: Path) -> None:
        self._order, self._register, self._as_of = order, register, AsOf.end_of(register)
        state = state_of(register.entries, register.hashes)
        sources = Sources(lambda row: (evidence / row.drill / row.run / RECORD).read_bytes(), id_of=order.id_of)
        self._from = Registered(evidence, state, sources)
        self._runs = runs_in(state, order.window)
        self._today = min(date.fromisoformat(order.window.last), date.fromisoformat(self._as_of.utc[:10]))
        self.package = Package(staging, self._dates(self._today, ()))
        self._by_control = ByControl(order.controls)
        self._upload = Upload(order.platform, self.package, evidence) if order.platform else None
        self._rows: list[Row] = []
        self._violated: dict[str, str] = {}
        self._weak: dict[str, list[Subject]] = {}
        self._uninterpreted: list[str] = []
        self._listed: list[dict[str, object]] = []

    def fill(self) -> Exported:
        """Put everything into the package; return what it holds."""
        opened: dict[str, list[ActionLine]] = {}
        for action in actions(self._from.state, self._as_of.utc[:10]):
            opened.setdefault(action.run, []).append(action)
        for row in self._runs:
            self._take(dossier(self._from, row, opened.get(row.run, ())))
        told_of = period(self._order.window, self._as_of, self._from.state, self._from.sources)
        self._add_register()
        self._add_pages(told_of)
        self._add_tables(told_of)
        self._add_trends(told_of)
        self._add_plans()
        self.package.add("AuditInfo.txt", info.page(told_of, self._uninterpreted))
        if self._upload:
            self._upload.finish()
        self.package.manifest(self._facts(told_of))
        return Exported(told_of, tuple(self._uninterpreted))

    def _dates(self, effective: date, shown: Sequence[tuple[Control, Assessment]]) -> Dates:
        return Dates(effective, renewal(shown, effective), after(effective, self._order.retain))

    def _take(self, run: Dossier) -> None:
        """Take one run: its folder as it is, its assessment results, and its rows."""
        shown = self._by_control.take(run)
        dates = self._dates(run.ended, shown)
        for file in run.files:
            path = f"{run.where}/{file.path}"
            self.package.take(path, self._from.evidence / path, file.sha256, run.row.run, dates)
        if self._order.pdf and REPORT in {file.path for file in run.files}:
            page = (self._from.evidence / run.where / REPORT).read_text(encoding="utf-8")
            self.package.add(f"{DERIVED}/pdf/{run.row.run}.pdf", pdf(page), run.row.run, dates)
        if self._upload and not run.row.control:
            counting = [control for control, assessment in shown if assessment.counts]
            self._upload.take(run, counting, dates)
        self._rows.append(csv_register.run_row(run))
        self._listed.append(_listed(run, dates))
        if run.record is None:
            self._uninterpreted.append(f"{run.row.run}: {run.says}")
            return
        self._violated[run.row.run] = failures.violated(run.record)
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
        self.package.add("VERIFY.md", bundle_page(self._from.state.keys[-1].keyid if self._from.state.keys else ""))

    def _add_pages(self, told_of: Period) -> None:
        pages = {"period": html(told_of, self._from.sources), "board": board_html(told_of)}
        for name, page in pages.items():
            forms = [self.package.add(f"{DERIVED}/{name}.html", page)]
            if self._order.pdf or (self._upload and not self._upload.takes("page.html")):
                forms.append(self.package.add(f"{DERIVED}/{name}.pdf", pdf(page)))
            if self._upload:
                for form in forms:
                    self._upload.table(form, f"Recovery drills, {told(self._order.window)}: {name}")

    def _add_tables(self, told_of: Period) -> None:
        systems = {row.drill: row.system for row in self._from.state.runs}
        verdicts = {row.run: row.verdict for row in self._from.state.runs}
        missed = [csv_register.missed_row(one, systems.get(one.drill, "")) for one in told_of.missed]
        put_off = [csv_register.deferred_row(one, systems.get(one.drill, "")) for one in told_of.deferrals]
        failed = [
            row
            for one in told_of.failures
            for row in failures.rows(one, self._violated.get(one.line.run, ""), verdicts)
        ]
        columns = csv_register.COLUMNS
        tables = {
            "population": (
                columns,
                [*(row for row in self._rows if row["what"] != csv_register.CONTROL), *missed, *put_off],
            ),
            "negative-controls": (columns, [row for row in self._rows if row["what"] == csv_register.CONTROL]),
            "deferrals": (columns, put_off),
            "failures": (failures.COLUMNS, failed),
            "controls": (CONTROL_COLUMNS, list(self._by_control.rows(self._today))),
            "evidence": (EVIDENCE_COLUMNS, self._by_control.evidence),
        }
        for name, (head, rows) in tables.items():
            added = self.package.add(f"{DERIVED}/{name}.csv", csv_register.table(head, rows))
            if self._upload:
                self._upload.table(added, f"Recovery drills, {told(self._order.window)}: {name.replace('-', ' ')}")

    def _add_trends(self, told_of: Period) -> None:
        drills: dict[str, list[RunLine]] = {}
        for line in told_of.runs:
            drills.setdefault(line.drill, []).append(line)
        for drill, lines in drills.items():
            names = [name for name in ("rto", "rpo") if any(getattr(line, name).at_most_s for line in lines)]
            for name, picture in zip(names, trends(lines, WIDE_PX), strict=True):
                self.package.add(f"{DERIVED}/trends/{drill}-{name}.svg", svg_file(picture))

    def _add_plans(self) -> None:
        for number, (system, subjects) in enumerate(sorted(self._weak.items()), start=1):
            plan = plan_of_action(system, subjects, self._as_of)
            self.package.add(f"{DERIVED}/oscal/plan-of-action-{number}.json", json.dumps(plan) + "\n")

    def _facts(self, told_of: Period) -> dict[str, object]:
        systems = {one.system: one.criticality for one in told_of.systems}
        systems |= {row.system: None for row in self._runs if row.system not in systems}
        window = self._order.window
        return {
            "format": "urn:drillmaster:bundle:v1",
            "version": __version__,
            "window": {"from": window.first, "to": window.last, "systems": [window.system] if window.system else []},
            "register": self._as_of.model_dump(),
            "retain": self._order.retain,
            "verdicts": told_of.verdicts,
            "schedule": told_of.adherence.model_dump(),
            "systems": [
                {
                    "system": system,
                    "criticality": criticality,
                    "runs": [listed for listed in self._listed if listed["system"] == system],
                }
                for system, criticality in systems.items()
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
