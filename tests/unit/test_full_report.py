"""The full report: a record with what the register says of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED, RECORDS
from synthetic_registers import SyntheticRegister, sources
from test_render_html import HOSTILE, Page

from reports import render_html, render_text
from reports.facts.events import Programme, State, Verdict
from reports.facts.programme import PlanBasis, Rationale
from reports.population import AsOf
from reports.record import BackupTaken, JournalHead, Record
from reports.register import chain
from reports.register.entries import ActionClosed, ActionOpened, Reviewed
from reports.standing import FileRow, Sealing, standing
from reports.summary import impact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANN, BEN = "p-aaaaaa", "p-bbbbbb"
SEALING = Sealing(
    files=(FileRow("journal.jsonl", 12_345, "1a" * 32, sealed=True), FileRow("notes.txt", 7, "2b" * 32, sealed=False)),
    statement_sha256="5e" * 32,
    keyids=("cd" * 32,),
)


def full(record: Record, folder: Path, after: Callable[[SyntheticRegister], object] | None = None) -> str:
    """Return the full report of a run in a register, after what came after it."""
    register = SyntheticRegister(folder)
    record = Record.model_validate_json((register.add(record) / "record.json").read_bytes())
    if after:
        after(register)
    end = AsOf.end_of(chain.read(register.path))
    stands = standing(record.run, end, register.state(), sources(register, {ANN: "Ann Miller"}), SEALING)
    assert stands is not None
    return render_html.html(record, stands)


def reviewed(register: SyntheticRegister) -> None:
    """Review the last run, open and close actions."""
    run = register.state().runs[-1].run
    remark = "The run book should name the stanza."
    register.append(Reviewed(run=run, by=ANN, role="owner", decision="accepted-with-remarks", note=remark))
    register.append(ActionOpened(action="A-1", run=run, what="Name the stanza", owner=BEN, due="2026-12-01"))
    register.append(ActionOpened(action="A-2", run=run, what="Add memory", owner=ANN, due="2026-12-01"))
    register.append(ActionClosed(action="A-2", by=ANN, retest="", note="Too dear."))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.verdict)
def test_an_unreviewed_run_says_so_loudly(tmp_path: Path, record: Record) -> None:
    """In the verdict's own box, before everything else; and how to review it."""
    parsed = Page(full(record, tmp_path))
    assert parsed.open == []
    text = parsed.text
    assert "NOT YET REVIEWED Nobody has looked at this evidence yet." in text.partition("Summary")[0]
    assert f"drillmaster review {record.run} --by NAME" in text
    assert "Lessons None recorded." in text
    assert "None was opened because of this run." in text


def test_a_reviewed_run_names_who_decided_what(tmp_path: Path) -> None:
    """Names where they are known, ids where not; remarks are the lessons; actions with their end."""
    text = Page(full(PASSED, tmp_path, reviewed)).text
    wanted = (
        "accepted with remarks One person accepted this evidence, with remarks.",
        "2026-11-01 06:03:00 UTC Ann Miller owner accepted with remarks The run book should name the stanza.",
        "Actions because of this run 2, 1 of them open",
        f"A-1 Name the stanza because of run {PASSED.run} {BEN} 2026-12-01 open",
        "risk accepted Ann Miller, 2026-11-01 06:06:00 UTC: Too dear.",
        "As reviewers noted them: The run book should name the stanza. Ann Miller, owner",
    )
    assert [sentence for sentence in wanted if sentence not in text] == []
    assert "NOT YET REVIEWED" not in text


def differing(record: Record, folder: Path, **judged: object) -> str:
    """Return the first lines of the full report of a run that is judged otherwise than it was registered."""
    register = SyntheticRegister(folder)
    written = Record.model_validate_json((register.add(record) / "record.json").read_bytes())
    end = AsOf.end_of(chain.read(register.path))
    stands = standing(record.run, end, register.state(), sources(register), SEALING)
    assert stands is not None
    again = written.model_copy(update=judged)
    assert ("NOT AS REGISTERED" in render_text.text(again, stands)) == bool(judged)
    return Page(render_html.html(again, stands)).text.partition("Summary")[0]


