"""The bundle of an audit window: whole, the same bytes each time, and nothing in it that does not belong."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from oscal_promises import accepted_by_trestle, references_resolve
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED
from synthetic_registers import OBJECTIVES, FreshKey, SyntheticRegister, seal_folder

from reports.controls.load import load
from reports.exports import csv_register
from reports.exports.bundle import Order, write_bundle
from reports.exports.window import CannotExportError
from reports.facts.programme import Programme
from reports.facts.values import Finding, State
from reports.period import Window
from reports.record import SCHEMA_VERSION
from reports.register import chain
from reports.register.entries import ActionClosed, ActionOpened, Deferred, Held, Missed, Purged, Reviewed, Started

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record

NOVEMBER = Window(first="2026-11-01", last="2026-11-30")
ORDER = Order(NOVEMBER, load(), "P7Y")
CANARY = "canary-7d1f-hunter2"


def named(record: Record, run: str, drill: str = "postgres-volume-loss", system: str = "orders") -> Record:
    """Return a record as another run's."""
    told = record.drill.model_copy(update={"name": drill, "system": system})
    return record.model_copy(update={"run": run, "drill": told})


def filled(directory: Path, key: FreshKey | None = None) -> SyntheticRegister:
    """Return a register with runs that passed, failed, were aborted, never finished, and a negative control."""
    register = SyntheticRegister(directory, key)
    critical = named(PASSED, "20261101T060000Z-0001").model_copy(
        update={"programme": Programme(criticality="critical")}
    )
    register.add(critical)
    register.add(named(FAILED, "20261101T060100Z-0002"))
    register.add(named(CONTROL, "20261101T060200Z-0003", drill="quiet-server"))
    register.add(named(ABORTED, "20261101T060300Z-0004", system="billing", drill="redis-loss"))
    register.start(named(PASSED, "20261101T060400Z-0005"))
    register.append(Missed(drill="postgres-volume-loss", due="2026-11-08T05:00:00.000000Z", reason="=nobody was there"))
    register.append(
        Deferred(
            drill="redis-loss",
            due="2026-11-09T05:00:00.000000Z",
            until="2026-11-16T05:00:00.000000Z",
            reason="freeze",
            approver="p-9",
        )
    )
    opened = ActionOpened(
        action="A-1", run="20261101T060100Z-0002", what="restore faster", owner="p-1", due="2026-12-01"
    )
    register.append(opened)
    register.append(ActionClosed(action="A-1", by="p-1", retest="20261101T060000Z-0001", note="two processes"))
    register.append(
        Reviewed(run="20261101T060000Z-0001", by="p-2", role="head of operations", decision="accepted", note="sound")
    )
    return register


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return a bundle of all runs of a signed register."""
    directory = tmp_path_factory.mktemp("bundle")
    filled(directory / "evidence", FreshKey())
    write_bundle(directory / "evidence", directory / "bundle.zip", ORDER)
    return zipfile.ZipFile(directory / "bundle.zip")


def rows(exported: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    """Return a table of a bundle."""
    return list(csv.DictReader(io.StringIO(exported.read(f"audit_window/{name}.csv").decode(), newline="")))


def test_the_population_is_every_run_and_what_did_not_run(exported: zipfile.ZipFile) -> None:
    """Aborted, unfinished, missed and deferred ones too; negative controls stand apart."""
    told = [(row["what"], row["run"], row["verdict"], row["schedule"]) for row in rows(exported, "population")]
    assert told == [
        ("run", "20261101T060000Z-0001", "PASS", "unscheduled"),
        ("run", "20261101T060100Z-0002", "FAIL", "unscheduled"),
        ("run", "20261101T060300Z-0004", "ABORTED", "unscheduled"),
        ("run", "20261101T060400Z-0005", "ABORTED", "unscheduled"),
        ("missed", "", "", "missed"),
        ("deferred", "", "", "deferred"),
    ]
    assert [row["run"] for row in rows(exported, "negative-controls")] == ["20261101T060200Z-0003"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\n=1+1", "'=1+1"),
        (" \t\r=1+1", "'=1+1"),
        ("\u00a0=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("one\ntwo", "one two"),
        (-0.5, "-0.5"),
    ],
)
def test_whatever_was_said_is_text_in_a_table(said: object, written: str) -> None:
    """Blanks and line ends before a formula hide it from nobody; figures stay figures."""
    assert list(csv.reader(io.StringIO(csv_register.table(["says"], [{"says": said}])))) == [["says"], [written]]


def test_a_cell_is_no_formula(exported: zipfile.ZipFile) -> None:
    """A spreadsheet must not calculate what somebody wrote as a reason."""
    assert [row["says"] for row in rows(exported, "population") if row["what"] == "missed"] == ["'=nobody was there"]


def test_failures_stand_beside_their_fixes(exported: zipfile.ZipFile) -> None:
    """With the run that showed the fix; a run that did not pass without an action says so."""
    told = [
        (row["run"], row["verdict"], row["state"], row["retest"], row["retest_verdict"])
        for row in rows(exported, "failures")
    ]
    assert told == [
        ("20261101T060100Z-0002", "FAIL", "mended", "20261101T060000Z-0001", "PASS"),
        ("20261101T060300Z-0004", "ABORTED", "no action was opened", "", ""),
        ("20261101T060400Z-0005", "ABORTED", "no action was opened", "", ""),
    ]


def test_evidence_is_found_by_control(exported: zipfile.ZipFile) -> None:
    """Every control is listed with what it leaves open; only runs that count are its evidence."""
    controls = rows(exported, "controls")
    assert [row["control"] for row in controls] == [control.id for control in load()]
    assert "" not in {row["not_covered"] for row in controls}
    evidence = rows(exported, "evidence")
    assert {row["run"] for row in evidence} <= {"20261101T060000Z-0001", "20261101T060100Z-0002"}
    counts = {row["control"]: int(row["runs_that_count"]) for row in controls}
    assert counts == {name: sum(row["control"] == name for row in evidence) for name in counts}


@pytest.mark.parametrize(("reviewer", "runs"), [("p-1", "0"), ("p-2", "1")])
def test_a_review_by_another_person_than_the_operator_counts(tmp_path: Path, reviewer: str, runs: str) -> None:
    """Where it is known which person operated the run."""
    register = SyntheticRegister(tmp_path / "evidence", FreshKey())
    folder = register.add(named(PASSED, "20261101T060000Z-0001"))
    register.append(Reviewed(run=folder.name, by=reviewer, role="owner", decision="accepted", note=""))
    known = replace(ORDER, id_of={PASSED.operator: "p-1"}.__getitem__)
    write_bundle(register.evidence, tmp_path / "bundle.zip", known)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        counts = {row["control"]: row["runs_that_count"] for row in rows(bundle, "controls")}
    assert counts["cp-4-b"] == runs


def test_every_file_stands_in_the_manifest_as_it_is(exported: zipfile.ZipFile) -> None:
    """With digest, size and dates; the manifest is the only file that it does not list."""
    manifest = json.loads(exported.read("manifest.json"))
    listed = {one["path"]: one for one in manifest["files"]}
    contents = {name: exported.read(name) for name in exported.namelist()}
    assert listed.keys() == contents.keys() - {"manifest.json"}
    assert {name: (one["sha256"], one["bytes"]) for name, one in listed.items()} == {
        name: (sha256(raw).hexdigest(), len(raw)) for name, raw in contents.items() if name != "manifest.json"
    }
    run = listed["postgres-volume-loss/20261101T060000Z-0001/record.json"]
    assert (run["media_type"], run["run"]) == ("application/json", "20261101T060000Z-0001")
    assert (run["effective"], run["retain_until"]) == ("2026-11-01", "2033-11-01")
    assert run["effective"] < run["renewal"] <= "2027-11-01"
    assert [(one["system"], one["criticality"], len(one["runs"])) for one in manifest["systems"]] == [
        ("orders", "critical", 4),
        ("billing", None, 1),
    ]


def test_runs_leave_as_they_were_sealed(exported: zipfile.ZipFile, tmp_path: Path) -> None:
    """The register and the runs' folders stand in the zip as in the evidence directory."""
    evidence = tmp_path / "evidence"
    filled(evidence)
    folder = evidence / "postgres-volume-loss" / "20261101T060100Z-0002"
    inside = f"postgres-volume-loss/{folder.name}/"
    names = {name.removeprefix(inside) for name in exported.namelist() if name.startswith(inside)}
    assert names == {path.name for path in folder.iterdir()} | {"seal.json", "test-result.json"}
    assert exported.read(f"{inside}record.json") == (folder / "record.json").read_bytes()


