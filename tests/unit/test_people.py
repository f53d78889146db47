"""What people register: reviews, and corrective actions; and where their names are kept."""

from __future__ import annotations

import json
from stat import S_IMODE
from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED
from synthetic_registers import FreshKey, SyntheticRegister

from orchestrator.adapters.people_file import ID, PeopleFile
from orchestrator.core.errors import CannotRunError, EvidenceError, RefusedError, UnreadableRunError
from orchestrator.people import Closing, Desk, Opinion, Task, close_action, list_actions, open_action, review
from reports.facts.events import Programme
from reports.record import TabletopRow
from reports.register.entries import ActionClosed, ActionOpened, Purged, Reviewed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.core.errors import DrillmasterError
    from reports.record import Record

ANN = Opinion("Ann Miller", "service owner", "accepted", "Seen.")
PASSED_AT, OPENED_AT = "2026-11-01T06:03:00.000000Z", "2026-11-01T06:05:00.000000Z"
DUE = Task("Add memory", "Ben Ito", "2026-12-01")


@pytest.fixture
def register(tmp_path: Path) -> SyntheticRegister:
    """Return the register of an evidence directory with one failed and then one passed run."""
    made = SyntheticRegister(tmp_path)
    made.add(named(FAILED, "f1"))
    made.add(named(PASSED, "p1"))
    return made


def named(record: Record, run: str, **changes: object) -> Record:
    """Return a record as another run's, changed."""
    return record.model_copy(update={"run": run, **changes})


def desk(register: SyntheticRegister) -> Desk:
    """Return the desk at a register."""
    return Desk(register.evidence, lambda: register)


def refused(error: type[DrillmasterError], act: Callable[[], object]) -> tuple[str, str]:
    """Return the message and the hint with which something is refused."""
    with pytest.raises(error) as raised:
        act()
    return raised.value.message, raised.value.hint


def last(register: SyntheticRegister, kind: type) -> object:
    """Return the last entry's body, which is of a kind."""
    line = json.loads(register.path.read_bytes().splitlines()[-1])
    return kind.model_validate(line["body"])  # type: ignore[attr-defined]


def test_a_review_is_registered_under_an_id(register: SyntheticRegister) -> None:
    """The name stands in a file of its own, for its owner alone; the register and the run's folder know no name."""
    folder = register.evidence / PASSED.drill.name / "p1"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert review(desk(register), "p1", ANN).says == "One person accepted this evidence."
    people = PeopleFile(register.evidence)
    ((person, name),) = people.names().items()
    assert ID.fullmatch(person)
    assert len(person) == len("p-3f2a9c")
    assert last(register, Reviewed) == Reviewed(
        run="p1", by=person, role="service owner", decision="accepted", note="Seen."
    )
    assert (name, S_IMODE(people.path.stat().st_mode)) == ("Ann Miller", 0o600)
    assert b"Miller" not in register.path.read_bytes()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_one_name_is_one_person(register: SyntheticRegister) -> None:
    """However it is spelled; another name is another person, and ids say nothing without the salt in the file."""
    for name in ("Ann Miller", "  ann   MILLER ", "Ben Ito"):
        review(desk(register), "p1", Opinion(name, "owner", "accepted", ""))
    row = next(row for row in register.state().runs if row.run == "p1")
    ids = [one.by for _, one in row.reviews]
    assert (ids[0] == ids[1], ids[1] == ids[2]) == (True, False)
    other = PeopleFile(register.evidence / "other")
    other.path.parent.mkdir()
    assert other.enrol("Ann Miller") != ids[0]


def test_everything_works_when_the_names_are_deleted(register: SyntheticRegister) -> None:
    """Ids are shown, and somebody whose name is gone can still be named by the id."""
    review(desk(register), "p1", ANN)
    ((person, _),) = PeopleFile(register.evidence).names().items()
    open_action(desk(register), "f1", DUE)
    PeopleFile(register.evidence).path.unlink()
    assert [name for _, name in list_actions(register.evidence, "2026-11-01", only_open=False, only_overdue=False)] == [
        register.state().actions[0].opened.owner
    ]
    assert review(desk(register), "p1", Opinion(person, "owner", "rejected", "")).state == "rejected"
    message, hint = refused(
        RefusedError, lambda: review(desk(register), "p1", Opinion("p-123456", "owner", "accepted", ""))
    )
    assert (message, hint) == ("nobody is known as p-123456", "give the name: an id is made of it")


