"""Pictures of several runs: each beside what was promised of it, and a programme at a glance."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from synthetic_records import ABORTED, FAILED, PASSED
from synthetic_registers import SyntheticRegister, sources

from reports.facts.events import State
from reports.pictures.canvas import NARROW_PX, WIDE_PX
from reports.pictures.shares import shares
from reports.pictures.trend import trends
from reports.population import Measure, RunLine, population

if TYPE_CHECKING:
    from pathlib import Path

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
FILLED = re.compile(r'fill="var\(--(step|fail)\)"')


@pytest.fixture
def runs(tmp_path: Path) -> list[RunLine]:
    """Return a run that passed, one that failed without an end, and one that was aborted."""
    register = SyntheticRegister(tmp_path)
    for record in (PASSED, FAILED, ABORTED):
        register.add(record)
    return list(population(register.state().runs, sources(register)))


def changed(line: RunLine, seconds: float, **changes: Any) -> RunLine:
    """Return a run with another recovery time, promised 120 s."""
    rto = Measure(promised_s=120, at_most_s=seconds, achieved="", state=State.HELD)
    return line.model_copy(update={"rto": rto, **changes})


def texts(svg: str) -> list[str]:
    """Return what is written in a picture, in order."""
    return [element.text or "" for element in ET.fromstring(svg).iter("text")]  # noqa: S314 - our own


def test_each_run_stands_beside_its_promise(runs: list[RunLine]) -> None:
    """Red where it did not pass, a question mark where nothing is known; a promise far away is told, not drawn."""
    rto, rpo = trends(runs, WIDE_PX)
    assert texts(rto)[-3:] == ["?", "?", "Recovery time (RTO); promised 500 ms or 2 min"]
    assert "In order: 6.84 s, not known, not known; promised 500 ms or 2 min." in rto
    assert FILLED.findall(rpo) == ["step", "fail", "fail"]
    assert "In order: 690 ms, 7.93 s, not known; promised 5 s." in rpo


def test_promises_are_drawn_where_they_lie_near(runs: list[RunLine]) -> None:
    """A line across the column of each run; far promises would make all columns too small to compare."""
    near, far = (len(re.findall("<path", trends([changed(runs[0], s)], WIDE_PX)[0])) for s in (90, 2))
    assert near == far + 1


def test_what_no_run_knows_has_no_picture(runs: list[RunLine]) -> None:
    """An empty frame tells nothing."""
    assert trends(runs[2:], WIDE_PX) == []


@pytest.mark.parametrize("width", [WIDE_PX, NARROW_PX])
def test_a_programme_at_a_glance(runs: list[RunLine], width: float) -> None:
    """A dot for each run that is known, at the upper edge if it took far longer; a cross for each that is not."""
    lines = [changed(runs[0], 30), changed(runs[0], 90, started_utc="2026-11-10"), changed(runs[1], 1200), runs[2]]
    drawn = shares(lines, FIRST, LAST, width)
    assert "2 of 4 runs within what was promised; without a figure: 1." in drawn
    assert FILLED.findall(drawn) == ["step", "step", "fail", "fail"]
    assert texts(drawn).count("\N{MULTIPLICATION SIGN}") == 1
    heights = [float(y) for y in re.findall(r'd="M [0-9.]+ ([0-9.]+) \s?C', drawn)]
    assert len(heights) == 3
    assert heights[0] > heights[1] > heights[2]


@pytest.mark.parametrize("days", [1, 2, 7, 31, 366, 3650])
def test_the_days_on_the_axis_do_not_overlap(days: int) -> None:
    """From one day to ten years, on a phone too."""
    last = date.fromordinal(FIRST.toordinal() + days - 1)
    for width in (WIDE_PX, NARROW_PX):
        root = ET.fromstring(shares([], FIRST, last, width))  # noqa: S314 - our own
        named = [element for element in root.iter("text") if re.fullmatch(r"\d{4}-\d\d-\d\d", element.text or "")]
        assert (named[0].text, named[-1].text) == (FIRST.isoformat(), last.isoformat())
        places = [float(element.attrib["x"]) for element in named]
        assert all(after - before > 64 for before, after in pairwise(places))