def test_a_run_that_is_not_what_was_registered_says_so_loudly(tmp_path: Path) -> None:
    """Reviews were of something else: a verdict that changed, or a journal that is another."""
    other = JournalHead(sha256="00" * 32, entries=61)
    assert "NOT AS REGISTERED" not in differing(FAILED, tmp_path / "same")
    assert "NOT AS REGISTERED The register has FAIL; judged again from its folder, the run is PASS." in differing(
        FAILED, tmp_path / "verdict", verdict=Verdict.PASS
    )
    assert "NOT AS REGISTERED The journal in its folder is not the one that the register names." in differing(
        PASSED, tmp_path / "journal", journal=other
    )


def test_one_of_two_reviewers_is_not_enough(tmp_path: Path) -> None:
    """The page is as loud as before."""
    record = PASSED.model_copy(update={"programme": Programme(two_person=True)})
    text = Page(full(record, tmp_path, reviewed)).text
    assert "NOT YET REVIEWED BY TWO One of two reviewers has decided; a second person" in text
    assert "two people are asked for, neither of them the operator" in text


def test_the_full_report_says_as_of_which_entry_and_how_to_verify(tmp_path: Path) -> None:
    """Register, entries, hashes, keys, files, and the command; nothing on the page is called proof of itself."""
    text = Page(full(PASSED, tmp_path)).text
    wanted = (
        "This page tells it as of entry 3, 2026-11-01 06:02:00 UTC",
        "The run\N{RIGHT SINGLE QUOTATION MARK}s entries 2 (started), 3 (finished)",
        "Sealed statement sha256 " + "5e" * 32,
        "Keys that signed it " + "cd" * 32,
        "journal.jsonl 12,345 " + "1a" * 32 + " sealed",
        "notes.txt 7 " + "2b" * 32 + " not sealed",
        "Nothing on this page proves itself.",
        f"drillmaster verify evidence/{PASSED.drill.name}/{PASSED.run} --trust signing-key.pub",
    )
    assert [sentence for sentence in wanted if sentence not in text] == []


def test_the_history_shows_each_run_beside_its_promise(tmp_path: Path) -> None:
    """Pictures of recovery time and loss, and a row for each run with this one marked; unknown figures are none."""
    source = full(PASSED, tmp_path, lambda register: [register.add(FAILED), register.add(ABORTED)])
    parsed = Page(source)
    assert "Recovery time (RTO); promised 500 ms or 2 min" in parsed.text
    assert f"{PASSED.run}, this run PASS" in " ".join(parsed.text.replace("✓", "").split())
    rows = parsed.text.partition("oldest first")[2]
    assert [rows.index(run) for run in (PASSED.run, FAILED.run, ABORTED.run)] == sorted(
        rows.index(run) for run in (PASSED.run, FAILED.run, ABORTED.run)
    )


def test_the_sealed_page_says_where_the_rest_stands() -> None:
    """Derived from the record alone, it cannot know reviews; it names the command that shows them."""
    text = Page(render_html.html(PASSED)).text
    assert "What came after the run stands in the register: reviews, corrective actions, history." in text
    assert f"drillmaster report {PASSED.run} --as html" in text
    assert "from this run's record alone" in text


def test_what_the_drill_declares_for_people_is_told(tmp_path: Path) -> None:
    """Criticality, plan, rationale, what is excluded, participants; undeclared is called that."""
    programme = Programme(
        criticality="critical",
        plan=PlanBasis(reference="BCP-7", version="2026-05"),
        rationale=Rationale(why="Disks fail.", likelihood="moderate", impact="high"),
        excluded={"payments": "drilled by their owner"},
        participants=("database administrator", "service owner"),
    )
    declared = Page(full(PASSED.model_copy(update={"programme": programme}), tmp_path)).text
    wanted = (
        "System orders, of critical criticality",
        "Recovery plan BCP-7, version 2026-05",
        "Why this disaster Disks fail. Likelihood: moderate. Impact: high.",
        "Out of scope payments: drilled by their owner",
        "Roles declared database administrator, service owner",
    )
    assert [sentence for sentence in wanted if sentence not in declared] == []
    silent = Page(render_html.html(PASSED)).text
    wanted = ("Criticality not declared", "Recovery plan not declared", "Why this disaster not declared")
    assert [sentence for sentence in (*wanted, "Roles declared none") if sentence not in silent] == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (None, "What changed since then cannot be told."),
        ((), "Drill and procedures are what they were then."),
        (("objectives.rto: 60.0 to 120.0",), "Drill and procedures differ from what they were then: objectives.rto"),
    ],
)
def test_what_changed_since_the_last_run_is_told(changes: tuple[str, ...] | None, says: str) -> None:
    """Or that nothing did, or that it cannot be told."""
    assert PASSED.previous is not None
    previous = PASSED.previous.model_copy(update={"changes": changes})
    assert says in Page(render_html.html(PASSED.model_copy(update={"previous": previous}))).text


