"""The report as a browser shows it: to eyes in a hurry, on a phone, in the dark, on paper, and to a screen reader."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium
from synthetic_records import CONTROL, FAILED, PASSED, RECORDS

from reports import render_detection, render_html, render_series
from reports.detection import ProofPlan, Trial, proof_of
from reports.facts.events import Finding, State, Verdict
from reports.series import SeriesPlan, series_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from reports.record import Record

DESK, PHONE, SMALL = (1280, 800), (390, 844), (360, 740)
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.verdict)
BOX = """text => {
    const box = text.getBBox(), to = text.getScreenCTM();
    const x = box.x * to.a + to.e, y = box.y * to.d + to.f;
    return [x, x + box.width * to.a, y, y + box.height * to.d];
}"""
"""Left, right, top and bottom of a text on the screen, its halo left out."""
LONG = "a-name-without-end-" * 12


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this file."""
    with chromium() as started:
        yield started


def opened(browser: Browser, folder: Path, html: str, size: tuple[int, int], scheme: str = "light") -> Page:
    """Return a report, open in a window of that size."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    page.goto(file.as_uri())
    return page


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds, everything unfolded: the rule, and the tags that break it."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


@every_record
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (DESK, "dark"), (SMALL, "light")])
def test_axe_finds_nothing(
    browser: Browser, tmp_path: Path, record: Record, size: tuple[int, int], scheme: str
) -> None:
    """No violation of any of its rules, contrast included, with everything unfolded."""
    page = opened(browser, tmp_path, render_html.html(record), size, scheme)
    assert violations(page) == []
    page.context.close()


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (DESK, "dark"), (SMALL, "light")])
def test_a_proof_can_be_read_everywhere(browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    """Its matrix and its faults, caught, missed and not run: nothing for axe to find, no sideways scrolling."""
    trials = [
        Trial(
            fault=f"fault-{number}-{LONG if number == 3 else ''}",
            control="a-control",
            does=("missing-wal: db",),
            title="Control: one archived WAL segment is gone, and the ledger must tell",
            expected=expected,
            by=by,
            run="" if number == 2 else f"r{number}",
        )
        for number, (expected, by) in enumerate(
            [
                (Verdict.INCONCLUSIVE, ("enough-acknowledgements",)),
                (Verdict.FAIL, ("rpo", "no-hole")),
                (Verdict.FAIL, ("postgres-amcheck",)),
                (Verdict.FAIL, ("no-egress",)),
            ]
        )
    ]
    plan = ProofPlan(proof="proof-1", drill=LONG, title=PASSED.drill.title, healthy="r", trials=tuple(trials))
    proof = proof_of(plan, PASSED, {"r0": CONTROL, "r1": FAILED, "r3": PASSED})
    page = opened(browser, tmp_path, render_detection.html(proof), size, scheme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.context.close()


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (SMALL, "dark")])
def test_a_series_can_be_read_everywhere(browser: Browser, tmp_path: Path, size: tuple[int, int], scheme: str) -> None:
    """Its page keeps the same promises: nothing for axe to find, no sideways scrolling, a picture of each figure."""
    plan = SeriesPlan(series="series-1", drill=PASSED.drill.name, title=PASSED.drill.title, asked=4, runs=())
    series = series_of(plan, (PASSED, PASSED, FAILED, PASSED))
    page = opened(browser, tmp_path, render_series.html(series), size, scheme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    assert page.locator(".picture:visible").count() == 2
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("record", [PASSED, FAILED, CONTROL], ids=lambda record: record.verdict)
def test_verdict_sentence_objectives_and_loss_are_on_one_screen(
    browser: Browser, tmp_path: Path, record: Record, size: tuple[int, int]
) -> None:
    """Who opens the report has them before his eyes: nobody scrolls for the verdict."""
    page = opened(browser, tmp_path, render_html.html(record), size)
    names = (".word", ".sentence", *(f".objectives tbody tr:nth-child({n + 1})" for n in range(len(record.objectives))))
    boxes = {name: page.locator(name).bounding_box() for name in (*names, ".lost")}
    beyond = {name: box for name, box in boxes.items() if box is None or box["y"] + box["height"] > size[1]}
    assert beyond == {}
    page.context.close()


@every_record
@pytest.mark.parametrize("size", [DESK, PHONE, SMALL], ids=["desk", "phone", "small"])
def test_the_page_never_scrolls_sideways(
    browser: Browser, tmp_path: Path, record: Record, size: tuple[int, int]
) -> None:
    """Not even with names without end: what is wider scrolls within itself."""
    drill = record.drill.model_copy(update={"name": LONG, "title": LONG, "system": LONG})
    finding = Finding(name=LONG, state=State.VIOLATED, says=LONG, seen={LONG: LONG})
    parts = tuple(part.model_copy(update={"name": LONG}) for part in record.rto.parts)
    long = {"drill": drill, "run": LONG, "findings": (finding,), "sentence": LONG, "altered": (LONG,)}
    page = opened(
        browser,
        tmp_path,
        render_html.html(record.model_copy(update={**long, "rto": record.rto.model_copy(update={"parts": parts})})),
        size,
    )
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE, SMALL], ids=["desk", "phone", "small"])
@pytest.mark.parametrize("record", [PASSED, FAILED, CONTROL], ids=lambda record: record.verdict)
def test_no_two_texts_of_a_picture_overlap(
    browser: Browser, tmp_path: Path, record: Record, size: tuple[int, int]
) -> None:
    """In the fonts that the reader has, at the size at which they are shown."""
    page = opened(browser, tmp_path, render_html.html(record), size)
    pictures = page.locator(".picture:visible").all()
    for picture in pictures:
        boxes = [(text.text_content(), text.evaluate(BOX)) for text in picture.locator("text").all()]
        assert [text for text, (left, right, _, _) in boxes if left < 0 or right > size[0]] == []
        assert [(one, other) for (one, here), (other, there) in combinations(boxes, 2) if _overlap(here, there)] == []
    assert len(pictures) == (1 if record is CONTROL else 2)
    page.context.close()


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Return whether two boxes share more than a hair."""
    across, down = (min(one[end], other[end]) - max(one[end - 1], other[end - 1]) for end in (1, 3))
    return across > 1 and down > 1


