"""Drills whose checks are proven: every fault that suits them is put in for real, and must be caught."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("drillmaster"))
DRILLS = sorted(path for path in (ROOT / "drills").glob("*.yaml") if not path.stem.startswith("existing-"))
"""Those on existing backups need one: their faults are put in in test_existing_backups.py."""
MINE = f"""
extends: {ROOT / "drills" / "postgres-crash.yaml"}
drill: mine
steady: {{for: 1s, jitter: 0s}}
settle: 1s
checks: [postgres-content: db]
"""


def drillmaster(*arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False)


def test_a_drill_is_proven_and_the_proof_can_be_told_again(tmp_path: Path) -> None:
    """One healthy run and one with the fault, a negative control of its own; told again, every run is judged anew."""
    drill = tmp_path / "mine.yaml"
    drill.write_text(MINE)
    evidence = ["--evidence", str(tmp_path / "evidence")]
    done = drillmaster("prove", str(drill), "--only", "alter-rows", "--json", *evidence)
    assert done.returncode == 0, done.stdout + done.stderr
    proof = json.loads(done.stdout)
    (fault,) = proof["faults"]
    assert (proof["verdict"], proof["healthy"], proof["caught"], proof["counted"]) == ("PASS", "PASS", 1, 1)
    assert (fault["outcome"], fault["saw"]) == ("caught", ["postgres-content"])
    folder = tmp_path / "evidence" / "mine" / f"proof-{proof['plan']['healthy']}"
    assert (folder / "proof.json").read_text() == done.stdout
    assert drillmaster("report", folder.name, "--as", "json", *evidence).stdout == done.stdout
    assert (folder / "proof.html").read_text() == drillmaster("report", folder.name, "--as", "html", *evidence).stdout
    kept = tmp_path / "evidence" / "mine-with-alter-rows" / fault["trial"]["run"] / "record.json"
    assert json.loads(kept.read_text())["control"]["caught"] is True


@pytest.mark.acceptance
def test_a_proof_that_is_interrupted_tells_what_was_done(tmp_path: Path) -> None:
    """The fault at work counts as not caught, those after it as not put in; the exit code is the signal's."""
    drill, evidence = tmp_path / "mine.yaml", tmp_path / "evidence"
    drill.write_text(MINE)
    command = [
        COMMAND,
        "prove",
        str(drill),
        "--only",
        "alter-rows",
        "--only",
        "block-writes",
        "--evidence",
        str(evidence),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list(evidence.glob("mine-with-*/*/ledger")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    (file,) = evidence.glob("mine/proof-*/proof.json")
    proof = json.loads(file.read_text())
    assert (process.returncode, errors) == (130, "stopped by signal 2; a run that had begun is ABORTED\n")
    assert [fault["outcome"] for fault in proof["faults"]] == ["aborted", "not-run"]
    assert (proof["verdict"], proof["plan"]["ended_early"]) == ("ABORTED", "stopped by signal 2")
    assert "Ended early: stopped by signal 2.\n" in printed


@pytest.mark.acceptance
@pytest.mark.parametrize("drill", DRILLS, ids=lambda path: path.stem)
def test_every_fault_that_suits_a_shipped_drill_is_caught(drill: Path, tmp_path: Path) -> None:
    """A score of 100 %, known misses apart, each of which has its reason in the drill."""
    done = drillmaster("prove", str(drill), "--evidence", str(tmp_path), timeout_s=3600)
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