def test_oscal_documents_lead_to_the_files_beside_them(exported: zipfile.ZipFile) -> None:
    """Every run whose record was read has assessment results, each system with failures a plan; all links exist."""
    names = [name for name in exported.namelist() if name.startswith("audit_window/oscal/")]
    assert [name.rpartition("/")[2] for name in names] == [
        "20261101T060000Z-0001.json",
        "20261101T060100Z-0002.json",
        "20261101T060200Z-0003.json",
        "20261101T060300Z-0004.json",
        "plan-of-action-1.json",
    ]
    for name in names:
        document = json.loads(exported.read(name))
        references_resolve(document)
        accepted_by_trestle(document)
        resources = next(iter(document.values()))["back-matter"]["resources"]
        links = {link["href"]: link["hashes"][0]["value"] for one in resources for link in one["rlinks"]}
        found = {href: sha256(exported.read(href.removeprefix("../../"))).hexdigest() for href in links}
        assert found == links


def test_trends_are_pictures(exported: zipfile.ZipFile) -> None:
    """One of the recovery times and one of the losses, for each drill of which anything is known."""
    names = [name for name in exported.namelist() if "/trends/" in name]
    assert names == [
        "audit_window/trends/postgres-volume-loss-rpo.svg",
        "audit_window/trends/postgres-volume-loss-rto.svg",
    ]
    assert exported.read(names[0]).startswith(b'<svg xmlns="http://www.w3.org/2000/svg" ')


