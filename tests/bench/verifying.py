"""What verifying costs when there is much to verify; `python -m tests.bench.verifying`.

Wanted: the register of 10,000 runs, its signatures and the digests of its runs' records, in at most 10 s and 200 MB.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import synthetic_records  # type: ignore[import-not-found]  # on the path since the line above
from synthetic_registers import (  # type: ignore[import-not-found]  # likewise
    FreshKey,
    SyntheticRegister,
    finished,
    started,
)

from reports.register import chain
from tests.bench._pairs import tell

RUNS = 10_000
MOST_S, MOST_MB = 10.0, 200.0


def long_register(evidence: Path, key: FreshKey) -> Path:
    """Write the register of many runs with a record for each; return its file."""
    made = SyntheticRegister(evidence, key)
    raw = synthetic_records.PASSED.model_dump_json(indent=2).encode()
    digest = hashlib.sha256(raw).hexdigest()
    position, lines = made.position, []
    for number in range(RUNS):
        start, end = started(f"run-{number}"), finished(f"run-{number}")
        for body in (start, end.model_copy(update={"record_sha256": digest})):
            line, position = chain.line(position, body, "2026-11-01T06:02:00.000000Z", (key,))
            lines.append(line)
        folder = evidence / start.drill / start.run
        folder.mkdir(parents=True)
        (folder / "record.json").write_bytes(raw)
    with made.path.open("ab") as file:
        file.writelines(lines)
    return evidence / chain.NAME


def main() -> None:
    """Verify in a process of its own, as a stranger does; tell seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        key = FreshKey()
        book = long_register(Path(folder) / "evidence", key)
        (Path(folder) / "key.pub").write_text(key.public_pem)
        command = [str(Path(sys.executable).with_name("drillmaster")), "verify", str(book)]
        watched = [sys.executable, "-c", _WATCH, *command, "--trust", str(Path(folder) / "key.pub"), "--json"]
        began = time.monotonic()
        done = subprocess.run(watched, capture_output=True, text=True, check=False)
        took = time.monotonic() - began
    told = re.search(r"peak (\d+) kB, code (\d+)", done.stderr)
    assert told, done.stderr
    assert told[2] == "0", done.stdout[:2000]
    peak = int(told[1]) / 1024
    within = took <= MOST_S and peak <= MOST_MB
    tell(f"a register of {RUNS:,} runs and their records verified: {took:.2f} s, {peak:.0f} MB")
    tell(f"wanted: {MOST_S:.0f} s, {MOST_MB:.0f} MB: {'held' if within else 'violated'}")
    sys.exit(0 if within else 1)


_WATCH = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], check=False).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"peak {peak} kB, code {code}", file=sys.stderr)
"""

if __name__ == "__main__":
    main()
