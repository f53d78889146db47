"""What evidence costs when there is much of it; `python -m tests.bench.evidence`.

Wanted: an entry appended to the register of 10,000 runs in at most 20 ms. Beside it a durable write of as many bytes,
which nothing can be faster than.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from synthetic_registers import (  # type: ignore[import-not-found]  # on the path since the line above
    FreshKey,
    SyntheticRegister,
    finished,
    started,
)

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.register_file import RegisterFile
from reports.register import chain
from tests.bench._pairs import interleaved, tell

RUNS, APPENDS = 10_000, 200


def long_register(evidence: Path, key: FreshKey) -> Path:
    """Write the register of many runs, each started and finished; return its file."""
    made = SyntheticRegister(evidence, key)
    position, lines = made.position, []
    for number in range(RUNS):
        for body in (started(f"run-{number}"), finished(f"run-{number}")):
            raw, position = chain.line(position, body, "2026-11-01T06:02:00.000000Z", (key,))
            lines.append(raw)
    with made.path.open("ab") as file:
        file.writelines(lines)
    return evidence / chain.NAME


def seconds_of_an_append(register: RegisterFile, number: int) -> float:
    """Return how long one entry takes until it is on disk."""
    began = time.monotonic()
    register.append(started(f"more-{number}"))
    return time.monotonic() - began


def seconds_of_a_write(file: int, size: int) -> float:
    """Return how long as many bytes take until they are on disk."""
    began = time.monotonic()
    os.write(file, b"x" * size)
    os.fsync(file)
    return time.monotonic() - began


def main() -> None:
    """Measure appends and plain writes in turns, in the current directory's file system."""
    key = FreshKey()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        path = long_register(Path(place) / "evidence", key)
        size, numbers = path.stat().st_size, iter(range(10 * APPENDS))
        register = RegisterFile(path.parent, SystemClock(), key)
        plain = os.open(Path(place) / "plain", os.O_WRONLY | os.O_CREAT, 0o600)
        pairs = interleaved(
            lambda: seconds_of_an_append(register, next(numbers)),
            lambda: seconds_of_a_write(plain, size // (2 * RUNS)),
            APPENDS,
        )
        os.close(plain)
    ours = sorted(pairs.ours)
    tell(
        f"an entry after {RUNS:,} runs ({size / 2**20:.0f} MiB): median {1000 * ours[len(ours) // 2]:.1f} ms, "
        f"p99 {1000 * ours[int(0.99 * len(ours))]:.1f} ms, worst {1000 * ours[-1]:.1f} ms; {pairs.ratio:.1f} times "
        f"a durable write of its size (single pairs {pairs.noise}); wanted: at most 20 ms"
    )


if __name__ == "__main__":
    main()
