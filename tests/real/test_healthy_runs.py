"""Healthy runs in a row: no false alarm, little unexplained time, little memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
DRILLMASTER = str(Path(sys.executable).with_name("drillmaster"))
DRILLS = ("postgres-volume-loss", "postgres-dropped-table", "postgres-crash")
UNEXPLAINED_MOST_S, MEMORY_MOST_MB = 0.250, 150


def peak_memory_mb(process: subprocess.Popen[str]) -> float:
    """Return the most memory the engine's own process held, watching it until it ends."""
    peak = 0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
        time.sleep(0.2)
    return peak / 1024


@pytest.mark.acceptance
def test_twenty_healthy_runs_all_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty shipped drills in a row: twenty PASS, each within the bounds on unexplained time and memory."""
    rows = ["drill                    verdict  RTO s  RPO s at most  lost  unexplained ms  engine MB"]
    passed = 0
    for number in range(20):
        drill = DRILLS[number % len(DRILLS)]
        command = [DRILLMASTER, "run", drill, "--json", "--evidence", str(tmp_path)]
        output = tmp_path / f"{number}.json"
        with output.open("w") as file, subprocess.Popen(command, text=True, stdout=file) as process:
            memory = peak_memory_mb(process)
        record = json.loads(output.read_text())
        rto, rpo = record["rto"], record["rpo"]
        rows.append(
            f"{drill:24} {record['verdict']:7} {rto['achieved_s']:6.2f} {rpo['at_most_s']:14.3f} "
            f"{rpo['transactions']:5} {rto['unexplained_s'] * 1000:15.0f} {memory:10.0f}"
        )
        with capsys.disabled():
            sys.stdout.write("\n".join(rows[-2:] if number == 0 else rows[-1:]) + "\n")
            sys.stdout.flush()
        passed += record["verdict"] == "PASS"
        assert rto["unexplained_s"] <= UNEXPLAINED_MOST_S
        assert memory <= MEMORY_MOST_MB
    assert passed == 20, "\n".join(rows)