def test_outage_and_backup_are_proven_where_they_can_be() -> None:
    """The confirmation, the first failure seen, attempts that failed meanwhile; backups as procedures tell of them."""
    backup = BackupTaken(label="F1", offset_s=-11.2, facts={"label": "F1", "type": "full"})
    text = Page(render_html.html(PASSED.model_copy(update={"backups": (backup,)}))).text
    wanted = (
        "held the volume data of db is gone and its container does not run",
        "First failure seen 41 ms after the disaster, by the ledger outside the lab",
        "Back for good 6.84 s after the disaster",
        "; acknowledged meanwhile: 0",
        "The recovery was told of no backup by name",
        "F1 \N{MINUS SIGN}11.200 label F1 type full",
    )
    assert [sentence for sentence in wanted if sentence not in text] == []
    nothing = Page(render_html.html(CONTROL)).text
    assert "First failure seen none: clients saw no outage" in nothing
    assert "No procedure told of a backup." in nothing


def test_the_summary_tells_deviations_and_what_it_would_have_meant() -> None:
    """Every statement that does not hold, every step that failed, what was altered and what was assumed."""
    text = Page(render_html.html(FAILED)).text.partition("Had this been real")[2].partition("In pictures")[0]
    wanted = (
        "The service would have been away for more than 10 min. Lost: 137 acknowledged writes",
        "Recovery time (RTO) violated: no write was acknowledged for good",
        "no-holes violated: 1 lost write was acknowledged before the attempt of a kept one",
        "postgres-amcheck unknown: pg_amcheck is not in the image of db",
        "playbook: restore-with-pgbackrest.yml (recover) failed: pgbackrest restore ended with code 82",
        "Altered on the command line: objectives.rto=500ms, objectives.given_up=1s",
        "People's time was assumed, not measured: 2 min 30 s",
    )
    assert [sentence for sentence in wanted if sentence not in text] == []
    assert "None: every statement held, and every step ended well." in Page(render_html.html(PASSED)).text


def test_a_recovery_time_that_cannot_be_believed_is_not_told_as_an_effect() -> None:
    """Though there is a figure: the instrument was not sound."""
    [rto] = [one for one in PASSED.objectives if one.name == "rto"]
    doubted = PASSED.model_copy(update={"objectives": (rto.model_copy(update={"state": State.UNKNOWN}),)})
    assert impact(doubted).startswith("How long the service would have been away is not known. Lost: ")


def test_what_people_write_cannot_become_markup(tmp_path: Path) -> None:
    """Notes, roles, actions and names are shown as they are, and do nothing."""

    def write(register: SyntheticRegister) -> None:
        run = register.state().runs[-1].run
        register.append(Reviewed(run=run, by=HOSTILE, role=HOSTILE, decision="accepted", note=HOSTILE))
        register.append(ActionOpened(action=HOSTILE, run=run, what=HOSTILE, owner=HOSTILE, due="2026-12-01"))

    parsed = Page(full(PASSED, tmp_path, write))
    assert (parsed.all("script"), parsed.open) == ([], [])
    assert parsed.text.count(HOSTILE) == 9


def test_the_same_entry_gives_the_same_bytes(tmp_path: Path) -> None:
    """And the page stays far below 2 MB."""
    one, other = (full(PASSED, tmp_path / name, reviewed) for name in ("a", "b"))
    assert one == other
    assert len(one) < 300_000