def test_two_names_with_one_beginning_of_a_digest_are_told_apart(tmp_path: Path) -> None:
    """An id that is taken gets longer."""
    people = PeopleFile(tmp_path)
    first = people.enrol("Ann Miller")
    written = json.loads(people.path.read_text())
    people.path.write_text(json.dumps({**written, "names": {first: "Somebody Else"}}))
    assert people.enrol("Ann Miller").removeprefix(first) != ""
    assert len(people.enrol("Ann Miller")) == len(first) + 1


def test_the_operator_is_not_one_of_two_reviewers(tmp_path: Path) -> None:
    """Where the drill asks for two people: refused as soon as the name is the operator's, before it is written."""
    register = SyntheticRegister(tmp_path)
    register.add(named(PASSED, "p1", programme=Programme(two_person=True)))
    size = register.path.stat().st_size
    operator = Opinion(PASSED.operator.upper(), "owner", "accepted", "")
    assert refused(RefusedError, lambda: review(desk(register), "p1", operator)) == (
        f"run p1: {PASSED.operator.upper()} operated it, and its drill asks for two other people to review it",
        "let two people review it that did not operate it",
    )
    assert register.path.stat().st_size == size
    assert review(desk(register), "p1", ANN).state == "half-reviewed"
    assert review(desk(register), "p1", ANN).state == "half-reviewed"
    assert review(desk(register), "p1", Opinion("Ben Ito", "auditor", "accepted", "")).state == "accepted"


def test_the_operator_may_review_where_one_person_is_enough_and_it_is_told(register: SyntheticRegister) -> None:
    """An auditor asks who was independent."""
    found = review(desk(register), "p1", Opinion(PASSED.operator, "owner", "accepted", ""))
    assert found.says == "One person accepted this evidence. The only reviewer operated the run."


def test_only_evidence_that_is_there_can_be_reviewed(register: SyntheticRegister) -> None:
    """A run that goes on, one that nobody knows, one that was changed, and one that was purged."""
    register.start(named(ABORTED, "a1"))
    assert refused(RefusedError, lambda: review(desk(register), "a1", ANN)) == (
        "run a1 has not ended: there is nothing to review yet",
        "wait for its end; `drillmaster sweep` closes a run whose engine died",
    )
    assert refused(UnreadableRunError, lambda: review(desk(register), "x", ANN)) == (
        f"{register.path}: no run named 'x'",
        "`drillmaster runs` lists them",
    )
    record = register.evidence / PASSED.drill.name / "p1" / "record.json"
    record.write_bytes(record.read_bytes() + b" ")
    register.append(Purged(run="f1", retained_until="2033-11-21"))
    hint = "a review is of the evidence that the register names; `drillmaster verify` says what became of it"
    assert [refused(RefusedError, lambda run=run: review(desk(register), run, ANN)) for run in ("p1", "f1")] == [
        ("run p1: its record is not the one that the register names", hint),
        ("run f1: its files were kept until 2033-11-21, and purged then", hint),
    ]
    assert not PeopleFile(register.evidence).path.exists()


def test_a_run_is_named_by_its_folder_its_beginning_or_as_the_latest(register: SyntheticRegister) -> None:
    """As everywhere; several that begin so are none."""
    register.add(named(PASSED, "p10"))
    folder = str(register.evidence / PASSED.drill.name / "p1") + "/"
    for name, run in ((folder, "p1"), ("p1", "p1"), ("f", "f1"), ("latest", "p10")):
        review(desk(register), name, ANN)
        assert last(register, Reviewed).run == run  # type: ignore[attr-defined]
    message, _ = refused(UnreadableRunError, lambda: review(desk(register), "p", ANN))
    assert message == f"{register.path}: 2 runs named 'p'"


def test_actions_are_numbered_and_closed_by_a_run_that_shows_them_mended(register: SyntheticRegister) -> None:
    """Or by somebody who takes the risk, and says why."""
    assert [open_action(desk(register), "f1", DUE) for _ in range(2)] == ["A-1", "A-2"]
    opened = last(register, ActionOpened)
    register.add(named(PASSED, "p2"))
    close_action(desk(register), "A-1", Closing("Ann Miller", "p2", ""))
    assert last(register, ActionClosed).retest == "p2"  # type: ignore[attr-defined]
    close_action(desk(register), "A-2", Closing("Ann Miller", "", "Too rare."))
    people = PeopleFile(register.evidence)
    assert opened == ActionOpened(
        action="A-2", run="f1", what="Add memory", owner=people.id_of("Ben Ito"), due="2026-12-01"
    )
    assert last(register, ActionClosed) == ActionClosed(
        action="A-2", by=people.id_of("Ann Miller"), retest="", note="Too rare."
    )
    assert register.state().mistakes == ()


