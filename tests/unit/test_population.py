"""The population: every run that a register tells of."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED
from synthetic_registers import OBJECTIVES, SyntheticRegister, sources
from synthetic_services import SEVERAL

from reports.facts.events import Programme, State, Verdict
from reports.population import AsOf, Measure, RunLine, ServiceLine, population
from reports.register import chain
from reports.register.entries import Purged, Reviewed, Started

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reports.record import Record


def lines(register: SyntheticRegister, names: Mapping[str, str] = MappingProxyType({})) -> list[RunLine]:
    """Return the lines of every run of a register."""
    return list(population(register.state().runs, sources(register, names)))


def test_every_run_is_there_in_order_with_its_measures(tmp_path: Path) -> None:
    """Passed, failed, aborted and controls: none is chosen, none is left out."""
    register = SyntheticRegister(tmp_path)
    for record in (PASSED, FAILED, CONTROL, ABORTED):
        register.add(record)
    told = lines(register)
    assert [(line.run, line.verdict, line.control, line.caught, line.good, line.evidence) for line in told] == [
        (PASSED.run, Verdict.PASS, False, None, True, "whole"),
        (FAILED.run, Verdict.FAIL, False, None, False, "whole"),
        (CONTROL.run, Verdict.INCONCLUSIVE, True, True, True, "whole"),
        (ABORTED.run, Verdict.ABORTED, False, None, False, "whole"),
    ]
    assert told[0].rto == Measure(promised_s=120.0, at_most_s=6.845, achieved="6.84 s", state=State.HELD)
    assert told[0].rto.share == pytest.approx(6.845 / 120)
    assert told[1].rto.share is None
    assert (told[0].title, told[0].sentence) == (PASSED.drill.title, PASSED.sentence)


def test_several_services_are_told_one_by_one(tmp_path: Path) -> None:
    """Beside the whole; where one was measured there is nothing to add."""
    register = SyntheticRegister(tmp_path)
    register.add(PASSED)
    register.add(SEVERAL)
    one, several = lines(register)
    assert one.services == ()
    assert several.services[0] == ServiceLine(
        service="accounts", back="back after 6.84 s", lost="137 acknowledged writes lost, at most 690 ms"
    )


def test_a_run_that_never_finished_is_aborted(tmp_path: Path) -> None:
    """For ever: what was promised is known, and that nothing was measured."""
    register = SyntheticRegister(tmp_path)
    register.start(PASSED)
    (line,) = lines(register)
    assert (line.verdict, line.evidence, line.finished_seq) == (Verdict.ABORTED, "unfinished", None)
    assert line.sentence == "The run never finished: it counts as aborted."
    assert line.rto == Measure(promised_s=OBJECTIVES.rto_s, at_most_s=None, achieved="", state=None)


def test_a_record_that_is_not_the_registered_one_is_not_read(tmp_path: Path) -> None:
    """Changed, missing, purged and unreadable ones are told apart; the verdict is the register's."""
    register = SyntheticRegister(tmp_path)
    changed, missing, purged = (
        register.add(PASSED.model_copy(update={"run": f"r{number}"})) / "record.json" for number in range(1, 4)
    )
    changed.write_bytes(changed.read_bytes().replace(b"PASS", b"FAIL"))
    missing.unlink()
    purged.unlink()
    register.append(Purged(run="r3", retained_until="2033-11-21"))
    assert [(line.evidence, line.verdict, line.sentence) for line in lines(register)] == [
        ("changed", Verdict.PASS, "Its record is not the one that the register names."),
        ("missing", Verdict.PASS, "Its record is not there."),
        ("purged", Verdict.PASS, "Its files were kept until 2033-11-21, and purged then."),
    ]


def test_a_record_of_another_version_is_read_for_what_is_asked_of_it(tmp_path: Path) -> None:
    """An update of the tool does not blank out the history; what is no record at all is called so."""
    register = SyntheticRegister(tmp_path)
    older = {**PASSED.model_dump(mode="json", exclude={"programme"}), "schema_version": "1.1", "unheard": "of"}
    for run, content in (("r1", json.dumps(older)), ("r2", "{}")):
        record = PASSED.model_copy(update={"run": run})
        started = register.start(record)
        folder = register.evidence / record.drill.name / run
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(content)
        register.finish(folder, record, started)
    assert [(line.evidence, line.rto.achieved) for line in lines(register)] == [("whole", "6.84 s"), ("unreadable", "")]


def scheduled(register: SyntheticRegister, due: str) -> None:
    """Start a run that was due at a moment."""
    body = Started(
        run=f"r{register.position.seq}",
        drill="d",
        system="s",
        drill_sha256="0" * 64,
        objectives=OBJECTIVES,
        operator="amelie",
        trigger="schedule",
        due=due,
        control=False,
    )
    register.append(body)


def test_on_time_is_within_a_day_of_the_due_moment(tmp_path: Path) -> None:
    """Early is on time; without a due moment there is no schedule to hold a run to."""
    register = SyntheticRegister(tmp_path)
    for due in ("", "2026-11-02T06:00:00Z", "2026-10-31T06:10:00Z", "2026-10-31T06:00:00Z"):
        scheduled(register, due)
    assert [line.adherence for line in lines(register)] == ["unscheduled", "on-time", "on-time", "late"]


def with_two_people(record: Record) -> Record:
    """Return the record of a drill that asks for two reviewers."""
    return record.model_copy(update={"programme": Programme(two_person=True)})


def test_reviews_are_held_against_what_the_drill_asks_for(tmp_path: Path) -> None:
    """Two people where the record says so, and the operator is known by the id of their name."""
    register = SyntheticRegister(tmp_path)
    register.add(with_two_people(PASSED))
    for person in ("p-1", "p-2"):
        register.append(Reviewed(run=PASSED.run, by=person, role="owner", decision="accepted", note=""))
    assert lines(register)[0].sign_off.state == "accepted"
    assert lines(register, {"p-2": PASSED.operator})[0].sign_off.state == "half-reviewed"


def test_names_are_shown_where_they_are_known(tmp_path: Path) -> None:
    """When the file of names is gone, ids stand in their place."""
    told = sources(SyntheticRegister(tmp_path), {"p-1": "Ann Miller"})
    assert (told.name("p-1"), told.name("p-2")) == ("Ann Miller", "p-2")


def test_as_of_names_the_last_entry(tmp_path: Path) -> None:
    """Its register, number, hash and time: a report can be traced to exactly one state."""
    register = SyntheticRegister(tmp_path)
    register.add(PASSED)
    read = chain.read(register.path)
    assert AsOf.end_of(read) == AsOf(
        register_id=register.position.register_id,
        entry=3,
        sha256=register.position.head,
        utc="2026-11-01T06:02:00.000000Z",
    )
