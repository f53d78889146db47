"""The figures of a period, and what a board is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED
from synthetic_registers import OBJECTIVES, SyntheticRegister, sources

from reports import board, render_period
from reports.facts.events import Programme, State, Verdict
from reports.period import Adherence, Deferral, MissedDrill, Period, Window, period, worst
from reports.population import AsOf, Measure
from reports.record import TabletopRow
from reports.register import chain
from reports.register.entries import ActionClosed, ActionOpened, Deferred, Missed, Repaired, Reviewed, Started

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record

WINDOW = Window(first="2026-11-01", last="2026-11-30")
ANN = "p-aaaaaa"


def told(register: SyntheticRegister, window: Window = WINDOW) -> Period:
    """Return the period as of the register's end."""
    return period(window, AsOf.end_of(chain.read(register.path)), register.state(), sources(register))


def named(record: Record, run: str, **drill: str) -> Record:
    """Return a record as another run's, perhaps of another drill."""
    return record.model_copy(update={"run": run, "drill": record.drill.model_copy(update=drill)})


def start(register: SyntheticRegister, run: str, due: str = "", system: str = "orders") -> None:
    """Start a run that never finishes."""
    body = Started(
        run=run,
        drill="redis",
        system=system,
        drill_sha256="0" * 64,
        objectives=OBJECTIVES,
        operator="amelie",
        trigger="schedule",
        due=due,
        control=False,
    )
    register.append(body)


def test_the_whole_population_is_counted_and_controls_apart(tmp_path: Path) -> None:
    """Every verdict with its zeros; a control that was caught is no failure, one that was not is."""
    assert CONTROL.control is not None
    uncaught = CONTROL.model_copy(update={"control": CONTROL.control.model_copy(update={"caught": False})})
    register = SyntheticRegister(tmp_path)
    for number, record in enumerate((PASSED, FAILED, CONTROL, uncaught, ABORTED, PASSED)):
        register.add(named(record, f"r{number}"))
    start(register, "r6")
    found = told(register)
    assert [line.run for line in found.runs] == ["r0", "r1", "r4", "r5", "r6"]
    assert found.verdicts == {Verdict.PASS: 2, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 0, Verdict.ABORTED: 2}
    assert ([line.run for line in found.controls], found.caught) == (["r2", "r3"], 1)
    assert [failure.line.run for failure in found.failures] == ["r1", "r3", "r4", "r6"]
    assert found.gaps == ("run r6 has a beginning (entry 14) and no end: it counts as ABORTED",)


def test_a_tabletop_counts_for_the_schedule_and_for_no_recovery(tmp_path: Path) -> None:
    """It is of another population: neither a drill that passed nor a system that was recovered."""
    register = SyntheticRegister(tmp_path)
    register.add(named(PASSED, "t1").model_copy(update={"tabletop": TabletopRow(situation="It is night.")}))
    found = told(register)
    assert (found.runs, found.systems, [line.run for line in found.tabletops]) == ((), (), ["t1"])
    assert (found.verdicts[Verdict.PASS], found.adherence.unscheduled) == (0, 1)
    assert board.decisions(found) == ["Not reviewed yet: 1 of 1 run."]
    text, page = render_period.text(found), render_period.html(found, sources(register))
    assert "Tabletops passed     1 of 1       people only: no recovery is proven" in text
    assert "1 of 1 passed. In a tabletop people talk a recovery through" in page


def test_the_schedule_is_kept_account_of(tmp_path: Path) -> None:
    """Due is what was run, missed or deferred; on time is within a day; runs on no schedule are apart."""
    register = SyntheticRegister(tmp_path)
    for run, due in (("r1", "2026-11-01T00:00:00Z"), ("r2", "2026-10-31T00:00:00Z"), ("r3", "")):
        start(register, run, due)
    later = "2026-11-19T06:00:00.000000Z"
    deferred = Deferred(drill="redis", due="2026-11-05T06:00:00Z", until=later, reason="Release freeze.", approver=ANN)
    register.append(deferred)
    register.append(Missed(drill="redis", due="2026-11-12T06:00:00Z", reason=""))
    register.append(Missed(drill="redis", due="2026-12-12T06:00:00Z", reason="in no window"))
    found = told(register)
    assert found.adherence == Adherence(due=4, run=2, on_time=1, late=1, missed=1, deferred=1, unscheduled=1)
    assert found.missed == (MissedDrill(drill="redis", due="2026-11-12T06:00:00Z", reason=""),)
    assert found.deferrals == (
        Deferral(
            drill="redis",
            due="2026-11-05T06:00:00Z",
            until=later,
            reason="Release freeze.",
            approver=ANN,
            registered_utc="2026-11-01T06:04:00.000000Z",
        ),
    )