def test_a_tabletop_mends_only_what_a_tabletop_showed(register: SyntheticRegister) -> None:
    """No system was recovered in it."""
    tabletop = TabletopRow(situation="It is night.")
    register.add(named(FAILED, "t1", tabletop=tabletop))
    for run in ("f1", "t1"):
        open_action(desk(register), run, DUE)
    register.add(named(PASSED, "t2", tabletop=tabletop))
    message, _ = refused(RefusedError, lambda: close_action(desk(register), "A-1", Closing("Ann", "t2", "")))
    assert message == "run t2 does not show action A-1 mended: it is a tabletop, in which no system was recovered"
    close_action(desk(register), "A-2", Closing("Ann", "t2", ""))
    assert last(register, ActionClosed).action == "A-2"  # type: ignore[attr-defined]


def test_a_run_that_does_not_show_an_action_mended_is_refused(register: SyntheticRegister) -> None:
    """Older than the action, not passed, a negative control, or of another system."""
    open_action(desk(register), "f1", DUE)
    register.add(named(FAILED, "f2"))
    register.add(named(CONTROL, "c1"))
    register.add(named(PASSED, "s1", drill=PASSED.drill.model_copy(update={"system": "sessions"})))
    register.start(named(PASSED, "u1"))
    messages = {
        run: refused(RefusedError, lambda run=run: close_action(desk(register), "A-1", Closing("Ann", run, "")))
        for run in ("p1", "f2", "c1", "s1", "u1")
    }
    hint = "run the drill again, or accept the risk with --accept-risk --note"
    says = "does not show action A-1 mended"
    assert messages == {
        "p1": (
            f"run p1 {says}: it started at {PASSED_AT}, before the action was opened at {OPENED_AT}",
            hint,
        ),
        "f2": (f"run f2 {says}: it ended FAIL", hint),
        "c1": (f"run c1 {says}: it is a negative control, which tests the drill and not the system", hint),
        "s1": (f"run s1 {says}: it is a run on sessions, and the action is about orders", hint),
        "u1": (f"run u1 {says}: it ended ABORTED", hint),
    }


def test_what_contradicts_the_register_is_refused(register: SyntheticRegister) -> None:
    """An unknown action, one that is closed, a risk without a word, a day that is none, nobody."""
    open_action(desk(register), "f1", DUE)
    at = desk(register)
    no_word = refused(RefusedError, lambda: close_action(at, "A-1", Closing("Ann", "", " ")))
    close_action(at, "A-1", Closing("Ann Miller", "", "Too rare."))
    assert [
        no_word,
        refused(RefusedError, lambda: close_action(at, "A-7", Closing("Ann", "", "x"))),
        refused(RefusedError, lambda: close_action(at, "A-1", Closing("Ann", "", "x"))),
        refused(RefusedError, lambda: open_action(at, "f1", Task("x", "Ann", "2026-02-30"))),
        refused(RefusedError, lambda: open_action(at, "f1", Task("x", "Ann", "20261201"))),
        refused(RefusedError, lambda: open_action(at, "f1", Task(" ", "", "2026-12-01"))),
        refused(RefusedError, lambda: review(at, "f1", Opinion("Ann", "", "accepted", ""))),
    ] == [
        ("action A-1: a risk is accepted for a reason", "say it with --note"),
        ("no action 'A-7' was opened", "`drillmaster action list` lists them"),
        (
            "action A-1 was closed at 2026-11-01T06:06:00.000000Z by Ann Miller",
            "open another one, for what is still to be mended",
        ),
        ("due: '2026-02-30' is no date", "write it as in 2026-11-21"),
        ("due: '20261201' is no date", "write it as in 2026-11-21"),
        ("nothing was said for what, owner", "say who, and what"),
        ("nothing was said for role", "say who, and what"),
    ]


def test_actions_are_listed_by_what_is_asked_for(register: SyntheticRegister) -> None:
    """All, the open ones, or those whose day has passed."""
    at = desk(register)
    for due in ("2026-12-01", "2026-11-20", "2026-11-20"):
        open_action(at, "f1", Task("Mend it", "Ann Miller", due))
    close_action(at, "A-3", Closing("Ann Miller", "", "Too rare."))

    def listed(*, only_open: bool = False, only_overdue: bool = False) -> list[tuple[str, str, str]]:
        found = list_actions(register.evidence, "2026-11-21", only_open=only_open, only_overdue=only_overdue)
        return [(line.action, line.state, name) for line, name in found]

    assert listed() == [
        ("A-1", "open", "Ann Miller"),
        ("A-2", "overdue", "Ann Miller"),
        ("A-3", "accepted", "Ann Miller"),
    ]
    assert listed(only_open=True) == listed()[:2]
    assert listed(only_overdue=True) == listed()[1:2]


