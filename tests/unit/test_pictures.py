"""What the pictures promise: the record's figures, in the page's colours, legible, and the same bytes each time."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations, permutations

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED

from reports.pictures.axis import Mark, TimeAxis, marks, placed
from reports.pictures.canvas import NARROW_PX, WIDE_PX, shortened
from reports.pictures.columns import Column
from reports.pictures.series import columns
from reports.pictures.timeline import MOST_PARTS, timeline
from reports.pictures.writes import Stretch, stretches, writes
from reports.record import RatePicture, Record, RtoPart
from reports.series import Spread

HOSTILE = "<b>$\\frac{1}{2}$</b>\x00 \N{CJK UNIFIED IDEOGRAPH-6C34} & \"'"


def drawings(record: Record) -> list[str]:
    """Return all pictures of a record."""
    drawn = (timeline(record, WIDE_PX), timeline(record, NARROW_PX), writes(record, WIDE_PX), writes(record, NARROW_PX))
    return [one for one in drawn if one is not None]


def texts(svg: str | None) -> list[str]:
    """Return what is written in a picture, in order."""
    assert svg is not None
    return [element.text or "" for element in ET.fromstring(svg).iter("text")]  # noqa: S314 - our own


def test_the_same_record_gives_the_same_bytes_whatever_the_user_has_configured() -> None:
    """A report made again on the same version is the same, on any user's account."""
    first = drawings(PASSED)
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "text.usetex": True, "lines.linewidth": 9}):
        assert drawings(PASSED) == first
    assert len(first) == 4


@pytest.mark.parametrize("record", [PASSED, FAILED], ids=lambda record: record.verdict)
def test_a_picture_has_the_page_s_colours_and_nothing_that_the_page_forbids(record: Record) -> None:
    """No styles, no ids, no references, no colour of its own; named and told for those who cannot see it."""
    for drawn in drawings(record):
        root = ET.fromstring(drawn)  # noqa: S314 - our own
        assert (root.get("role"), [child.tag for child in root][:2]) == ("img", ["title", "desc"])
        assert all(child.text for child in list(root)[:2])
        attributes = [pair for element in root.iter() for pair in element.items()]
        assert {name for name, _ in attributes} & {"style", "id", "href", "clip-path", "font-family"} == set()
        colours = {value for name, value in attributes if name in {"fill", "stroke"}}
        assert {value for value in colours if not re.fullmatch(r"none|var\(--[a-z-]+\)", value)} == set()
        assert "url(" not in drawn


def test_the_timeline_names_what_took_how_long() -> None:
    """Marks, bars with their durations, and the axis, in words that can be selected."""
    assert texts(timeline(PASSED, WIDE_PX)) == [
        *("0 s", "2 s", "4 s", "6 s", "8 s"),
        *("full speed 7.21 s", "recovery starts 253 ms", "detected 41 ms", "disaster"),
        *("service restored 6.84 s", "verified 9.1 s"),
        *("6.8 s", "outage", "41 ms", "noticed by the ledger", "212 ms", "damage confirmed", "874 ms", "replace: db"),
        *("3.92 s", "playbook: restore-with-pgbackrest.yml", "441 ms", "start: db", "1.31 s", "WAL replay"),
        *("22 ms", "first acknowledged write", "2.61 s", "settle", "1 s", "check"),
    ]


def test_a_picture_tells_itself_to_those_who_cannot_see_it() -> None:
    """The description holds the same stretches and sums."""
    said = [re.search("<desc>(.*?)</desc>", drawn) for drawn in drawings(PASSED)[1:3]]
    assert [found and found[1] for found in said] == [
        (
            "outage from 41 ms, 6.8 s; noticed by the ledger from 0 s, 41 ms; damage confirmed from 41 ms, 212 ms; "
            "replace: db from 253 ms, 874 ms; playbook: restore-with-pgbackrest.yml from 1.13 s, 3.92 s; "
            "start: db from 5.04 s, 441 ms; WAL replay from 5.49 s, 1.31 s; first acknowledged write from 6.79 s, "
            "22 ms; settle from 5.49 s, 2.61 s; check from 8.1 s, 1 s."
        ),
        (
            "Writes acknowledged: 999 before the disaster, 4 until the service was restored, 371 from then on; "
            "714 attempts failed."
        ),
    ]


