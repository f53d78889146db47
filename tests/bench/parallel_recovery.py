"""Two tiers recovered side by side against one after the other, when the slowest has the machine to itself.

`python -m tests.bench.parallel_recovery` from the project's root. Wanted: side by side in at most 1.2 times what the
slowest tier takes alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench._pairs import interleaved, tell

PAIRS = 3
DRILL = Path(__file__).parents[2] / "drills" / "postgres-two-tiers.yaml"
ONE_AFTER_THE_OTHER = ("--set", "tiers.analytics.after=[orders]")


def record_of(*settings: str) -> dict[str, Any]:
    """Run the drill from the command line and return its record."""
    with TemporaryDirectory() as evidence:
        command = [str(Path(sys.executable).with_name("drillmaster")), "run", str(DRILL), *settings, "--json"]
        done = subprocess.run([*command, "--evidence", evidence], check=True, capture_output=True, text=True)
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def side_by_side() -> float:
    """Return the seconds of the whole recovery."""
    return next(float(phase["seconds"]) for phase in record_of()["phases"] if phase["phase"] == "recover")


def slowest_alone() -> float:
    """Return the seconds of the slowest tier, each having the machine to itself."""
    spans: Counter[str] = Counter()
    for step in record_of(*ONE_AFTER_THE_OTHER)["steps"]:
        spans[step["tier"]] += step["seconds"] if step["phase"] == "recover" else 0
    return float(max(spans.values()))


def main() -> None:
    """Measure both, in turns."""
    pairs = interleaved(side_by_side, slowest_alone, PAIRS)
    tell(
        f"two tiers side by side {median(pairs.ours):.2f} s, the slowest alone {median(pairs.theirs):.2f} s: "
        f"{pairs.ratio:.2f} times (single pairs {pairs.noise}); wanted: at most 1.2"
    )


if __name__ == "__main__":
    main()