@every_record
def test_the_policy_lets_the_style_in_and_nothing_is_asked_for(
    browser: Browser, tmp_path: Path, record: Record
) -> None:
    """The digest fits, no rule is broken, and no address is called."""
    file = tmp_path / "report.html"
    file.write_text(render_html.html(record), encoding="utf-8")
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    ground = page.locator(".word").evaluate("one => getComputedStyle(one).backgroundColor")
    assert (said, asked) == ([], [file.as_uri()])
    assert ground != "rgba(0, 0, 0, 0)"
    page.context.close()


def test_the_dark_page_is_dark_and_its_pictures_with_it(browser: Browser, tmp_path: Path) -> None:
    """A drawing follows the reader's colours: it has none of its own."""
    colours = []
    for scheme in ("light", "dark"):
        page = opened(browser, tmp_path, render_html.html(PASSED), DESK, scheme)
        text = page.locator(".picture:visible text").last
        colours.append(
            (
                page.evaluate("getComputedStyle(document.body).backgroundColor"),
                text.evaluate("one => getComputedStyle(one).fill"),
            )
        )
        page.context.close()
    assert colours == [("rgb(255, 255, 255)", "rgb(26, 29, 33)"), ("rgb(21, 24, 27)", "rgb(228, 231, 234)")]


def test_the_printed_report_is_a_few_pages_with_its_pictures(browser: Browser, tmp_path: Path) -> None:
    """On A4 the wide pictures stand, in light colours, also for a reader whose screen is dark."""
    page = opened(browser, tmp_path, render_html.html(PASSED), DESK, "dark")
    page.emulate_media(media="print")
    assert [one.is_visible() for one in page.locator(".wide-only, .narrow-only").all()] == [True, False, True, False]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert 5 <= printed.count(b"/Type /Page\n") <= 12
    page.context.close()