def test_a_window_and_a_system_leave_the_rest_out(tmp_path: Path) -> None:
    """Both ends are included; a drill that was missed and never ran belongs to no system, and stays."""
    register = SyntheticRegister(tmp_path)
    register.add(named(PASSED, "r1"))
    register.add(named(PASSED, "r2", name="sessions-drill", system="sessions"))
    for drill in ("sessions-drill", PASSED.drill.name, "never-run"):
        register.append(Missed(drill=drill, due="2026-11-30T23:59:59Z", reason=""))
    found = told(register, WINDOW.model_copy(update={"system": "sessions"}))
    assert [line.run for line in found.runs] == ["r2"]
    assert [one.drill for one in found.missed] == ["sessions-drill", "never-run"]
    assert [one.system for one in found.systems] == ["sessions"]
    assert told(register, Window(first="2026-11-02", last="2026-11-30")).runs == ()
    assert len(told(register, Window(first="2026-11-01", last="2026-11-01")).runs) == 2


def test_failures_carry_their_actions_and_older_open_ones_stand_too(tmp_path: Path) -> None:
    """Also those of runs before the period; mended ones of other runs do not."""
    register = SyntheticRegister(tmp_path)
    for run in ("r1", "r2"):
        register.add(named(FAILED, run))
    register.add(named(PASSED, "r3"))
    for action, run in (("A-1", "r1"), ("A-2", "r1"), ("A-3", "r2")):
        register.append(ActionOpened(action=action, run=run, what="Mend it", owner=ANN, due="2026-10-31"))
    register.append(ActionClosed(action="A-2", by=ANN, retest="r3", note=""))
    found = told(register)
    assert [[one.action for one in failure.actions] for failure in found.failures] == [["A-1", "A-2"], ["A-3"]]
    nothing = told(register, Window(first="2026-11-02", last="2026-11-30"))
    assert [(one.action, one.state) for one in nothing.actions] == [("A-1", "overdue"), ("A-3", "overdue")]


def test_gaps_are_explained(tmp_path: Path) -> None:
    """Records that are not the registered ones, torn lines that were cut off, and rules between entries broken."""
    register = SyntheticRegister(tmp_path)
    for run in ("r1", "r2"):
        register.add(named(PASSED, run))
    (register.evidence / PASSED.drill.name / "r1" / "record.json").unlink()
    (register.evidence / PASSED.drill.name / "r2" / "record.json").write_text("{}")
    register.append(Repaired(bytes_cut=17, sha256="0" * 64))
    register.append(Reviewed(run="unheard-of", by=ANN, role="owner", decision="accepted", note=""))
    assert told(register).gaps == (
        "run r1 (entries 2 and 3): its record is not there, and no purge was registered",
        "run r2 (entries 4 and 5): its record was changed after it was registered",
        "2026-11-01T06:05:00.000000Z: a torn last line of 17 bytes was cut off; it had never been acknowledged",
        "the register breaks a rule: entry 7: no run unheard-of was started",
    )


