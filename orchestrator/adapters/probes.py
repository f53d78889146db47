"""What bounds the timing on this machine: how busy it is, and how fast its disk calls a write durable."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from orchestrator.core.ports import Load

PROC = Path("/proc")
STEAL, LAST_COUNTED = 7, 8
"""Places in /proc/stat's first line; what comes after them is counted before already."""
WRITES = 25
BLOCK = bytes(8192)


class ThisMachine:
    """The machine this process runs on, told by /proc."""

    def load(self) -> Load:
        """Return how busy it is."""
        ticks = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:]]
        return Load(
            load_1m=float((PROC / "loadavg").read_text().split()[0]),
            cpu_ticks=sum(ticks[:LAST_COUNTED]),
            steal_ticks=ticks[STEAL],
            stalled_us=_stalled_us(),
        )


def _stalled_us() -> dict[str, int]:
    stalled = {}
    for name in ("cpu", "io", "memory"):
        # Absent, or there and unreadable, where the kernel was told to keep none.
        with suppress(OSError):
            some = (PROC / "pressure" / name).read_text().splitlines()[0]
            stalled[name] = int(some.rpartition("total=")[2])
    return stalled


def durable_write_s(folder: Path) -> float:
    """Return the median seconds of a small write with fdatasync to a file in `folder`."""
    taken = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(WRITES):
            began = time.monotonic_ns()
            os.pwrite(file.fileno(), BLOCK, 0)
            os.fdatasync(file.fileno())
            taken.append((time.monotonic_ns() - began) / 1e9)
    return statistics.median(taken)
