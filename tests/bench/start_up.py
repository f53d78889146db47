"""What the command line costs before it does anything; `python -m tests.bench.start_up`.

Wanted: `drillmaster --help` in at most 0.4 s. Beside it the interpreter alone, which nothing can be faster than.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.bench._pairs import interleaved, tell

PAIRS = 15


def seconds(*command: str) -> float:
    """Return how long a command takes."""
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def main() -> None:
    """Measure the help and the bare interpreter in turns."""
    drillmaster = str(Path(sys.executable).with_name("drillmaster"))
    pairs = interleaved(lambda: seconds(drillmaster, "--help"), lambda: seconds(sys.executable, "-c", "pass"), PAIRS)
    tell(
        f"drillmaster --help {median(pairs.ours):.3f} s, Python alone {median(pairs.theirs):.3f} s: "
        f"{pairs.ratio:.1f} times (single pairs {pairs.noise}); wanted: at most 0.4 s"
    )


if __name__ == "__main__":
    main()
