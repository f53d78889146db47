"""OSCAL documents: valid by NIST's schema and by trestle, every reference resolving, the same bytes each time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from oscal_promises import accepted_by_nist, accepted_by_trestle, references_resolve
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED, RECORDS

from reports.actions import ActionLine
from reports.exports.oscal import Bearing, Subject, assessment_results
from reports.exports.oscal_parts import token
from reports.exports.poam import plan_of_action
from reports.facts.values import FileDigest, Finding, State
from reports.population import AsOf
from reports.record import Record
from reports.register.entries import Reviewed

AS_OF = AsOf(register_id="5eed" * 8, entry=9, sha256="cd" * 32, utc="2026-12-02T08:00:00.000000Z")
FILES = tuple(
    FileDigest(path=path, sha256="ab" * 32) for path in ("drill.yaml", "record.json", "steps/01 restore.json")
)
REVIEWS = (
    (
        "2026-11-22T09:00:00Z",
        Reviewed(
            run="r", by="p-2", role="Head of operations", decision="accepted-with-remarks", note="late\nbut sound"
        ),
    ),
)
OPEN = ActionLine(
    action="A-1",
    run="r",
    drill="d",
    system="orders",
    what="restore with two processes",
    owner="p-1",
    due="2026-12-24",
    state="open",
    opened_utc="2026-11-22T09:05:00.000000Z",
    closed_utc="",
    closed_by="",
    retest="",
    note="",
)
MENDED = OPEN.model_copy(
    update={
        "action": "A-2",
        "due": "2026-12-01",
        "state": "mended",
        "closed_utc": "2026-11-30T06:00:00.000000Z",
        "closed_by": "p-1",
        "retest": "20261130T054344Z-0001",
        "note": "2.1 s now",
    }
)
ACCEPTED = MENDED.model_copy(update={"state": "accepted", "retest": ""})
BEARINGS = (
    Bearing("cp-4", "full", met=False, says="the plan was tested; its objective was missed", objective="cp-4_obj.a-1"),
    Bearing("cp-4", "full", met=False, says="the results were reviewed; nobody has", objective="cp-4_smt.b"),
    Bearing("cp-10", "full", met=True, says="the system was recovered to a known state"),
    Bearing("hipaa-164.308.a.7.ii.d", "supporting", met=True, says="a restore was tested"),
    Bearing("cp-4.2", "supporting", met=False, says="the alternate site was not tested"),
)
every_record = pytest.mark.parametrize("record", RECORDS, ids=["PASS", "FAIL", "control", "ABORTED"])


def subject(record: Record, actions: tuple[ActionLine, ...] = (OPEN, MENDED)) -> Subject:
    """Return a run as a document tells it, with all that can be told."""
    return Subject(record, FILES, f"../{record.drill.name}/{record.run}", REVIEWS, actions, BEARINGS)


@every_record
def test_assessment_results_are_valid(record: Record) -> None:
    """For every verdict, with and without what people added; NIST's schema is asked last, for it may not be at hand."""
    documents = [assessment_results(one, AS_OF) for one in (subject(record), Subject(record, FILES, ".."))]
    for document in documents:
        references_resolve(document)
        accepted_by_trestle(document)
    for document in documents:
        accepted_by_nist(document)


def test_a_plan_of_action_is_valid() -> None:
    """Of several runs of a system, of which some left nothing to mend."""
    document = plan_of_action("orders", [subject(FAILED), subject(PASSED, ()), subject(ABORTED)], AS_OF)
    assert document is not None
    references_resolve(document)
    accepted_by_trestle(document)
    accepted_by_nist(document)


def test_a_promise_that_is_broken_is_noticed() -> None:
    """The suite that documents are held to sees a dangling reference, an id twice and an empty array."""
    for spoil in (
        lambda result: result["findings"][0]["related-observations"][0].update({"observation-uuid": AS_OF.utc}),
        lambda result: result["observations"].append(result["observations"][0]),
        lambda result: result.update({"risks": []}),
    ):
        document = assessment_results(subject(FAILED), AS_OF)
        spoil(document["assessment-results"]["results"][0])
        with pytest.raises(AssertionError):
            references_resolve(document)


@every_record
def test_the_same_values_give_the_same_bytes(record: Record) -> None:
    """A document can be made anew and compared."""
    again = Record.model_validate_json(record.model_dump_json())
    assert json.dumps(assessment_results(subject(record), AS_OF)) == json.dumps(
        assessment_results(subject(again), AS_OF)
    )


def test_other_controls_and_later_entries_make_another_document() -> None:
    """A document's id stands for its content."""
    one = subject(FAILED)
    documents = [
        assessment_results(one, AS_OF),
        assessment_results(replace(one, bearings=BEARINGS[:1]), AS_OF),
        assessment_results(one, AS_OF.model_copy(update={"entry": 10})),
    ]
    assert len({document["assessment-results"]["uuid"] for document in documents}) == len(documents)


def _result(record: Record, actions: tuple[ActionLine, ...] = (OPEN, MENDED)) -> dict:
    return assessment_results(subject(record, actions), AS_OF)["assessment-results"]["results"][0]


def _figures(result: dict, name: str) -> dict[str, str]:
    observation = next(one for one in result["observations"] if one["title"] == name)
    return {prop["name"]: prop["value"] for prop in observation["props"]}


def test_objectives_are_observed_with_their_figures() -> None:
    """RTO and RPO stand in properties as seconds; an aborted run says that nothing was judged."""
    assert _figures(_result(PASSED), "rpo") == {
        "group": "objective",
        "state": "held",
        "rpo-objective-seconds": "5",
        "rpo-achieved-at-least-seconds": "0.685",
        "rpo-achieved-at-most-seconds": "0.69",
    }
    assert _figures(_result(ABORTED), "rto") == {"group": "objective", "state": "unknown"}
    assert _figures(_result(PASSED), "1-postgres-content") == {
        "group": "check",
        "state": "held",
        "tables": "4",
        "rows": "1000110",
    }