def test_the_first_page_counts_what_is_there(exported: zipfile.ZipFile) -> None:
    """In words: how many runs, how they ended, what was due, and of which systems."""
    text = exported.read("AuditInfo.txt").decode()
    sentences = (
        "Every run that started in this window is told of here: 4 in all.",
        "  ABORTED            2",
        "Apart from them, 1 negative control tested the drills; caught: 1.",
        "  missed             1\n",
        "  critical           3  orders",
        "  20261101T060400Z-0005: The run never finished: it counts as aborted.",
    )
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_no_name_adds_lines_to_the_first_page(tmp_path: Path) -> None:
    """What somebody wrote stays in the line where it belongs."""
    register = SyntheticRegister(tmp_path / "evidence")
    register.add(named(PASSED, "20261101T060000Z-0001", system="orders\n  PASS              99"))
    write_bundle(register.evidence, tmp_path / "bundle.zip", ORDER)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert "  not declared       1  orders PASS 99\n" in bundle.read("AuditInfo.txt").decode()


def test_actions_stand_the_same_in_all_that_is_derived(tmp_path: Path) -> None:
    """As of the register's last entry, also where the window ended earlier."""
    register = SyntheticRegister(tmp_path / "evidence")
    folder = register.add(named(FAILED, "20261101T060000Z-0001"))
    register.append(ActionOpened(action="A-1", run=folder.name, what="mend it", owner="p-1", due="2026-11-02"))
    later = Reviewed(run=folder.name, by="p-2", role="owner", decision="rejected", note="")
    raw, register.position = chain.line(register.position, later, "2026-11-03T06:00:00.000000Z", ())
    with register.path.open("ab") as file:
        file.write(raw)
    window = Window(first="2026-11-01", last="2026-11-01")
    write_bundle(register.evidence, tmp_path / "bundle.zip", Order(window, load(), "P7Y"))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        (result,) = json.loads(bundle.read(f"audit_window/oscal/{folder.name}.json"))["assessment-results"]["results"]
        told = {prop["name"]: prop["value"] for prop in result["risks"][0]["remediations"][0]["props"]}
        assert [row["state"] for row in rows(bundle, "failures")] == ["overdue"] == [told["state"]]


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    """Names in order, times and modes that do not depend on the machine."""
    filled(tmp_path / "evidence")
    for name in ("one.zip", "other.zip"):
        write_bundle(tmp_path / "evidence", tmp_path / name, ORDER)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as bundle:
        members = bundle.infolist()
    assert [member.filename for member in members] == sorted(member.filename for member in members)
    assert {member.date_time for member in members} == {(1980, 1, 1, 0, 0, 0)}
    assert {stat.filemode(member.external_attr >> 16) for member in members} == {"-rw-r--r--"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence", "one.zip", "other.zip"]


def test_an_export_writes_to_nothing_that_another_may_write_to(tmp_path: Path) -> None:
    """Two of the same window at once each make the whole file; nothing has a name that both would choose."""
    filled(tmp_path / "evidence")
    other = tmp_path / ".bundle.zip.part"
    other.write_text("of another export")
    write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", ORDER)
    assert other.read_text() == "of another export"


def test_nothing_leaves_but_what_belongs_to_the_runs(tmp_path: Path) -> None:
    """Not names of people, keys, what lies beside a seal's files, nor texts from findings' figures in derived files."""
    evidence = tmp_path / "evidence"
    register = SyntheticRegister(evidence, FreshKey())
    row = Finding(name="postgres-content", state=State.VIOLATED, says="1 table differs", seen={"tables": [CANARY]})
    folder = register.add(named(FAILED, "20261101T060000Z-0001").model_copy(update={"findings": (row,)}))
    register.append(Held(run=folder.name, held=True, by="p-1", reason="audit"))
    for path in (
        evidence / "people.json",
        evidence / "signing-key.pem",
        evidence / "register.lock",
        evidence / "notes.txt",
        folder.parent / "dump.sql",
        folder / "run.lock",
        folder / "dump.sql",
    ):
        path.write_text(CANARY)
    write_bundle(evidence, tmp_path / "bundle.zip", ORDER)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        hits = [name for name in bundle.namelist() if CANARY.encode() in bundle.read(name)]
        assert {name for name in hits if not name.startswith("postgres-volume-loss/")} == set()
        assert {name.rpartition("/")[2] for name in hits} == {"record.json", "report.html", "junit.xml"}


def _refusal(evidence: Path, order: Order = ORDER) -> tuple[str, str]:
    with pytest.raises(CannotExportError) as refused:
        write_bundle(evidence, evidence.parent / "bundle.zip", order)
    assert sorted(path.name for path in evidence.parent.iterdir()) == [evidence.name]
    return refused.value.message.replace(f"{evidence}/", ""), refused.value.hint


def test_a_window_that_cannot_be_is_refused(tmp_path: Path) -> None:
    """Turned round, without runs, of an unknown system; nothing is left behind."""
    filled(tmp_path / "evidence")
    turned = Window(first="2026-11-30", last="2026-11-01")
    assert _refusal(tmp_path / "evidence", Order(turned, (), "P7Y")) == (
        "the window begins on 2026-11-30, after its end on 2026-11-01",
        "exchange --from and --to",
    )
    empty = Window(first="2027-01-01", last="2027-01-31")
    assert _refusal(tmp_path / "evidence", Order(empty, (), "P7Y")) == (
        "no run started from 2027-01-01 to 2027-01-31",
        "runs started from 2026-11-01 to 2026-11-01",
    )
    other = NOVEMBER.model_copy(update={"system": "order"})
    assert _refusal(tmp_path / "evidence", Order(other, (), "P7Y")) == (
        "unknown system 'order', did you mean 'orders'?",
        "each drill names its system",
    )


def test_one_system_can_be_asked_for(tmp_path: Path) -> None:
    """Only its runs leave; the register, which is one chain, leaves whole."""
    register = filled(tmp_path / "evidence")
    window = NOVEMBER.model_copy(update={"system": "billing"})
    found = write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", Order(window, (), "P7Y")).period
    assert [(line.run, line.verdict) for line in found.runs] == [("20261101T060300Z-0004", "ABORTED")]
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert {name.partition("/")[0] for name in bundle.namelist() if name.count("/") > 1} == {
            "audit_window",
            "redis-loss",
        }
        assert bundle.read("register.jsonl") == register.path.read_bytes()


HINT = "`drillmaster verify` says what is wrong with the evidence; a window without this run can be exported"


def test_what_a_run_that_never_ended_left_is_not_taken_from_elsewhere(tmp_path: Path) -> None:
    """A link in its place, or in that of its drill, leads to files that are nobody's evidence."""
    register = SyntheticRegister(tmp_path / "evidence", FreshKey())
    record = named(PASSED, "20261101T060000Z-0001")
    register.start(record)
    elsewhere = register.evidence / "elsewhere"
    (elsewhere / record.run).mkdir(parents=True)
    (elsewhere / record.run / "private").write_text("")
    drill = register.evidence / "postgres-volume-loss"
    drill.symlink_to(elsewhere)
    assert _refusal(register.evidence) == ("postgres-volume-loss: is a link; evidence holds plain files", HINT)
    drill.unlink()
    drill.mkdir()
    (drill / record.run).symlink_to(elsewhere / record.run)
    says = f"postgres-volume-loss/{record.run}: is a link; evidence holds plain files"
    assert _refusal(register.evidence) == (says, HINT)


def test_evidence_that_is_not_as_it_was_is_refused(tmp_path: Path) -> None:
    """A file changed, missing or a link, a record that the register does not tell of, a folder that is gone."""
    evidence = tmp_path / "evidence"
    folder = SyntheticRegister(evidence, FreshKey()).add(named(PASSED, "20261101T060000Z-0001"))
    where = f"postgres-volume-loss/{folder.name}"
    report = (folder / "report.html").read_text()
    (folder / "report.html").write_text(report + " ")
    assert _refusal(evidence) == (f"{where}/report.html: is not as it was sealed", HINT)
    (folder / "report.html").unlink()
    assert _refusal(evidence) == (f"{where}/report.html: is not as it was sealed", HINT)
    (folder / "report.html").symlink_to("/etc/hostname")
    assert _refusal(evidence) == (f"{where}/report.html: is a link; evidence holds plain files", HINT)
    (folder / "seal.json").write_text("{}")
    (folder / "report.html").unlink()
    assert _refusal(evidence)[0].startswith(f"{where}/seal.json: no DSSE envelope")
    (folder / "record.json").write_text("{}")
    assert _refusal(evidence) == (f"{where}/record.json: is not the record that the register tells of", HINT)
    folder.rename(evidence / "elsewhere")
    assert _refusal(evidence) == (f"{where}: is missing", HINT)


def test_a_run_that_was_sealed_anew_is_refused(tmp_path: Path) -> None:
    """Whoever changed its report can seal it by a key of their own, but not in the register."""
    evidence = tmp_path / "evidence"
    register = SyntheticRegister(evidence, FreshKey())
    record = named(PASSED, "20261101T060000Z-0001")
    folder = register.add(record)
    (folder / "report.html").write_text("<h1>PASS</h1>")
    seal_folder(folder, record, register.position, FreshKey())
    where = f"postgres-volume-loss/{folder.name}"
    assert _refusal(evidence) == (f"{where}/seal.json: is not the seal that the register tells of", HINT)


def test_a_run_whose_name_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    """A register may come from anywhere; no path in it leads out of the evidence directory."""
    register = SyntheticRegister(tmp_path / "evidence")
    register.start(named(PASSED, "../../etc"))
    assert _refusal(tmp_path / "evidence")[0].endswith(
        "run '../../etc' of 'postgres-volume-loss' is no name of a folder"
    )


def test_a_record_of_a_newer_schema_leaves_as_a_file(tmp_path: Path) -> None:
    """It is named, and nothing is read from it."""
    evidence = tmp_path / "evidence"
    register = SyntheticRegister(evidence)
    record = named(PASSED, "20261101T060000Z-0001")
    started = register.start(record)
    folder = evidence / record.drill.name / record.run
    folder.mkdir(parents=True)
    (folder / "record.json").write_text('{"schema_version": "9.0", "verdict": {"is": "otherwise"}}')
    register.finish(folder, record, started)
    found = write_bundle(evidence, tmp_path / "bundle.zip", ORDER)
    says = f"Its record has schema 9.0; this version of drillmaster knows {SCHEMA_VERSION}."
    assert found.uninterpreted == (f"{record.run}: {says}",)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert f"postgres-volume-loss/{record.run}/record.json" in bundle.namelist()
        assert [row["says"] for row in rows(bundle, "population")] == ["Its record cannot be read by this version."]


def test_a_purged_run_stays_in_the_population(tmp_path: Path) -> None:
    """Its entries tell that it was, and until when its files were kept."""
    register = SyntheticRegister(tmp_path / "evidence")
    folder = register.add(named(PASSED, "20261101T060000Z-0001"))
    register.append(Purged(run=folder.name, retained_until="2026-11-02"))
    write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", ORDER)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        assert [(row["verdict"], row["files"], row["says"]) for row in rows(bundle, "population")] == [
            ("PASS", "0", "Its files were kept until 2026-11-02, and purged then.")
        ]
        assert [name for name in bundle.namelist() if name.startswith("postgres")] == []


def test_schedules_are_kept_or_not(tmp_path: Path) -> None:
    """A run that starts within a day of its due moment is on time."""
    register = SyntheticRegister(tmp_path / "evidence")
    for run, due in (
        ("20261101T060000Z-0001", "2026-10-31T07:00:00"),
        ("20261101T060100Z-0002", "2026-10-31T05:00:00"),
    ):
        planned = Started(
            run=run,
            drill="d",
            system="s",
            drill_sha256="",
            objectives=OBJECTIVES,
            operator="o",
            trigger="schedule",
            due=f"{due}.000000Z",
            control=False,
        )
        register.append(planned)
    kept = write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", ORDER).period.adherence
    assert (kept.due, kept.on_time, kept.late, kept.unscheduled) == (2, 1, 1, 0)
