"""The two shapes of a drill: what an existing backup needs no word of, and what it cannot do without."""

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
