"""The step `sql`: where its statements come from. What they do: tests/real/test_steps.py."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.core import loader
from orchestrator.core.errors import BadDrillError, StepFailedError
from orchestrator.core.uses import files_of
from orchestrator.kinds.steps.sql import Sql

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

DRILL = """
drill: any
title: Any drill
system: any
owner: anybody
objectives: {rto: 1m, rpo: 1s}
lab: {services: {db: {type: postgres, image: "any:1"}}}
prepare: [sql: {service: db, file: seeds/orders.sql}]
workload: [ledger: db]
disaster: [kill-service: db]
recover: [start: db]
checks: [postgres-content: db]
"""


def written(folder: Path) -> Path:
    """Return the drill's file."""
    file = folder / "any.yaml"
    file.write_text(DRILL)
    return file


@pytest.mark.parametrize("settings", [{}, {"run": "SELECT 1", "file": "seeds/orders.sql"}])
def test_statements_stand_in_one_place(settings: dict[str, str]) -> None:
    """In the drill or in a file."""
    with pytest.raises(ValidationError, match=re.escape("needs either `run` or `file`")):
        Sql.model_validate({"service": "db", **settings})


def test_a_file_that_is_not_there_is_a_mistake_in_the_drill(tmp_path: Path) -> None:
    """It is said before anything is built."""
    with pytest.raises(BadDrillError) as caught:
        loader.load(written(tmp_path))
    says = f"8: prepare.0.sql.file: no file {tmp_path}/seeds/orders.sql"
    assert caught.value.message == f"{tmp_path}/any.yaml:{says}"


def test_the_file_is_among_what_the_run_depends_on(tmp_path: Path) -> None:
    """Found beside the drill, and named in the timeline."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "orders.sql").touch()
    loaded = loader.load(written(tmp_path))
    assert files_of(loaded) == [tmp_path / "seeds" / "orders.sql"]
    assert [step.title for step in loaded.drill.prepare] == ["sql: seeds/orders.sql"]


def test_a_script_is_named_in_one_line() -> None:
    """A plan and a timeline have one for each step; what is long ends with an ellipsis."""
    assert Sql(service="db", run="SELECT 1;\n  SELECT 2").title == "sql: SELECT 1; SELECT 2"
    assert Sql(service="db", run="SELECT 1, " * 20).title == "sql: " + "SELECT 1, " * 11 + "SELECT …"


def test_a_file_that_cannot_be_read_fails_the_step(lab: Lab) -> None:
    """It may be gone since the drill was loaded."""
    with pytest.raises(StepFailedError) as caught:
        Sql(service="db", file="gone.sql").run(lab)
    assert caught.value.message == f"{lab.loaded.folder}/gone.sql: cannot be read: No such file or directory"
