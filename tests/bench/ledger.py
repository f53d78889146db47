"""What the ledger reaches and costs on this machine; `python -m tests.bench.ledger` from the project's root.

Wanted: at least 8,000 acknowledged writes a second flat out with 4 writers; gaps of at most 10 ms (99th percentile) at
200/s with 2 writers.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from orchestrator.adapters.ledger_process import LedgerProcesses
from reports.facts.ledger import Action, Answer, read
from tests.real.ledger_server import LedgerServer, ledger_server

SECONDS = 10.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def measure(server: LedgerServer, folder: Path, *, writers: int, rate_per_s: float) -> str:
    """Let a ledger work for SECONDS; return a line of figures from its own files."""
    ledger = LedgerProcesses().start(server.settings(folder, writers=writers, rate_per_s=rate_per_s))
    process = Path(f"/proc/{ledger.pid}")
    time.sleep(1.0)
    began, cpu = time.monotonic(), _cpu_s(process)
    time.sleep(SECONDS)
    took, cpu = time.monotonic() - began, _cpu_s(process) - cpu
    status = ledger.status()
    memory = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    ledger.stop()
    began = time.monotonic()
    error = ledger.read_back()
    read_back_s = time.monotonic() - began
    ledger.close()
    closed = read(folder)
    times = sorted(
        attempt.answered
        for attempt in closed.attempts()
        if attempt.action == Action.WRITE and attempt.answer == Answer.ACKNOWLEDGED
    )
    gaps = sorted((after - before) / 1e6 for before, after in pairwise(times))
    quantiles = {
        name: gaps[int(len(gaps) * share)] for name, share in {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}.items()
    }
    shown = ", ".join(f"{name} {value:.2f}" for name, value in {**quantiles, "max": gaps[-1]}.items())
    rate = len(times) / ((times[-1] - times[0]) / 1e9)
    return (
        f"{writers} writers at {rate_per_s or 'full'}/s: {rate:.0f} acknowledged/s; gaps ms {shown} "
        f"(status says p99 {status.gap_p99_s * 1e3:.1f}); {cpu / took:.1%} of a core, {memory.split()[1]} kB; "
        f"{closed.closed.rows} rows read back in {read_back_s:.2f} s ({error or 'no error'}); "
        f"failed {status.failed}"
    )


def _cpu_s(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def main() -> None:
    """Measure both wanted figures on a server with default settings."""
    with ledger_server() as server, tempfile.TemporaryDirectory() as folder:
        for number, (writers, rate_per_s) in enumerate([(2, 200.0), (4, 0.0)]):
            sys.stdout.write(measure(server, Path(folder) / str(number), writers=writers, rate_per_s=rate_per_s) + "\n")


if __name__ == "__main__":
    main()