def test_a_step_that_failed_is_red() -> None:
    """Who looks for the fault finds it in the picture."""
    drawn = timeline(FAILED, WIDE_PX)
    passed = timeline(PASSED, WIDE_PX)
    assert drawn is not None
    assert passed is not None
    red = re.compile(r'<path [^>]*fill="var\(--fail\)"')
    assert (len(red.findall(drawn)), len(red.findall(passed))) == (2, 1)
    assert texts(drawn)[texts(drawn).index("outage, not over") - 1] == "7 min 30 s"


def test_without_a_disaster_there_is_nothing_to_draw() -> None:
    """A run that ended early has no picture; one whose ledger never wrote has none of its writes."""
    assert drawings(ABORTED) == []
    assert writes(CONTROL, WIDE_PX) is None
    assert writes(PASSED.model_copy(update={"rate": None}), WIDE_PX) is None
    at_once = PASSED.rto.parts[0].model_copy(update={"seconds": 0.0})
    moment = {"rto": PASSED.rto.model_copy(update={"parts": (at_once,)}), "marks": {}, "phases": ()}
    assert timeline(PASSED.model_copy(update=moment), WIDE_PX) is None


def test_records_of_older_judges_have_no_marks() -> None:
    """What a record does not tell is not drawn, and nothing breaks."""
    old = PASSED.model_copy(update={"marks": {}, "phases": (), "rate": None, "full_speed": None})
    assert texts(timeline(old, WIDE_PX))[-2:] == ["22 ms", "first acknowledged write"]


def test_many_steps_are_not_drawn_one_by_one() -> None:
    """The longest are drawn: a picture of hundreds of bars tells nothing."""
    parts = tuple(
        RtoPart(name=f"step {number}", kind="step", seconds=1 + number / 100, started_s=float(number))
        for number in range(200)
    )
    record = PASSED.model_copy(update={"rto": PASSED.rto.model_copy(update={"parts": parts})})
    names = [text for text in texts(timeline(record, WIDE_PX)) if text.startswith("step ")]
    assert names == [f"step {number}" for number in range(200 - MOST_PARTS, 200)]


def test_names_are_written_as_they_are() -> None:
    """No markup, no formula, no character that XML forbids; a long name is cut where the picture has no room."""
    part = PASSED.rto.parts[2].model_copy(update={"name": HOSTILE})
    long = PASSED.rto.parts[3].model_copy(update={"name": "restore " * 30})
    record = PASSED.model_copy(update={"rto": PASSED.rto.model_copy(update={"parts": (part, long)})})
    for width in (WIDE_PX, NARROW_PX):
        written = texts(timeline(record, width))
        assert HOSTILE.replace("\x00", "\ufffd") in written
        assert max(map(len, written)) < 60
    assert shortened("abcdef", 28) == "abc\N{HORIZONTAL ELLIPSIS}"
    assert (
        shortened("\N{CJK UNIFIED IDEOGRAPH-6570}" * 6, 28) == "\N{CJK UNIFIED IDEOGRAPH-6570}\N{HORIZONTAL ELLIPSIS}"
    )


@given(
    st.lists(st.tuples(st.floats(0, 100), st.text("abc ", min_size=1, max_size=20)), max_size=8),
    st.floats(60, 900),
)
def test_labels_never_cover_each_other(moments: list[tuple[float, str]], pixels: float) -> None:
    """Whatever the moments and the room, two labels that would meet are in different lanes."""
    shown = [Mark(at, name, "ink") for at, name in sorted(moments)]
    labels = placed(shown, lambda at: at / 100 * pixels, pixels)
    assert sorted(label.mark.at for label in labels) == sorted(at for at, _ in moments)
    assert [pair for pair in combinations(labels, 2) if pair[0].meets(pair[1]) and pair[0].lane == pair[1].lane] == []


@pytest.mark.parametrize(
    ("pixels", "lanes"),
    [
        (600, [("service restored", 0, True), ("full speed", 0, False), ("verified", 1, True)]),
        (900, [("service restored", 1, False), ("full speed", 0, False), ("verified", 2, True)]),
        (1600, [("service restored", 1, False), ("full speed", 0, False), ("verified", 0, True)]),
    ],
)
def test_no_line_runs_through_a_label(pixels: float, lanes: list[tuple[str, int, bool]]) -> None:
    """Labels of marks close together are stairs; near the end they hang to the left."""
    axis = TimeAxis.fitting(pixels, 0.0, marks(PASSED), [(9.1, 40.0)])
    labels = sorted(axis.labels, key=lambda label: label.line)
    crossed = [
        (one.mark.name, other.mark.name)
        for one, other in permutations(labels, 2)
        if one.ends[0] < other.line < one.ends[1] and other.lane >= one.lane
    ]
    assert crossed == []
    beginning = [("disaster", 2, False), ("detected", 1, False), ("recovery starts", 0, False)]
    assert [(label.mark.name, label.lane, label.hangs_left) for label in labels] == [*beginning, *lanes]


