"""What the JUnit file promises to a CI: red unless the run is a PASS, or a control that was caught."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED, RECORDS

from reports.facts.events import Finding, State
from reports.record import Record
from reports.render_junit import junit


def suite(record: Record) -> ET.Element:
    """Return the record's only suite."""
    (element,) = ET.fromstring(junit(record).encode())  # noqa: S314 - our own document
    return element


def faults(record: Record) -> dict[str, str]:
    """Return which cases are red, and how."""
    cases = suite(record).findall("testcase")
    return {case.attrib["name"]: fault.tag for case in cases for fault in case if fault.tag in {"failure", "error"}}


def test_a_pass_is_green() -> None:
    """No case is red, and every objective, finding and self-check is one."""
    assert faults(PASSED) == {}
    assert [case.attrib["name"] for case in suite(PASSED).findall("testcase")] == [
        "verdict",
        *("rto", "rpo"),
        *("disaster-confirmed", "postgres-content", "postgres-amcheck", "no-egress"),
        *("enough-acknowledgements", "last-acknowledgement", "ledger-closed", "unexplained-share"),
    ]


def test_violated_fails_and_unknown_is_an_error() -> None:
    """Both turn CI red: a skipped case would not."""
    assert faults(FAILED) == {
        "verdict": "failure",
        "rto": "failure",
        "rpo": "failure",
        "given-up": "error",
        "postgres-content": "failure",
        "postgres-amcheck": "error",
        "no-holes": "failure",
    }
    element = suite(FAILED)
    assert {name: element.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "13",
        "failures": "5",
        "errors": "2",
        "skipped": "0",
    }


def test_an_aborted_run_is_an_error() -> None:
    """Nothing was violated, and nothing was proven."""
    assert faults(ABORTED) == {"verdict": "error"}


def test_a_control_is_green_when_caught_and_red_when_not() -> None:
    """Its faults are wanted; that they came for the right reason is what counts."""
    assert CONTROL.control is not None
    assert faults(CONTROL) == {}
    missed = PASSED.model_copy(update={"control": CONTROL.control.model_copy(update={"caught": False})})
    assert faults(missed) == {"caught": "failure"}
    output = suite(CONTROL).find("testcase[@name='enough-acknowledgements']/system-out")
    assert output is not None
    assert (output.text or "").startswith("unknown: 0 writes were acknowledged in the steady phase; 100 are needed")


def test_measures_are_properties() -> None:
    """A CI can draw trends without reading sentences."""
    properties = {item.attrib["name"]: item.attrib["value"] for item in suite(PASSED).findall("properties/property")}
    assert properties == {
        "run": PASSED.run,
        "system": "orders",
        "verdict": "PASS",
        "altered": "",
        "journal.sha256": "d2" * 32,
        "rto.objective_s": "120.000000",
        "rto.at_least_s": "6.845000",
        "rto.at_most_s": "6.845000",
        "rpo.objective_s": "5.000000",
        "rpo.at_least_s": "0.685000",
        "rpo.at_most_s": "0.690000",
        "full-speed.reached_s": "7.210000",
        "critical-step": "playbook: restore-with-pgbackrest.yml",
    }


def test_times_are_measured_ones() -> None:
    """The recovery takes its time, a finding that of its check, the suite what the timeline covers."""
    element = suite(PASSED)
    times = {case.attrib["name"]: case.attrib["time"] for case in element.findall("testcase")}
    assert (times["rto"], times["postgres-content"], times["verdict"]) == ("6.845", "1.611", "31.289")
    assert element.attrib["time"] == "31.289"


def test_two_findings_of_one_name_stay_two_cases() -> None:
    """CI tools merge cases of one name; a fault must not hide behind its namesake."""
    twins = tuple(Finding(name="twin", state=state, says="says") for state in (State.HELD, State.VIOLATED))
    assert "twin (2)" in faults(PASSED.model_copy(update={"findings": twins}))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.verdict)
def test_the_same_record_gives_the_same_text(record: Record) -> None:
    """The file can be made anew from the record alone."""
    assert junit(Record.model_validate_json(record.model_dump_json())) == junit(record)


def test_any_text_makes_valid_xml() -> None:
    """Markup is escaped, and what XML cannot hold is replaced."""
    nasty = Finding(name="<&\"'>", state=State.VIOLATED, says="nul \x00 and escape \x1b[31m", seen={"raw": "]]>\x07"})
    case = suite(PASSED.model_copy(update={"findings": (nasty,)})).find("testcase/failure")
    assert case is not None
    assert case.attrib["message"] == "nul \ufffd and escape \ufffd[31m"
    assert case.text == '{\n "raw": "]]>\\u0007"\n}'
