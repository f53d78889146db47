"""A drill run several times by one command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.core.lab_objects import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.drill

COMMAND = str(Path(sys.executable).with_name("drillmaster"))
FAST = ("prepare=[]", "steady={for: 1s, jitter: 0s}", "settle=1s", "checks=[postgres-content: db]")
SERIES = [COMMAND, "run", "postgres-crash", *(f"--set={setting}" for setting in FAST), "--repeat"]


def output(command: Sequence[str]) -> str:
    """Return what a command prints that succeeds."""
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=True).stdout


def test_a_series_is_summarised_and_can_be_told_again_from_its_runs(tmp_path: Path) -> None:
    """With JSON alone on standard output; the first run stands apart; telling it again judges every run anew."""
    evidence = ["--evidence", str(tmp_path)]
    printed = output([*SERIES, "2", "--json", *evidence])
    series = json.loads(printed)
    (folder,) = (tmp_path / "postgres-crash").glob("series-*")
    assert (folder / "series.json").read_text() == printed
    assert series["verdicts"] == {"PASS": 2}
    assert series["rto"]["n"] == 1
    assert folder.name == f"series-{series['plan']['runs'][0]}"
    assert output([COMMAND, "report", folder.name, "--as", "json", *evidence]) == printed
    text = output([COMMAND, "report", str(folder), *evidence])
    assert text.startswith("2 of 2 runs of postgres-crash: 2 PASS\n")
    assert [run["run"] for run in json.loads(output([COMMAND, "runs", "--json", *evidence]))] == series["plan"]["runs"]


@pytest.mark.acceptance
def test_a_series_that_is_interrupted_tells_what_was_done(tmp_path: Path) -> None:
    """The run at work is ABORTED and its lab removed; no further run begins; the exit code is the signal's."""
    command = [*SERIES, "9", "--evidence", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("*/*/ledger"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=60)
    (file,) = tmp_path.glob("*/series-*/series.json")
    series = json.loads(file.read_text())
    assert (process.returncode, series["verdicts"]) == (130, {"PASS": 1, "ABORTED": 1})
    assert "Ended early, after 1 whole run of 9: stopped by signal 2.\n" in printed
    assert errors == "stopped by signal 2; a run that had begun is ABORTED\n"
    assert not {*series["plan"]["runs"]} & {*DockerEngine().labelled(RUN)}


@pytest.mark.parametrize("option", [["--keep-lab"], ["--until", "protect"]])
def test_a_series_is_of_whole_runs(tmp_path: Path, option: list[str]) -> None:
    """Anything else is refused before anything is built."""
    done = subprocess.run(
        [*SERIES, "2", *option, "--evidence", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "a series is of whole runs, each in a new lab" in done.stderr
