"""Reports as PDF: drawn by WeasyPrint itself, and looked at by another program."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest
from synthetic_records import FAILED, PASSED
from synthetic_registers import SyntheticRegister, sources

from reports import render_html, render_period
from reports.exports.bundle import Order, write_bundle
from reports.exports.pdf import pdf
from reports.period import Window, period
from reports.population import AsOf
from reports.register import chain

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Record

WORD = re.compile(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)<')
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


def named(record: Record, run: str) -> Record:
    """Return a record as another run's, of a drill and a system with long names."""
    drill = record.drill.model_copy(update={"name": "payments-restore-from-the-second-site", "system": "payments-eu"})
    return record.model_copy(update={"run": run, "drill": drill})


def wordy(record: Record) -> Record:
    """Return a record whose steps and playbooks have more to say than a sheet holds."""
    says = "This sentence never stops, because nobody told whoever wrote it. " * 60
    steps = tuple(step.model_copy(update={"title": says, "says": says}) for step in record.steps)
    return record.model_copy(update={"steps": steps, "sentence": says})


def test_every_word_stands_on_the_sheet_in_its_size(tmp_path: Path) -> None:
    """No table runs off the edge, no number in a drawing covers it, and no text is too long to be drawn."""
    pdftotext = shutil.which("pdftotext") or pytest.skip("pdftotext tells where words stand (Debian: poppler-utils)")
    register = SyntheticRegister(tmp_path / "evidence")
    for record in (PASSED, FAILED):
        register.add(named(record, f"20261101T060000Z-{record.verdict}"))
    known = sources(register)
    told = period(WINDOW, AsOf.end_of(chain.read(register.path)), register.state(), known)
    for page in (render_html.html(PASSED), render_html.html(wordy(PASSED)), render_period.html(told, known)):
        (tmp_path / "page.pdf").write_bytes(pdf(page))
        arguments = [pdftotext, "-bbox", tmp_path / "page.pdf", "-"]
        text = subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60).stdout
        words = [(*map(float, found[:4]), found[4]) for found in WORD.findall(text)]
        assert words
        assert [word for *_, right, _, word in words if right > 556] == []
        assert [word for _, top, _, bottom, word in words if bottom - top > 40] == []
