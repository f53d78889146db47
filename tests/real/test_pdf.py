"""Reports as PDF: drawn by WeasyPrint itself, and looked at by another program."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from synthetic_records import FAILED
from synthetic_registers import SyntheticRegister

from reports.exports.bundle import Order, write_bundle
from reports.period import Window

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = Window(first="2026-11-01", last="2026-11-30")


def test_reports_can_be_had_as_pdf(tmp_path: Path) -> None:
    """The same report gives the same bytes, and its words can be read."""
    pdftotext = shutil.which("pdftotext") or pytest.skip("pdftotext reads what was drawn (Debian: poppler-utils)")
    SyntheticRegister(tmp_path / "evidence").add(FAILED.model_copy(update={"run": "20261101T060000Z-0001"}))
    for name in ("one.zip", "other.zip"):
        write_bundle(tmp_path / "evidence", tmp_path / name, Order(WINDOW, (), "P7Y", pdf=True))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as bundle:
        bundle.extract("audit_window/pdf/20261101T060000Z-0001.pdf", tmp_path)
    drawn = tmp_path / "audit_window/pdf/20261101T060000Z-0001.pdf"
    text = subprocess.run([pdftotext, drawn, "-"], check=True, capture_output=True, text=True, timeout=60).stdout
    assert [word for word in ("FAIL", "more than 10 min", "disaster injected", "Page 1 of") if word not in text] == []
