"""The shapes of a drill: what an existing backup and a tabletop need no word of, and what they cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.errors import BadDrillError

if TYPE_CHECKING:
    from pathlib import Path

SIX_LINES = """\
extends: existing-pgbackrest
drill: monthly-check
system: orders
owner: data-platform
protect: [existing: {from: /srv/pgbackrest, as: pgbackrest, stanza: shop}]
objectives: {rto: 10m, rpo: 24h}
"""
MEANINGLESS = "has no meaning for an existing backup"
NO_LOOK = "no check looks at the data; add one, such as postgres-restored: without it an empty service passes"
NO_BEFORE = "compares with what the service held before, and of an existing backup there is no before"


def written(folder: Path, more: str = "") -> Path:
    """Write the six lines, and more; return the file."""
    file = folder / "drill.yaml"
    file.write_text(SIX_LINES + more)
    return file


def test_six_lines_are_a_drill(tmp_path: Path) -> None:
    """All else comes from the shipped drill, found by its name."""
    drill = loader.load(written(tmp_path)).drill
    assert (drill.existing, drill.workload, drill.disaster) == (True, [], [])
    assert [step.title for step in drill.recover] == ["playbook: restore-with-pgbackrest.yml", "start: db"]


def test_a_file_beside_the_drill_comes_before_a_shipped_name(tmp_path: Path) -> None:
    """What a user has named is what is extended."""
    (tmp_path / "existing-pgbackrest").write_text("drill: own")
    with pytest.raises(BadDrillError, match="lab: missing setting"):
        loader.load(written(tmp_path))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("workload: [ledger: db]\n", f"7: workload: {MEANINGLESS}: there is no system that is lost"),
        ("disaster: [kill-service: db]\n", f"7: disaster: {MEANINGLESS}: there is no system that is lost"),
        ("backup_age: 5m\n", f"7: backup_age: {MEANINGLESS}: there is no system that is lost"),
        ("assume: {decide: 5m}\n", f"7: assume.decide: {MEANINGLESS}: people are not in its clock"),
        ("recover_to: random\n", "7: recover_to: is a setting of `existing` here: `until`"),
        (
            "checks: [postgres-amcheck: db, no-egress: db]\n",
            f"7: checks: {NO_LOOK}",
        ),
        (
            "checks: [postgres-restored: db]\n",
            "7: checks: no check looks for a way out; add no-egress: a copy of production must reach nobody",
        ),
        (
            "checks: [postgres-content: db, postgres-restored: db, no-egress: db]\n",
            f"7: checks: postgres-content {NO_BEFORE}",
        ),
    ],
)
def test_what_does_not_fit_an_existing_backup_is_told(tmp_path: Path, more: str, says: str) -> None:
    """Each with its line."""
    file = written(tmp_path, more)
    with pytest.raises(BadDrillError) as error:
        loader.load(file)
    assert error.value.message == f"{file}:{says}"


OF_PEOPLE = """\
extends: tabletop-lost-database
drill: our-tabletop
"""
NO_SYSTEM = "has no meaning for a tabletop: there is no system, only people"


def test_a_tabletop_needs_no_lab(tmp_path: Path) -> None:
    """Its effective form, all defaults in it, is the same drill."""
    file = tmp_path / "drill.yaml"
    file.write_text(OF_PEOPLE)
    loaded = loader.load(file)
    assert loaded.drill.lab.services == {}
    file.write_text(loader.dump(loaded))
    assert loader.load(file).drill == loaded.drill


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("checks: [no-egress: db]\nlab: {services: {db: {type: redis, image: i}}}\n", [f"3: checks: {NO_SYSTEM}"]),
        ("assume: {decide: 5m}\n", ["3: assume.decide: has no meaning for a tabletop: people take part"]),
        ("recover_to: random\n", ["3: recover_to: has no meaning for a tabletop: nothing is restored"]),
        ("objectives: {rpo: 5s}\n", ["3: objectives.rpo: has no meaning for a tabletop: write none, and why"]),
        (
            "objectives: {given_up: 5s}\n",
            ["3: objectives.given_up: has no meaning for a tabletop: nothing is restored"],
        ),
        (
            "recover: [playbook: restore-with-pgbackrest.yml]\n",
            ["3: recover.0.playbook: playbook is no step of a tabletop, which is of `manual` and `call` alone"],
        ),
    ],
)
def test_what_does_not_fit_a_tabletop_is_told(tmp_path: Path, more: str, says: list[str]) -> None:
    """Each with its line."""
    file = tmp_path / "drill.yaml"
    file.write_text(OF_PEOPLE + more)
    with pytest.raises(BadDrillError) as error:
        loader.load(file)
    told = error.value.message.replace(f"{file}:", "").splitlines()
    assert told[: len(says)] == says


def test_any_other_drill_needs_a_lab_and_checks(tmp_path: Path) -> None:
    """As a missing setting of every drill would be told."""
    file = tmp_path / "drill.yaml"
    file.write_text(SIX_LINES.replace("extends: existing-pgbackrest\n", "title: x\nrecover: [start: db]\n"))
    with pytest.raises(BadDrillError) as error:
        loader.load(file)
    missing = [line for line in error.value.message.replace(f"{file}:", "").splitlines() if "missing" in line]
    assert missing == [
        "1: checks: missing setting (looks at the recovered system)",
        "1: lab: missing setting (what is built for the run)",
    ]