def test_systems_stand_by_criticality_with_their_worst_figures(tmp_path: Path) -> None:
    """The newest record declares it; what never ended is worse than any figure."""
    register = SyntheticRegister(tmp_path)
    critical = {"programme": Programme(criticality="critical")}
    register.add(named(PASSED, "r1"))
    register.add(named(FAILED, "r2"))
    register.add(named(PASSED, "r3", system="sessions").model_copy(update=critical))
    found = told(register).systems
    assert [(one.system, one.criticality, one.runs, one.passed) for one in found] == [
        ("sessions", "critical", 1, 1),
        ("orders", None, 2, 1),
    ]
    assert found[1].worst_rto is not None
    assert (found[1].worst_rto.achieved, found[1].worst_rto.unbounded) == ("more than 10 min", True)
    assert found[1].worst_rpo is not None
    assert found[1].worst_rpo.at_most_s == 7.93


def figure(name: str, value: str, says: str, tone: board.Tone) -> board.Figure:
    """Return a figure as a board is told it."""
    return board.Figure(name=name, value=value, says=says, tone=tone)


def measure(at_most: float | None, promised: float | None, state: State = State.HELD) -> Measure:
    """Return a measure against a promise."""
    return Measure(promised_s=promised, at_most_s=at_most, achieved=f"{at_most} s", state=state)


def test_the_worst_is_by_share_of_the_promise() -> None:
    """9 of 10 s is worse than 60 of 120; without any figure there is none."""
    near, far = measure(9, 10), measure(60, 120)
    assert worst([near, far, measure(None, 10, State.UNKNOWN), measure(5, None)]) == near
    assert worst([measure(None, 10, State.UNKNOWN)]) is None


def test_the_board_sees_five_figures(tmp_path: Path) -> None:
    """Schedule, verdicts, slowest recovery, greatest loss, actions; each with what it means."""
    register = SyntheticRegister(tmp_path)
    register.add(named(PASSED, "r1"))
    register.add(named(FAILED, "r2"))
    start(register, "r3", "2026-11-01T00:00:00Z")
    register.append(ActionOpened(action="A-1", run="r2", what="Mend it", owner=ANN, due="2026-10-31"))
    assert board.figures(told(register)) == [
        figure("Drills on schedule", "1 of 1", "0 late, 0 missed, 0 deferred with approval", "held"),
        figure("Drills passed", "1 of 3", "1 FAIL, 0 INCONCLUSIVE, 1 ABORTED", "violated"),
        figure("Worst recovery time", "more than 10 min", "promised 500 ms; of 1 run not known", "violated"),
        figure("Worst data loss", "7.93 s", "promised 5 s; of 1 run not known", "violated"),
        figure("Actions open", "1", "1 overdue, 0 mended and shown", "violated"),
    ]


def test_an_empty_period_shows_nothing_and_says_so(tmp_path: Path) -> None:
    """No figure of it is green."""
    register = SyntheticRegister(tmp_path)
    figures = board.figures(told(register))
    assert [(figure.value, figure.tone) for figure in figures] == [
        ("none due", "unknown"),
        ("none run", "unknown"),
        ("not known", "unknown"),
        ("not known", "unknown"),
        ("0", "held"),
    ]
    assert board.doubts(told(register)) == ["That the drills would notice a fault: no negative control was run."]
    for page in (render_period.board_html(told(register)), render_period.html(told(register), sources(register))):
        assert "No drill was" in page


def test_what_needs_a_decision_is_told_gravest_first(tmp_path: Path) -> None:
    """Rejections, failures nobody acts on, overdue actions, missed drills, uncaught controls, missing reviews."""
    assert CONTROL.control is not None
    uncaught = CONTROL.model_copy(update={"control": CONTROL.control.model_copy(update={"caught": False})})
    register = SyntheticRegister(tmp_path)
    for run, record in (("r1", PASSED), ("r2", FAILED), ("r3", FAILED), ("r4", uncaught)):
        register.add(named(record, run))
    for run in ("f1", "f2", "f3", "f4"):
        register.add(named(FAILED, run))
    register.append(Reviewed(run="r1", by=ANN, role="owner", decision="rejected", note=""))
    register.append(ActionOpened(action="A-1", run="r2", what="Mend it", owner=ANN, due="2026-10-31"))
    register.append(Missed(drill="redis", due="2026-11-12T06:00:00Z", reason=""))
    assert board.decisions(told(register)) == [
        "Evidence was rejected by a reviewer: r1.",
        "Did not pass, and nobody has opened an action: r3, f1, f2 and 2 more.",
        "Overdue actions: A-1 (Mend it).",
        "Missed without anybody's approval: redis (2026-11-12).",
        "Negative controls not shown to be caught: r4.",
        "Not reviewed yet: 6 of 7 runs.",
    ]


