"""The drills that come with the project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.files import DRILLS

if TYPE_CHECKING:
    from pathlib import Path

CASES = loader.shipped()


def test_there_are_shipped_drills() -> None:
    """An empty list would make every test below pass."""
    assert CASES


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_shipped_drill_loads_under_its_own_name(path: Path) -> None:
    """Every drill is sound and named after its file."""
    loaded = loader.load(path)
    assert (loaded.drill.drill, loaded.altered) == (path.stem, ())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_controls_and_only_controls_expect_to_be_caught(path: Path) -> None:
    """What lies in sabotaged/ names its finding; nothing else does."""
    assert (loader.load(path).drill.expect is not None) == (path.parent == DRILLS / "sabotaged")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_record_of_a_shipped_drill_loads_to_the_same_drill(path: Path, tmp_path: Path) -> None:
    """The effective drill, dumped, is the drill: a run can be repeated from its record."""
    loaded = loader.load(path)
    for beside in ("images", "seeds"):
        (tmp_path / beside).symlink_to(DRILLS / beside)
    (tmp_path / "drill.yaml").write_text(loader.dump(loaded))
    again = loader.load(tmp_path / "drill.yaml")
    assert (again.drill, again.digest()) == (loaded.drill, loaded.digest())


def test_the_page_of_estates_names_drills_that_ship() -> None:
    """Whoever reads of a drill or a control there can run it."""
    named = set(re.findall(r"^\| `([a-z]+-[a-z-]+)` ", (DRILLS / "ESTATES.md").read_text(), re.MULTILINE))
    assert named > {"account-manager-complete-loss", "version-store-audit-gap"}
    assert named - {path.stem for path in CASES} == set()
