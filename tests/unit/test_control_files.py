"""Control files of users: laid beside the shipped ones; every mistake in all of them at once, with its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from reports.controls.load import SHIPPED, BadControlsError, load, of_framework

if TYPE_CHECKING:
    from pathlib import Path

OURS = """\
framework: {key: ours, title: Our own rules, version: "7", status: in-force}
controls:
  - id: ours-1
    ref: Rule 1
    summary: Restores are tried.
    frequency: {max_interval: P3M, text: quarterly, source: text}
    requires: [BKP, SEAL]
    when: [passed]
    coverage: partial
    not_covered: Production.
    source: https://example.org/rules
    checked: 2026-11-20
"""


NO_INTERVAL = "is no ISO 8601 interval of days or longer, such as P1Y, P3M or P7D"


def mistakes(folder: Path, **files: str) -> list[str]:
    """Return the mistakes in control files, with the folder left out."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    with pytest.raises(BadControlsError) as raised:
        load([folder])
    return [line.removeprefix(f"{folder}/") for line in str(raised.value).replace(f" {folder}/", " ").splitlines()]


def test_a_users_controls_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    """With all that is left out at its default."""
    (tmp_path / "ours.yaml").write_text(OURS)
    controls = load([tmp_path])
    (ours,) = of_framework(controls, "ours")
    assert len(controls) == len(load()) + 1
    assert ours.model_dump(mode="json") == {
        "id": "ours-1",
        "ref": "Rule 1",
        "summary": "Restores are tried.",
        "frequency": {"max_interval": "P3M", "text": "quarterly", "on_change": False, "source": "text"},
        "requires": ["BKP", "SEAL"],
        "when": ["passed"],
        "coverage": "partial",
        "not_covered": "Production.",
        "xref": {"oscal": None, "ciso_assistant": None},
        "source": "https://example.org/rules",
        "checked": "2026-11-20",
        "framework": {"key": "ours", "title": "Our own rules", "version": "7", "status": "in-force"},
    }


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("[BKP, SEAL]", "[BKP, SEEL]", "7: controls.0.requires.1: unknown record group 'SEEL', did you mean 'SEAL'?"),
        ("[BKP, SEAL]", "[]", "7: controls.0.requires: must hold at least one"),
        ("[passed]", "[pased]", "8: controls.0.when.0: unknown condition 'pased', did you mean 'passed'?"),
        ("[passed]", "passed", "8: controls.0.when: must be a list (each item behind `- `), not 'passed'"),
        ("in-force", "inforce", "1: framework.status: unknown status 'inforce', did you mean 'in-force'?"),
        ("partial", "partly", "9: controls.0.coverage: unknown coverage 'partly', did you mean 'partial'?"),
        (
            "source: text",
            "source: law",
            "6: controls.0.frequency.source: unknown source 'law'; known: guidance, organisation, practice, text",
        ),
        ("Production.", "' '", "10: controls.0.not_covered: must say something"),
        (
            "    not_covered: Production.\n",
            "",
            "3: controls.0.not_covered: missing setting (what of the control no such run shows; never empty)",
        ),
        (
            "Production.",
            "Nothing; we are Compliant.",
            "10: controls.0.not_covered: says 'Compliant': evidence supports a judgement, and is none",
        ),
        (
            "P3M",
            "3M",
            f"6: controls.0.frequency.max_interval: '3M' {NO_INTERVAL}",
        ),
        (
            "P3M",
            "P0D",
            f"6: controls.0.frequency.max_interval: 'P0D' {NO_INTERVAL}",
        ),
        (
            "ours-1",
            "Ours 1",
            "3: controls.0.id: 'Ours 1' is no id; write small letters, digits, `.`, `-` and `_`, a letter first",
        ),
        (
            "    source: https",
            "    xref: {oscal: {control: cp-4, parts: [cp-4_smt.a, CP-4 (b)]}}\n    source: https",
            (
                "11: controls.0.xref.oscal.parts.1: 'CP-4 (b)' is no id; "
                "write small letters, digits, `.`, `-` and `_`, a letter first"
            ),
        ),
        ("Rule 1\n", "Rule 1\n    sumary: x\n", "5: controls.0.sumary: unknown setting, did you mean 'summary'?"),
        ('"7"', "7", "1: framework.version: must be text, not 7; put it in quotes"),
        ("2026-11-20", "0", "12: controls.0.checked: 0 is no date; write it as YYYY-MM-DD"),
        (
            "2026-11-20",
            "yesterday",
            "12: controls.0.checked: 'yesterday' is no date; write it as YYYY-MM-DD",
        ),
        (
            "https://",
            "http://",
            "11: controls.0.source: 'http://example.org/rules' does not fit: where it can be read, an https URL",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    """And the nearest right name, where there is one."""
    assert OURS.count(right) == 1
    assert mistakes(tmp_path, ours=OURS.replace(right, wrong)) == [f"ours.yaml:{says}"]


def test_every_mistake_in_every_file_is_told_at_once(tmp_path: Path) -> None:
    """In the order of files and lines."""
    wrong = OURS.replace("partial", "partly").replace("[passed]", "[pased]")
    assert mistakes(tmp_path, a=wrong, b="framework: [a", c="") == [
        "a.yaml:8: controls.0.when.0: unknown condition 'pased', did you mean 'passed'?",
        "a.yaml:9: controls.0.coverage: unknown coverage 'partly', did you mean 'partial'?",
        "b.yaml:1: broken YAML at column 14: the [ of line 1 is not closed, or a comma is missing",
        "c.yaml:1: is empty",
    ]


def test_names_stand_for_one_thing(tmp_path: Path) -> None:
    """A framework has one file, a control one entry, the shipped ones too."""
    shipped = SHIPPED / "dora.yaml"
    assert mistakes(
        tmp_path, ours=OURS, same=OURS, theirs=OURS.replace("key: ours", "key: dora").replace("ours-1", "x")
    ) == [
        "same.yaml:1: framework.key: framework 'ours' is here twice; first in ours.yaml:1",
        "same.yaml:3: controls.0.id: control 'ours-1' is here twice; first in ours.yaml:3",
        f"theirs.yaml:1: framework.key: framework 'dora' is here twice; first in {shipped}:2",
    ]


def test_a_directory_without_control_files_is_a_mistake(tmp_path: Path) -> None:
    """Whoever names one means to add some."""
    with pytest.raises(BadControlsError) as raised:
        load([tmp_path, tmp_path / "nowhere"])
    assert str(raised.value) == f"{tmp_path}: holds no *.yaml\n{tmp_path}/nowhere: is no directory"


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    """It is not left out in silence."""
    (tmp_path / "ours.yaml").mkdir()
    assert mistakes(tmp_path) == ["ours.yaml: cannot be read: Is a directory"]


def test_the_command_lists_frameworks_and_describes_one(tmp_path: Path) -> None:
    """The user's among them; what is not covered stands beside what is."""
    (tmp_path / "ours.yaml").write_text(OURS)
    listed = CliRunner().invoke(app, ["controls", "--controls", str(tmp_path)])
    assert (listed.exit_code, listed.stdout.count("\n")) == (0, 21)
    assert "ours                   1 controls  in-force    Our own rules\n" in listed.stdout
    described = CliRunner().invoke(app, ["controls", "ours", "--controls", str(tmp_path)])
    assert described.stdout == (
        "Our own rules, version 7: in-force\n"
        "\n"
        "ours-1 · Rule 1 · partial\n"
        "  asks for     Restores are tried.\n"
        "  how often    quarterly (P3M); from: text\n"
        "  needs        BKP, SEAL, passed\n"
        "  not covered  Production.\n"
        "\n"
        "A run in a lab is evidence for a control if its record has what the control needs:\n"
        "  BKP              the backup that was taken or chosen\n"
        "  SEAL             a seal that was verified\n"
        "  passed           PASS\n"
    )


def test_the_command_prints_json() -> None:
    """One object for each control, its framework inside."""
    printed = CliRunner().invoke(app, ["controls", "gdpr", "--json"])
    assert [(one["id"], one["framework"]["key"]) for one in json.loads(printed.stdout)] == [
        ("gdpr-32-1-c", "gdpr"),
        ("gdpr-32-1-d", "gdpr"),
    ]


def test_the_command_refuses_what_is_wrong(tmp_path: Path) -> None:
    """An unknown framework with the nearest, a file with its mistakes; both exit 2 with a hint."""
    unknown = CliRunner().invoke(app, ["controls", "dorra"])
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        "no framework 'dorra', did you mean 'dora'?\nhint: `drillmaster controls` lists the frameworks\n",
    )
    file = tmp_path / "ours.yaml"
    file.write_text(OURS.replace("SEAL", "SEEL"))
    wrong = CliRunner().invoke(app, ["controls", "--controls", str(tmp_path)])
    assert wrong.exit_code == 2
    assert wrong.stderr == (
        f"{file}:7: controls.0.requires.1: unknown record group 'SEEL', did you mean 'SEAL'?\n"
        "hint: `drillmaster controls dora --json` shows controls as their file has them\n"
    )