def test_nothing_to_decide_is_not_everything_passed(tmp_path: Path) -> None:
    """A failure that was reviewed and has an action needs no decision; the page does not call it a pass."""
    register = SyntheticRegister(tmp_path)
    register.add(named(FAILED, "r1"))
    register.append(Reviewed(run="r1", by=ANN, role="owner", decision="accepted", note=""))
    register.append(ActionOpened(action="A-1", run="r1", what="Mend it", owner=ANN, due="2026-12-31"))
    assert board.decisions(told(register)) == []
    page = render_period.board_html(told(register))
    assert "Nothing: every run passed or has an action and was reviewed, no drill was missed" in page
    assert "Negative controls, which test the drills and not the systems: none was run." in page


def test_what_people_wrote_makes_no_line_of_its_own(tmp_path: Path) -> None:
    """No figure can be forged, no terminal be told to do a thing, no sheet be filled by one sentence."""
    register = SyntheticRegister(tmp_path)
    register.add(named(FAILED, "r1"))
    what = "Mend\nDrills passed        9 of 9\x1b[31m" + " and so on" * 200
    register.append(ActionOpened(action="A-1", run="r1", what=what, owner=ANN, due="2026-10-31"))
    text = render_period.board_text(told(register))
    (overdue,) = (line for line in text.splitlines() if "9 of 9" in line)
    assert overdue.startswith("  Overdue actions: A-1 (Mend Drills passed        9 of 9\\x1b[31m and so on and")
    assert overdue.endswith("\N{HORIZONTAL ELLIPSIS}).")
    assert len(overdue) < 120


def test_what_is_not_proven_is_told_by_how_many_runs_say_so(tmp_path: Path) -> None:
    """Few limits on the board's page, all of them in the period's; no controls and gaps are doubts of their own."""
    register = SyntheticRegister(tmp_path)
    limits = tuple(f"Limit {number}." for number in range(6))
    register.add(named(PASSED, "r1").model_copy(update={"not_proven": limits}))
    register.add(named(PASSED, "r2").model_copy(update={"not_proven": limits[5:]}))
    start(register, "r3")
    assert board.doubts(told(register)) == [
        *("Limit 5.", "Limit 0.", "Limit 1.", "Limit 2."),
        "And 2 more limits: the period report names them all.",
        "That the drills would notice a fault: no negative control was run.",
        "That all evidence is whole: the period report explains 1 gap.",
    ]
    text = render_period.html(told(register), sources(register))
    assert [limit for limit in limits if limit not in text] == []
    assert 'Limit 5. <span class="soft">(2 of 3 runs)</span>' in text


@pytest.mark.parametrize("form", ["html", "board", "text", "board text"])
def test_every_form_says_as_of_which_entry_and_claims_nothing(tmp_path: Path, form: str) -> None:
    """The same bytes for the same entry, and never that anything complies."""
    register = SyntheticRegister(tmp_path)
    for number, record in enumerate((PASSED, FAILED, CONTROL, ABORTED)):
        register.add(named(record, f"r{number}"))
    made = {
        "html": lambda: render_period.html(told(register), sources(register)),
        "board": lambda: render_period.board_html(told(register)),
        "text": lambda: render_period.text(told(register)),
        "board text": lambda: render_period.board_text(told(register)),
    }[form]
    assert made() == made()
    assert "entry 9" in made()
    assert "complian" not in made().lower()


def test_a_period_reads_back_the_same(tmp_path: Path) -> None:
    """Nothing is lost between its figures and their JSON."""
    register = SyntheticRegister(tmp_path)
    for number, record in enumerate((PASSED, FAILED, CONTROL, ABORTED)):
        register.add(named(record, f"r{number}"))
    found = told(register)
    assert Period.model_validate_json(found.model_dump_json()) == found