def test_the_table_of_writes_has_the_picture_s_sums_in_few_rows() -> None:
    """Stretches follow each other without a gap, and nothing counted is left out."""
    rate = RatePicture(bin_s=0.5, from_s=-1.0, acknowledged=(1, 2, 3, 4, 5), failed=(0, 0, 7, 0, 1))
    assert stretches(rate, 3) == [Stretch(-1, 0, 3, 0), Stretch(0, 1, 7, 7), Stretch(1, 1.5, 5, 1)]
    assert stretches(rate.model_copy(update={"acknowledged": (), "failed": ()})) == []
    many = stretches(RatePicture(bin_s=1, from_s=0, acknowledged=(1,) * 599, failed=(0,) * 599))
    assert (len(many), sum(one.acknowledged for one in many)) == (30, 599)


def test_the_bin_in_which_the_workload_was_stopped_is_not_drawn() -> None:
    """It was counted for less than its length, and would look like a drop."""
    rate = RatePicture(bin_s=1.0, from_s=-2.0, acknowledged=(9, 9, 0, 9, 1), failed=(0, 0, 5, 0, 5))
    stopped = {"disaster_injected": 0.0, "workload_stopped": 2.5}
    cut = PASSED.model_copy(update={"rate": rate, "marks": stopped, "full_speed": None})
    shorter = {"acknowledged": rate.acknowledged[:-1], "failed": rate.failed[:-1]}
    whole = cut.model_copy(update={"rate": rate.model_copy(update=shorter)})

    def curve(record: Record) -> list[str]:
        drawn = writes(record, WIDE_PX)
        assert drawn is not None
        return [path for path in re.findall(r' d="([^"]+)"', drawn) if path.count("L") > 4]

    assert [path.count("L") for path in curve(cut)] == [path.count("L") for path in curve(whole)]


def test_writes_that_came_with_the_end_only_are_drawn() -> None:
    """In the bin in which the workload was stopped: the axis has room, and nothing in it."""
    rate = RatePicture(bin_s=1.0, from_s=-2.0, acknowledged=(0, 0, 0, 0, 1), failed=(5, 5, 5, 5, 0))
    marks = {"disaster_injected": 0.0, "workload_stopped": 2.5}
    drawn = writes(PASSED.model_copy(update={"rate": rate, "marks": marks, "full_speed": None}), WIDE_PX)
    assert drawn is not None
    assert "0/s" in texts(drawn)


def test_a_series_shows_every_run() -> None:
    """A column each, paler for the first, red for a failure, a question mark where nothing is known; p50 and p95."""
    spread = Spread(n=3, p50_s=4.0, p95_s=4.1, least_s=3.0, most_s=4.1, spread_s=1.1)
    runs = [
        Column(5.0, good=True, pale=True),
        Column(4.0, good=True),
        Column(None, good=False),
        Column(4.1, good=False),
    ]
    drawn = columns([*runs, Column(3.0, good=True)], spread, "RTO", WIDE_PX)
    assert texts(drawn) == ["1", "2", "3", "4", "5", "0 s", "2 s", "4 s", "?", "p50 4 s", "p95 4.1 s", "RTO"]
    assert "In order: 5 s, 4 s, not known, 4.1 s, 3 s. Median 4 s, p95 4.1 s." in drawn
    fills = re.findall(r'<path [^>]*fill="var\(--(step|fail)\)"( opacity="0.4")?', drawn)
    assert fills == [("step", ' opacity="0.4"'), ("step", ""), ("fail", ""), ("step", "")]
    many = texts(columns(runs * 20, spread, "RTO", WIDE_PX))
    assert [text for text in many if text.isdigit()][:3] == ["1", "4", "7"]


def test_nothing_waits_for_the_plotting_library_that_does_not_draw() -> None:
    """The command line and the text of a run start without it: it takes half a second to load."""
    check = "import sys, orchestrator.cli, reports.render_html, reports.render_text; print('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, check=True).stdout == b"False\n"
