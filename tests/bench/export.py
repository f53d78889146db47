"""What an export of 1,000 sealed runs takes; `python -m tests.bench.export`.

Wanted: at most 60 s.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from synthetic_records import RECORDS  # type: ignore[import-not-found]
from synthetic_registers import FreshKey, SyntheticRegister, write_run  # type: ignore[import-not-found]

from reports.controls.load import load
from reports.exports.bundle import Order, write_bundle
from reports.period import Window
from tests.bench._pairs import tell

RUNS = 1_000
MOST_S = 60.0
WINDOW = Window(first="2026-11-01", last="2026-11-30")


def fill(evidence: Path) -> None:
    """Make the runs: folders of a few records over and over, each with a record and a seal of its own."""
    register = SyntheticRegister(evidence, FreshKey())
    templates = [(record, evidence.parent / f"template-{number}") for number, record in enumerate(RECORDS)]
    written = [(write_run(folder, record), folder) for record, folder in templates]
    for number in range(RUNS):
        template, source = written[number % len(written)]
        record = template.model_copy(update={"run": f"20261101T{number:06}Z-{number:04x}"})
        folder, started = evidence / record.drill.name / record.run, register.start(record)
        shutil.copytree(source, folder)
        (folder / "record.json").write_text(record.model_dump_json(indent=2))
        register.finish(folder, record, started)


def main() -> None:
    """Measure one export; exit 1 when it takes too long."""
    with tempfile.TemporaryDirectory() as directory:
        evidence, output = Path(directory) / "evidence", Path(directory) / "bundle.zip"
        fill(evidence)
        began = time.monotonic()
        write_bundle(evidence, output, Order(WINDOW, load(), "P7Y"))
        took = time.monotonic() - began
        size = output.stat().st_size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(
        f"export of {RUNS:,} runs: {took:.1f} s, {size / 1e6:.1f} MB, {memory:.0f} MiB of memory; "
        f"wanted: at most {MOST_S:.0f} s"
    )
    sys.exit(took > MOST_S)


if __name__ == "__main__":
    main()