def test_conclusions_are_drawn_only_where_a_control_is_covered_in_full() -> None:
    """And only of runs that concluded anything about the system."""
    targets = [finding["target"] for finding in _result(FAILED)["findings"]]
    assert targets == [
        {"type": "objective-id", "target-id": "cp-4_obj.a-1", "status": {"state": "not-satisfied", "reason": "fail"}},
        {"type": "statement-id", "target-id": "cp-4_smt.b", "status": {"state": "not-satisfied", "reason": "fail"}},
        {"type": "statement-id", "target-id": "cp-10", "status": {"state": "satisfied", "reason": "pass"}},
    ]
    assert ["findings" in _result(record) for record in (PASSED, CONTROL, ABORTED)] == [True, False, False]


def test_a_run_that_passed_fails_no_control_for_want_of_evidence() -> None:
    """What is lacking, such as a review, is another reason than a failure."""
    statuses = [finding["target"]["status"] for finding in _result(PASSED)["findings"]]
    assert statuses == [
        {"state": "not-satisfied", "reason": "other"},
        {"state": "not-satisfied", "reason": "other"},
        {"state": "satisfied", "reason": "pass"},
    ]


def _reviewed(one: Subject) -> list[str]:
    result = assessment_results(one, AS_OF)["assessment-results"]["results"][0]
    (selection,) = result["reviewed-controls"]["control-selections"]
    return [control["control-id"] for control in selection["include-controls"]]


def test_only_controls_that_the_run_says_something_of_were_reviewed() -> None:
    """Not those it is no evidence for; an aborted run and a negative control are evidence for none."""
    assert _reviewed(subject(PASSED)) == ["cp-10", "cp-4", "hipaa-164.308.a.7.ii.d"]
    unmet = tuple(replace(bearing, met=False) for bearing in BEARINGS)
    for record in (CONTROL, ABORTED):
        one = replace(subject(record), bearings=unmet)
        assert _reviewed(one) == ["cp-4"]
        assert "is evidence for no control" in json.dumps(assessment_results(one, AS_OF))


def test_files_that_are_not_there_leave_no_reference_dangling() -> None:
    """A folder that nobody sealed may lack its scenario."""
    document = assessment_results(replace(subject(FAILED), files=FILES[1:]), AS_OF)
    references_resolve(document)
    accepted_by_trestle(document)
    resources = document["assessment-results"]["back-matter"]["resources"]
    assert [(one["title"], "rlinks" in one) for one in resources] == [
        ("The record of the run", True),
        ("steps/01 restore.json", True),
        ("drill.yaml: it is not among the run's files", False),
    ]
    accepted_by_nist(document)


def test_what_was_violated_is_a_risk_with_deadline_and_remediations() -> None:
    """The deadline is the first due date of what is still open."""
    risk = _result(FAILED)["risks"][0]
    assert (risk["title"], risk["status"], risk["deadline"]) == (
        "Recovery time (RTO): the objective was missed",
        "remediating",
        "2026-12-24T23:59:59Z",
    )
    assert [(one["title"], one["lifecycle"]) for one in risk["remediations"]] == [
        ("A-1: restore with two processes", "planned"),
        ("A-2: restore with two processes", "completed"),
    ]


def test_the_status_of_a_risk_follows_its_actions() -> None:
    """Open without an action, closed by a retest, accepted when a person took it."""
    states = [_result(FAILED, actions)["risks"][0]["status"] for actions in ((), (MENDED,), (ACCEPTED,))]
    assert states == ["open", "closed", "deviation-approved"]
    assert "risks" not in _result(CONTROL, ())
    assert [risk["title"] for risk in _result(PASSED)["risks"]] == [f"Actions were opened because of run {PASSED.run}"]


def test_nothing_to_mend_makes_no_plan() -> None:
    """A plan without items would be invalid."""
    assert plan_of_action("orders", [subject(PASSED, ()), subject(CONTROL, ())], AS_OF) is None


def test_plan_and_results_speak_of_the_same_risks() -> None:
    """A reader can follow an id from one document to the other."""
    plan = plan_of_action("orders", [subject(FAILED)], AS_OF)
    assert plan is not None
    assert plan["plan-of-action-and-milestones"]["risks"] == _result(FAILED)["risks"]


def test_names_of_any_kind_become_tokens() -> None:
    """A token begins with a letter or underscore and holds no other signs."""
    names = {"164.308(a)(7)": "n-164.308-a--7-", "RC.RP-03": "RC.RP-03", "A.5.30": "A.5.30", "": "n-", "_x y": "_x-y"}
    assert {name: token(name) for name in names} == names


def test_hostile_names_still_give_a_valid_document() -> None:
    """Newlines, blanks, signs and other alphabets in what was drilled do no harm."""
    hostile = " <b>\n\u202ex\t'\"& "
    finding = Finding(name=hostile, state=State.VIOLATED, says=hostile, seen={hostile: 1, "": 2.5, "row": "secret"})
    record = FAILED.model_copy(
        update={
            "sentence": hostile,
            "findings": (finding, finding),
            "drill": FAILED.drill.model_copy(update={"name": hostile, "system": hostile}),
            "services": (PASSED.services[0].model_copy(update={"version": ""}),),
        }
    )
    document = assessment_results(subject(record), AS_OF)
    assert "secret" not in json.dumps(document)
    references_resolve(document)
    accepted_by_trestle(document)
    accepted_by_nist(document)
