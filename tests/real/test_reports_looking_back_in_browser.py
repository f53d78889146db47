"""Reports that look back, in a browser and as PDF: a run with what came after it, a period, a board's page."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from browser import chromium
from synthetic_records import CONTROL, FAILED, PASSED
from synthetic_registers import FreshKey, SyntheticRegister, sources
from test_report_in_browser import DESK, LONG, PHONE, SMALL, opened, violations

from reports import render_html, render_period
from reports.exports.pdf import pdf
from reports.period import Window, period
from reports.population import AsOf
from reports.record import Record
from reports.register import chain
from reports.register.entries import ActionOpened, Deferred, Missed, Reviewed
from reports.standing import FileRow, Sealing, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

PAGES = ("run", "period", "board")
every_page = pytest.mark.parametrize("name", PAGES)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return each page of a register with all that can stand in one, names without end among them."""
    register = SyntheticRegister(tmp_path_factory.mktemp("evidence"), FreshKey())
    for number, record in enumerate((PASSED, FAILED, CONTROL, PASSED)):
        folder = register.add(record.model_copy(update={"run": f"r{number}"}))
    newest = Record.model_validate_json((folder / "record.json").read_bytes())
    register.append(Reviewed(run="r3", by="p-aaaaaa", role=LONG, decision="accepted-with-remarks", note=LONG))
    register.append(Reviewed(run="r1", by="p-aaaaaa", role="owner", decision="rejected", note=""))
    register.append(ActionOpened(action="A-1", run="r3", what=LONG, owner="p-bbbbbb", due="2026-11-20"))
    register.append(ActionOpened(action="A-2", run="r1", what="Add memory", owner="p-aaaaaa", due="2026-10-20"))
    due, until = "2026-11-12T06:00:00Z", "2026-11-19T06:00:00Z"
    register.append(Deferred(drill=LONG, due=due, until=until, reason=LONG, approver="p-aaaaaa"))
    register.append(Missed(drill=LONG, due=due, reason=""))
    as_of, state = AsOf.end_of(chain.read(register.path)), register.state()
    known = sources(register, {"p-aaaaaa": "Ann Miller"})
    sealing = Sealing((FileRow(LONG, 10**9, "1a" * 32, sealed=True),), "5e" * 32, ("cd" * 32,))
    told = period(Window(first="2026-11-01", last="2026-11-30"), as_of, state, known)
    return {
        "run": render_html.html(newest, standing("r3", as_of, state, known, sealing)),
        "period": render_period.html(told, known),
        "board": render_period.board_html(told),
    }


@every_page
@pytest.mark.parametrize("screen", [(DESK, "light"), (PHONE, "dark"), (SMALL, "light")], ids=["desk", "phone", "small"])
def test_it_can_be_read_everywhere(
    browser: Browser, tmp_path: Path, pages: dict[str, str], name: str, screen: tuple[tuple[int, int], str]
) -> None:
    """Nothing for axe to find, contrast included, and no sideways scrolling: not even with names without end."""
    page = opened(browser, tmp_path, pages[name], *screen)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == screen[0][0]
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_counts_first_is_still_on_the_first_screen(
    browser: Browser, tmp_path: Path, pages: dict[str, str], size: tuple[int, int]
) -> None:
    """What came after the run pushes neither verdict nor loss out of sight."""
    page = opened(browser, tmp_path, pages["run"], size)
    boxes = {name: page.locator(name).bounding_box() for name in (".word", ".sentence", ".lost", "#objectives")}
    assert {name for name, box in boxes.items() if box is None or box["y"] + box["height"] > size[1]} == set()
    page.context.close()


@every_page
def test_as_pdf_it_can_be_read(tmp_path: Path, pages: dict[str, str], name: str) -> None:
    """The same page gives the same bytes; a board's page is one sheet, a period's and a run's a few."""
    pdftotext = shutil.which("pdftotext") or pytest.skip("pdftotext reads what was drawn (Debian: poppler-utils)")
    drawn = pdf(pages[name])
    (tmp_path / "page.pdf").write_bytes(drawn)
    arguments = [pdftotext, "-layout", tmp_path / "page.pdf", "-"]
    text = subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60).stdout
    first = {"run": "Run 2026", "period": "Recovery drills, 2026-11-01", "board": "Recovery drills, 2026-11-01"}[name]
    sheets = text.count("Page ")
    assert (drawn == pdf(pages[name]), first in text) == (True, True)
    assert sheets == 1 if name == "board" else 2 <= sheets <= 16
