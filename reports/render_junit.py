"""The record as JUnit XML, which every CI shows: one suite a run, one case a finding or objective.

violated is a failure, unknown an error (an unknown is never a pass, and a skipped case would not turn CI red). The case
`verdict` is red exactly when the run is not a PASS. In a negative control that was caught the faults were wanted: they
stand in the cases' output only, and the case `caught` is the judgement.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING

from reports.facts.events import Finding, State, Verdict
from reports.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record import Record

_TAGS = {State.VIOLATED: "failure", State.UNKNOWN: "error"}
_STATES = {Verdict.PASS: State.HELD, Verdict.FAIL: State.VIOLATED}


def junit(record: Record) -> str:
    """Return the record as JUnit XML: red in CI when the run is not a PASS, or a control was not caught."""
    root = ET.Element("testsuites", name="drillmaster")
    suite = ET.SubElement(root, "testsuite", name=printable(record.drill.name), timestamp=record.started_utc[:19])
    _properties(suite, record)
    wanted = record.control is not None and record.control.caught
    names: Counter[str] = Counter()
    for group, finding, seconds in _cases(record):
        classname = f"{record.drill.name}.{group}"
        names[f"{classname}.{finding.name}"] += 1
        number = names[f"{classname}.{finding.name}"]
        # CI tools merge cases of one name
        name = finding.name if number == 1 else f"{finding.name} ({number})"
        case = ET.SubElement(
            suite, "testcase", name=printable(name), classname=printable(classname), time=f"{seconds:.3f}"
        )
        _outcome(case, finding, wanted=wanted)
    for element in (root, suite):
        element.set("tests", str(len(suite.findall("testcase"))))
        element.set("failures", str(len(suite.findall("testcase/failure"))))
        element.set("errors", str(len(suite.findall("testcase/error"))))
        element.set("time", f"{_span(record):.3f}")
    suite.set("skipped", "0")
    ET.indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + ET.tostring(root, encoding="unicode") + "\n"


def _properties(suite: ET.Element, record: Record) -> None:
    values = {
        "run": record.run,
        "system": record.drill.system,
        "verdict": record.verdict,
        "altered": ", ".join(record.altered),
        "journal.sha256": record.journal.sha256,
    }
    if record.control is not None:
        values["control"] = "caught" if record.control.caught else "not caught"
    for objective in record.objectives:
        values[f"{objective.name}.objective_s"] = _number(objective.objective_s)
        values[f"{objective.name}.at_least_s"] = _number(objective.at_least_s)
        values[f"{objective.name}.at_most_s"] = _number(objective.at_most_s)
    for one in record.by_service:
        values[f"{one.service}.back_s"] = _number(one.rto.achieved_s)
        values[f"{one.service}.lost_at_most_s"] = _number(one.rpo.at_most_s)
    if record.full_speed:
        values["full-speed.reached_s"] = _number(record.full_speed.reached_s)
    if record.critical_step:
        values["critical-step"] = record.critical_step.name
    properties = ET.SubElement(suite, "properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=printable(value))


def _cases(record: Record) -> Iterator[tuple[str, Finding, float]]:
    """Yield each case's group, what it states, and its seconds."""
    verdict = _STATES.get(record.verdict, State.UNKNOWN)
    yield "run", Finding(name="verdict", state=verdict, says=f"{record.verdict}: {record.sentence}"), _span(record)
    if record.control is not None:
        caught = State.HELD if record.control.caught else State.VIOLATED
        yield "run", Finding(name="caught", state=caught, says=record.control.sentence), 0.0
    for objective in record.objectives:
        seconds = record.rto.achieved_s or record.rto.more_than_s or 0.0 if objective.name == "rto" else 0.0
        says = f"{objective.achieved}: {objective.says}"
        yield "objectives", Finding(name=objective.name, state=objective.state, says=says), seconds
    for finding in record.findings:
        seconds = next((check.seconds for check in record.checks if finding in check.findings), 0.0)
        yield "findings", finding, seconds
    for finding in record.instrument:
        yield "instrument", finding, 0.0


def _outcome(case: ET.Element, finding: Finding, *, wanted: bool) -> None:
    seen = printable(json.dumps(finding.seen, indent=1, sort_keys=True, default=str)) if finding.seen else ""
    tag = None if wanted else _TAGS.get(finding.state)
    if tag is None:
        ET.SubElement(case, "system-out").text = printable(f"{finding.state}: {finding.says}\n{seen}").strip()
    else:
        ET.SubElement(case, tag, type=finding.state, message=printable(finding.says)).text = seen


def _span(record: Record) -> float:
    """Return the seconds that the timeline covers."""
    offsets = [row.offset_s for row in record.timeline if row.offset_s is not None]
    return max(offsets) - min(offsets) if offsets else 0.0


def _number(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.6f}"
