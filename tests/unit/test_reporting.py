"""Reports that look back, as the command line gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from synthetic_records import FAILED, PASSED
from synthetic_registers import FreshKey, SyntheticRegister
from synthetic_runs import healthy_run
from typer.testing import CliRunner

from orchestrator.cli import app
from reports import render_html, render_text
from reports.facts.events import RunPlanned
from reports.judge import judge
from reports.record import Record

if TYPE_CHECKING:
    from click.testing import Result

RUN = "20261121T060000Z-abcd"
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")


def drillmaster(evidence: Path, *arguments: str) -> Result:
    """Return how a command on an evidence directory ended; nobody has a key."""
    environment = {"DRILLMASTER_EVIDENCE": str(evidence), "DRILLMASTER_KEYS": str(evidence / "no-keys")}
    return CliRunner().invoke(app, arguments, env=environment)


def judged_run(register: SyntheticRegister) -> Path:
    """Add a real run, which judges to its own record, to a register; return its folder."""
    folder = register.evidence / "postgres-volume-loss" / RUN
    run = healthy_run()
    run.change(RunPlanned, run=RUN)
    record = judge(run.save(folder))
    (folder / "record.json").write_text(record.model_dump_json(indent=2) + "\n")
    (folder / "drill.yaml").write_text("drill: postgres-volume-loss\n")
    register.finish(folder, record, register.start(record))
    return folder


def test_a_run_s_report_tells_what_the_register_says_since(tmp_path: Path) -> None:
    """Reviews, files and the entry up to which it tells; the record itself never changes with what people do."""
    register = SyntheticRegister(tmp_path, FreshKey())
    folder = judged_run(register)
    (folder / "notes.txt").write_text("not sealed\n")
    page, text, record = (
        drillmaster(tmp_path, "report", RUN, "--as", form).stdout for form in ("html", "text", "json")
    )
    assert "NOT YET REVIEWED</strong> Nobody has looked at this evidence yet." in page
    assert f"as of entry {register.position.seq}" in page
    assert page.count('<td class="t">sealed</td>') == 7
    assert page.count('<td class="t">not sealed</td>') == 1
    assert text.splitlines()[-2:] == [
        "NOT YET REVIEWED: Nobody has looked at this evidence yet.",
        f"As of entry {register.position.seq} of register {register.position.register_id}",
    ]
    assert "Controls for which this run counts as evidence" in page
    assert "Controls for which it does not count, and what it lacks" in page
    assert "compliant" not in page.lower()
    assert len(page) < 500_000
    assert record == (folder / "record.json").read_text()
    reviewed = drillmaster(tmp_path, "review", RUN, "--by", "Ann", "--role", "owner", "--decision", "accepted")
    assert (reviewed.exit_code, reviewed.stdout) == (2, "")
    assert reviewed.stderr.startswith(f"{register.path}: its entries are signed, and you have no key")


def test_a_run_in_no_register_has_its_record_s_report(tmp_path: Path) -> None:
    """Evidence made before there was one, or beside it, is told as it was sealed."""
    register = SyntheticRegister(tmp_path)
    folder = judged_run(register)
    record = Record.model_validate_json((folder / "record.json").read_bytes())
    register.path.unlink()
    assert drillmaster(tmp_path, "report", RUN, "--as", "html").stdout == render_html.html(record)
    assert drillmaster(tmp_path, "report", RUN).stdout == render_text.text(record)


def test_evidence_that_is_not_as_registered_is_held_against_no_control(tmp_path: Path) -> None:
    """The report is still made, and says why."""
    register = SyntheticRegister(tmp_path)
    folder = judged_run(register)
    (folder / "record.json").write_text("{}")
    page = drillmaster(tmp_path, "report", RUN, "--as", "html").stdout
    says = f"Controls were not looked at: {folder / 'record.json'}: is not the record that the register tells of."
    assert says in page


def test_people_do_their_part_on_the_command_line(tmp_path: Path) -> None:
    """A review, an action from its opening to its end, and what is listed meanwhile."""
    judged_run(SyntheticRegister(tmp_path))
    ann = ("--by", "Ann Miller")
    said = [
        drillmaster(tmp_path, "review", "latest", *ann, "--role", "owner", "--decision", "accepted-with-remarks"),
        drillmaster(tmp_path, "action", "open", RUN, "--what", "Add memory", "--owner", "Ben", "--due", "2026-01-02"),
        drillmaster(tmp_path, "action", "list", "--overdue"),
        drillmaster(tmp_path, "action", "close", "A-1", *ann, "--accept-risk", "--note", "Too rare."),
        drillmaster(tmp_path, "action", "list", "--open"),
        drillmaster(tmp_path, "action", "close", "A-1", *ann, "--accept-risk", "--note", "Again."),
    ]
    assert [(one.exit_code, one.stdout) for one in said] == [
        (0, "One person accepted this evidence, with remarks.\n"),
        (0, "A-1\n"),
        (0, f"A-1     overdue   2026-01-02  Ben                   Add memory  {RUN}\n"),
        (0, "A-1 is closed\n"),
        (0, ""),
        (2, ""),
    ]
    listed = json.loads(drillmaster(tmp_path, "action", "list", "--json").stdout)
    assert [(one["action"], one["state"], one["owner_name"]) for one in listed] == [("A-1", "accepted", "Ben")]


@pytest.mark.parametrize("how", [(), ("--retest", RUN, "--accept-risk")])
def test_an_action_is_closed_in_one_way(tmp_path: Path, how: tuple[str, ...]) -> None:
    """By a run or by taking the risk; neither and both are refused before anything is read."""
    ended = drillmaster(tmp_path, "action", "close", "A-1", "--by", "Ann", *how)
    assert ended.exit_code == 2
    assert "give one of --retest RUN and --accept-risk" in ended.stderr


def test_a_period_is_told_in_every_form(tmp_path: Path) -> None:
    """As text, JSON and page; the board's page too; each follows from the register and the records."""
    register = SyntheticRegister(tmp_path)
    for run, record in (("r1", PASSED), ("r2", FAILED)):
        register.add(record.model_copy(update={"run": run}))
    period = json.loads(drillmaster(tmp_path, "report", *NOVEMBER, "--as", "json").stdout)
    board = json.loads(drillmaster(tmp_path, "report", "--board", *NOVEMBER, "--as", "json").stdout)
    assert [line["run"] for line in period["runs"]] == ["r1", "r2"]
    assert [figure["value"] for figure in board["figures"]] == ["none due", "1 of 2", "more than 10 min", "7.93 s", "0"]
    assert "Drills passed        1 of 2" in drillmaster(tmp_path, "report", *NOVEMBER).stdout
    assert "r2" in drillmaster(tmp_path, "report", *NOVEMBER, "--as", "html", "--system", "orders").stdout
    file = tmp_path / "board.html"
    written = drillmaster(tmp_path, "report", "--board", *NOVEMBER, "--as", "html", "--output", str(file))
    assert (written.exit_code, written.stdout) == (0, "")
    assert "Can we recover? 2026-11-01 to 2026-11-30" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a run, a series or a proof, or a period with --from and --to"),
        ((RUN, *NOVEMBER), "name a run, a series or a proof, or a period with --from and --to"),
        ((RUN, "--board"), "name a run, a series or a proof, or a period with --from and --to"),
        (("--from", "2026-11-01"), "name a run, a series or a proof, or a period with --from and --to"),
        (("--from", "2026-11-31", "--to", "2026-12-01"), "'2026-11-31' does not match the formats '%Y-%m-%d'"),
        ((*NOVEMBER, "--as", "pdf"), "a PDF is written to a file: name it with --output"),
        ((*NOVEMBER, "--as", "junit"), "a period cannot be told as junit\nhint: it can as text, html, pdf or json\n"),
        (
            ("--from", "2026-12-01", "--to", "2026-11-01"),
            "the window begins on 2026-12-01, after its end on 2026-11-01\nhint: exchange --from and --to\n",
        ),
        ((*NOVEMBER, "--system", "order"), "unknown system 'order', did you mean 'orders'?"),
        (
            ("--from", "2026-12-01", "--to", "2026-12-31"),
            "no run started from 2026-12-01 to 2026-12-31\nhint: runs started from 2026-11-01 to 2026-11-01\n",
        ),
    ],
)
def test_what_cannot_be_told_is_refused(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    """With what is wrong and what to try; exit code 2."""
    SyntheticRegister(tmp_path).add(PASSED)
    ended = drillmaster(tmp_path, "report", *arguments)
    assert ended.exit_code == 2
    assert says in ended.stderr


def test_a_period_without_a_register_is_refused(tmp_path: Path) -> None:
    """There is no population to tell of."""
    ended = drillmaster(tmp_path, "report", *NOVEMBER)
    hint = "hint: a register stands in an evidence directory; the first run makes it\n"
    assert (ended.exit_code, ended.stderr) == (
        2,
        f"{tmp_path / 'register.jsonl'}: cannot be read: No such file or directory\n{hint}",
    )


def test_a_report_is_written_where_it_was_asked_for(tmp_path: Path) -> None:
    """Through a link, which stays one; a place that cannot be written is the user's mistake, and no abort."""
    register = SyntheticRegister(tmp_path / "evidence")
    folder = judged_run(register)
    told = drillmaster(register.evidence, "report", RUN).stdout
    (tmp_path / "real.txt").write_text("older")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert drillmaster(register.evidence, "report", RUN, "--output", str(tmp_path / "link.txt")).exit_code == 0
    assert ((tmp_path / "link.txt").is_symlink(), (tmp_path / "real.txt").read_text()) == (True, told)
    there = sorted(tmp_path.iterdir())
    done = drillmaster(register.evidence, "report", RUN, "--output", str(tmp_path))
    says = f"{tmp_path}: cannot be written: Is a directory\nhint: name another file with --output\n"
    assert (done.exit_code, done.stderr, sorted(tmp_path.iterdir())) == (2, says, there)
    assert drillmaster(register.evidence, "report", RUN, "--output", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()
    (folder / "record.json").unlink()
    (folder / "record.json").mkdir()
    unreadable = drillmaster(register.evidence, "report", *NOVEMBER)
    assert (unreadable.exit_code, unreadable.stderr.splitlines()[0]) == (
        2,
        f"{folder}/record.json: cannot be read: Is a directory",
    )


def test_a_verdict_that_was_never_registered_is_not_told(tmp_path: Path) -> None:
    """The engine died, or its disk was full, just before: the run counts as ABORTED, whatever its journal says."""
    register = SyntheticRegister(tmp_path)
    judged_run(register)
    lines = register.path.read_bytes().splitlines(keepends=True)
    register.path.write_bytes(b"".join(lines[:-1]))
    (row,) = json.loads(drillmaster(tmp_path, "runs", "--json").stdout)
    assert row == {
        "run": RUN,
        "drill": "postgres-volume-loss",
        "verdict": "ABORTED",
        "sentence": "The register does not tell of its end; sweep closes it.",
    }
    for form in ("text", "json", "html"):
        done = drillmaster(tmp_path, "report", RUN, "--as", form)
        assert (done.exit_code, done.stdout, done.stderr) == (
            2,
            "",
            (
                f"run {RUN}: the register does not tell of its end: it counts as ABORTED\n"
                "hint: `drillmaster sweep` closes it, unless its engine is about to\n"
            ),
        )
    register.path.write_bytes(b"".join(lines))
    assert [row["verdict"] for row in json.loads(drillmaster(tmp_path, "runs", "--json").stdout)] == ["PASS"]
