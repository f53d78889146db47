"""Drills on existing backups as a user declares them, run through the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("drillmaster"))
SIX_LINES = """\
extends: existing-{base}
drill: monthly-check
system: shop
owner: data-platform
protect: [existing: {{from: {source}, as: {base}{more}}}]
objectives: {{rto: 10m, rpo: 24h}}
"""


def run(folder: Path, source: Path, base: str, more: str = "", *options: str) -> tuple[int, dict[str, Any], str]:
    """Run six lines; return the exit code, the record (empty when nothing was run) and what was said of mistakes."""
    file = folder / "monthly-check.yaml"
    file.write_text(SIX_LINES.format(base=base, source=source, more=more))
    done = subprocess.run(
        [COMMAND, "run", str(file), "--json", "--evidence", str(folder / "evidence"), *options],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout.startswith("{") else {}, done.stderr


def states(record: dict[str, Any]) -> dict[str, str]:
    """Return all that is stated and does not hold, with what is said of it."""
    if not record:
        return {"nothing": "no record"}
    stated = [*record["objectives"], *record["findings"], *record["instrument"]]
    return {one["name"]: one["says"] for one in stated if one["state"] != "held"}