def test_a_file_of_names_that_is_none_is_told(register: SyntheticRegister) -> None:
    """With what can be done about it: deleting it loses names, and nothing else."""
    path = PeopleFile(register.evidence).path
    path.write_text("{")
    message, hint = refused(CannotRunError, lambda: review(desk(register), "p1", ANN))
    assert message.startswith(f"{path}: holds no names of people: Invalid JSON")
    assert hint == "mend it, or delete it: ids are shown then where names were"


def test_names_that_are_no_file_are_told(register: SyntheticRegister) -> None:
    """Also to whoever only looks."""
    path = PeopleFile(register.evidence).path
    path.mkdir()
    hint = "mend it, or delete it: ids are shown then where names were"
    for attempt in (
        lambda: review(desk(register), "p1", ANN),
        lambda: list_actions(register.evidence, "2026-11-01", only_open=False, only_overdue=False),
    ):
        assert refused(CannotRunError, attempt) == (f"{path}: holds no names of people: Is a directory", hint)


def test_what_a_terminal_would_obey_is_refused(register: SyntheticRegister) -> None:
    """And what came from a terminal that does not speak UTF-8; every other sign is a name's own."""
    at, before = desk(register), register.path.read_bytes()
    hint = "leave control characters out, and type it at a terminal that speaks UTF-8"
    assert [
        refused(RefusedError, lambda: review(at, "p1", Opinion("M\udcfcller", "owner", "accepted", ""))),
        refused(RefusedError, lambda: review(at, "p1", Opinion("Ann", "owner", "accepted", "\x1b[2J"))),
        refused(RefusedError, lambda: open_action(at, "f1", Task("Mend\x00it", "Ann", "2026-12-01"))),
        refused(RefusedError, lambda: close_action(at, "A-1", Closing("An\x07n", "", "x"))),
    ] == [
        ("by: 'M\\udcfcller' is no text: it holds '\\udcfc'", hint),
        ("note: '\\x1b[2J' is no text: it holds '\\x1b'", hint),
        ("what: 'Mend\\x00it' is no text: it holds '\\x00'", hint),
        ("by: 'An\\x07n' is no text: it holds '\\x07'", hint),
    ]
    assert (register.path.read_bytes(), PeopleFile(register.evidence).names()) == (before, {})
    name = 'Zoë "Z" O\'Hara-Ōno, PhD 👩\u200d🚀 ' + "x" * 300
    review(at, "p1", Opinion(name, "owner", "accepted", "Two\nlines."))
    assert list(PeopleFile(register.evidence).names().values()) == [name]


def test_without_a_register_there_is_nothing_to_review(register: SyntheticRegister, tmp_path: Path) -> None:
    """Evidence made before there was one is in none; an evidence directory that is not there is told too."""
    register.path.unlink()
    message, _ = refused(UnreadableRunError, lambda: review(desk(register), "p1", ANN))
    assert message == f"{register.path}: cannot be read: No such file or directory"
    nowhere = Desk(tmp_path / "none", lambda: register)
    message, hint = refused(EvidenceError, lambda: review(nowhere, "p1", ANN))
    assert message == f"{tmp_path / 'none' / 'people.lock'}: cannot be written: No such file or directory"
    assert hint == "what people decide needs an evidence directory that you can write, and space in it"


def test_who_has_no_key_adds_nothing_to_a_signed_register(tmp_path: Path) -> None:
    """One unsigned entry would make all of it untrusted, and it could never be taken out."""
    register = SyntheticRegister(tmp_path, FreshKey())
    register.add(named(PASSED, "p1"))
    signed = register.path.read_bytes()
    keyless = Desk(register.evidence, lambda: SyntheticRegister(tmp_path / "keyless"))
    assert refused(RefusedError, lambda: review(keyless, "p1", ANN)) == (
        f"{register.path}: its entries are signed, and you have no key",
        "use the key (DRILLMASTER_KEYS): with an unsigned entry in it nobody trusts a register",
    )
    assert register.path.read_bytes() == signed
    assert review(desk(register), "p1", ANN).state == "accepted"
