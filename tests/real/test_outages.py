"""Disasters that leave the data where they are, measured: how they are noticed, and that nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[2]
DRILLMASTER = str(Path(sys.executable).with_name("drillmaster"))
DRILL = """
extends: {drills}/postgres-crash.yaml
drill: outage
prepare: []
steady: {{for: 1s, jitter: 1s}}
settle: 1s
checks: [postgres-content: db]
lab: {{services: {{db: {{settings: {{archive_mode: off}}}}}}}}  # there is nowhere to archive to, and stopping would try
disaster: [{disaster}: db]
"""
DEADLINE_S = 1.0
"""The ledger's: what does not answer by then has failed."""


def measured(disaster: str, folder: Path) -> dict[str, Any]:
    """Run a drill of the disaster and return its record."""
    drill = folder / "outage.yaml"
    drill.write_text(DRILL.format(drills=ROOT / "drills", disaster=disaster))
    command = [DRILLMASTER, "run", str(drill), "--json", "--evidence", str(folder / "evidence")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    record: dict[str, Any] = json.loads(done.stdout)
    return record


@pytest.mark.parametrize(
    ("disaster", "silent_s", "restarted"),
    [
        ("stop-service", 0.0, True),
        ("pause-service", DEADLINE_S, True),
        pytest.param("cut-network", DEADLINE_S, False, marks=pytest.mark.acceptance),
    ],
)
def test_an_outage_is_noticed_and_undone_without_loss(
    disaster: str, silent_s: float, tmp_path: Path, *, restarted: bool
) -> None:
    """A server that hangs or is out of reach is silent: only a deadline tells. One that went on is no later epoch."""
    record = measured(disaster, tmp_path)
    noticed = record["rto"]["parts"][0]
    assert (record["verdict"], record["rpo"]["at_most_s"]) == ("PASS", 0.0)
    assert noticed["kind"] == "detect"
    assert silent_s <= noticed["seconds"] < silent_s + DEADLINE_S
    assert (record["writes"][0]["counts"]["later-present"] > 0) is restarted
