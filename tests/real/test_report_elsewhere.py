"""The report made by another process, on another account: the same bytes, and not a word beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from synthetic_records import PASSED

from reports import render_html

if TYPE_CHECKING:
    from pathlib import Path

MAKE = """
import sys
from reports.record import Record
from reports.render_html import html
print(html(Record.model_validate_json(sys.stdin.read())), end="")
"""


def test_a_report_made_elsewhere_is_the_same(tmp_path: Path) -> None:
    """Without a home, with settings for plots of one's own and another order of hashes: an auditor compares digests."""
    (tmp_path / "matplotlibrc").write_text("font.size: 40\nsvg.fonttype: path\n")
    made = subprocess.run(
        [sys.executable, "-c", MAKE],
        input=PASSED.model_dump_json().encode(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": "/proc/nowhere", "PYTHONHASHSEED": "7"},
    )
    assert made.stderr == b""
    assert made.stdout.decode() == render_html.html(PASSED)
