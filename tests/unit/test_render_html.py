"""What the HTML report promises: everything the record holds, nothing from elsewhere, readable by everyone."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from synthetic_records import ABORTED, CONTROL, FAILED, PASSED, RECORDS

from reports import render_html, words
from reports.facts.events import Finding, State
from reports.record import Image, Record

VOID = {"meta", "br", "rect", "line", "path", "circle", "use"}
HOSTILE = "<script>alert(1)</script>\"'&lt;</style>"
every_record = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.verdict)


class Page(HTMLParser):
    """A page as its tags, their attributes and its visible text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; void ones have no end."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Hold every end against its start."""
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """The visible text, white space collapsed."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def page(record: Record) -> Page:
    """Return the record's page, taken apart."""
    return Page(_rendered(record.model_dump_json()))


@cache
def _rendered(told: str) -> str:
    return render_html.html(Record.model_validate_json(told))


@every_record
def test_everything_the_record_holds_is_on_the_page(record: Record) -> None:
    """A reader never needs another file to learn what was found."""
    text = page(record).text
    findings = (*record.findings, *record.instrument)
    wanted = [record.run, record.sentence, record.verdict, record.drill.sha256, record.journal.sha256, record.operator]
    wanted += [value for finding in findings for value in (finding.name, finding.says, finding.state)]
    wanted += [value for objective in record.objectives for value in (objective.achieved, objective.says)]
    wanted += [row.what for row in record.timeline]
    wanted += [row.title for row in (*record.steps, *record.checks)]
    wanted += [task.task for step in record.steps for task in step.tasks]
    wanted += [file.sha256 for file in record.procedures] + [image.image_id for image in record.images]
    wanted += list(record.not_proven) + [part.name for part in record.rto.parts]
    assert [value for value in wanted if value not in text] == []


def test_every_class_of_writes_is_explained_and_counted() -> None:
    """Classes without a write are shown too: an auditor asks for them."""
    text = page(FAILED).text
    counts = FAILED.writes[0].counts
    rows = [f"{name.replace('-', ' ')} {words.CLASS_MEANINGS[name]} {count:,}" for name, count in counts.items()]
    assert [row for row in rows if row not in text] == []
    assert "lost 0/1598 \N{MINUS SIGN}7.930 unexpected 7/99 never attempted corrupt 1/12 \N{MINUS SIGN}15.200" in text


@every_record
def test_the_page_is_well_formed_and_loads_nothing(record: Record) -> None:
    """One file: no script, no address, no link but to itself; and a policy that forbids what is not there."""
    source = render_html.html(record)
    parsed = Page(source)
    assert parsed.open == []
    assert parsed.all("script") == []
    assert "http:" not in source
    assert "https:" not in source
    names = {name for _, attributes in parsed.tags for name in attributes}
    assert {name for name in names if name.startswith("on") or name in {"src", "style", "action"}} == set()
    links = [attributes["href"] for _, attributes in parsed.tags if "href" in attributes]
    identifiers = {attributes["id"] for _, attributes in parsed.tags if "id" in attributes}
    assert {link for link in links if link is None or link.removeprefix("#") not in identifiers} == set()
    policy = parsed.all("meta")[1]["content"]
    css = source.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@every_record
def test_the_page_can_be_read_without_eyes(record: Record) -> None:
    """Language, landmarks, one h1, no level of headings skipped, unique ids, every table with a caption and scopes."""
    parsed = page(record)
    assert parsed.all("html") == [{"lang": "en"}]
    assert [len(parsed.all(name)) for name in ("main", "header", "nav", "footer", "h1")] == [1] * 5
    pictures = [attributes for attributes in parsed.all("svg") if attributes.get("class") == "picture"]
    assert (len(parsed.all("title")), len(parsed.all("desc"))) == (1 + len(pictures), len(pictures))
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(parsed.all("caption")) == len(parsed.all("table"))
    assert all("scope" in attributes for attributes in parsed.all("th"))
    identifiers = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert sorted(set(identifiers)) == sorted(identifiers)
    labels = {attributes["aria-labelledby"] for _, attributes in parsed.tags if "aria-labelledby" in attributes}
    assert labels <= set(identifiers)


@every_record
def test_the_same_record_gives_the_same_bytes(record: Record) -> None:
    """A page can be made anew from the record alone and compared."""
    assert render_html.html(Record.model_validate_json(record.model_dump_json())) == render_html.html(record)


def test_names_cannot_become_markup() -> None:
    """What was drilled may be called anything: it is shown as it is, and does nothing."""
    record = PASSED.model_copy(
        update={
            "run": HOSTILE,
            "sentence": HOSTILE,
            "altered": (HOSTILE,),
            "drill": PASSED.drill.model_copy(update={"title": HOSTILE, "name": HOSTILE, "system": HOSTILE}),
            "findings": (Finding(name=HOSTILE, state=State.HELD, says=HOSTILE, seen={HOSTILE: [HOSTILE]}),),
            "images": (Image(service=HOSTILE, image=HOSTILE, image_id=HOSTILE, how=HOSTILE),),
            "environment": {HOSTILE: {HOSTILE: HOSTILE}},
        }
    )
    parsed = page(record)
    assert parsed.all("script") == []
    assert parsed.open == []
    assert parsed.text.count(HOSTILE) > 10
    assert {tag for tag, _ in parsed.tags} == {tag for tag, _ in page(PASSED).tags}


def test_faults_come_first() -> None:
    """Within a group findings stand violated, unknown, held; within a state in the record's order."""
    text = page(FAILED).text.partition("state of what was recovered")[2]
    names = ["postgres-content", "no-holes", "postgres-amcheck", "no-egress", "disaster-confirmed"]
    assert sorted(names, key=text.index) == names


def test_the_verdict_box_says_what_bends_the_verdict() -> None:
    """Altered criteria and negative controls stand beside the verdict, in words."""
    assert (
        "ALTERED The command line changed what is declared in the drill: objectives.rto=500ms, objectives.given_up=1s"
    ) in page(FAILED).text
    assert (
        "NEGATIVE CONTROL, CAUGHT This run tests the drill, not the system: faults were put in on purpose ( "
        "stop-ledger: {service: db} ). Caught: INCONCLUSIVE by enough-acknowledgements, as expected."
    ) in page(CONTROL).text
    assert CONTROL.control is not None
    missed = CONTROL.model_copy(update={"control": CONTROL.control.model_copy(update={"caught": False})})
    assert "NEGATIVE CONTROL, NOT CAUGHT" in page(missed).text
    sabotaged = PASSED.model_copy(update={"sabotage": ("flip-byte: {in: backup}",)})
    assert "SABOTAGED Faults were put in on purpose: flip-byte: {in: backup}" in page(sabotaged).text
    assert re.search("ALTERED|NEGATIVE CONTROL|SABOTAGED", page(PASSED).text) is None


def test_the_first_things_read_are_the_verdict_its_sentence_the_objectives_and_the_loss() -> None:
    """In this order, before everything else."""
    text = page(FAILED).text.partition("</style>")[0]
    wanted = [
        *("FAIL", FAILED.sentence, "ALTERED", "Recovery time (RTO)", "more than 10 min", "promised 500 ms"),
        *("Data loss (RPO)", "Given up by going back", "What was lost", "137 acknowledged writes", "To be read with"),
        *("4 things were not proven", "System", "The recovery in pictures"),
    ]
    places = [text.index(words, text.index("evidence of one run")) for words in wanted]
    assert places == sorted(places)


def test_what_the_figures_depend_on_is_told() -> None:
    """Full speed, critical step, the last run, other settings, the archiver and the context of the timing."""
    text = page(PASSED).text
    sentences = (
        "To speed up first: playbook: restore-with-pgbackrest.yml takes 3.92 s, 57% of the recovery time",
        "Time to full speed 7.21 s after the disaster. The workload had 90% of its 200 writes/s 365 ms after",
        "The run of 2026-11-20 05:41:01 UTC, which ended PASS, beside this one",
        "Recovery time (RTO) 6.84 s 7.9 s 1.06 s faster (13%)",
        "shared_buffers db 128MB 8GB production, as the drill declares it",
        "restore_command db pgbackrest archive-get not set the service before the disaster",
        "Archiver of db, just before the disaster 9 files archived, none failed",
        "Load average 0.81 before the disaster, 1.42 when the service had settled",
        "Time given to other machines (steal) 3.1%",
        "Some task waited for cpu 12.0%, io 4.0%, memory 0.0% of the time",
        "Other labs, other containers 1, 3",
        "Limits of the services db: memory 1 GiB",
        "Durability is not proven here.",
        "the server's own cache was empty.",
    )
    assert [sentence for sentence in sentences if sentence not in text] == []
    assert "The drill was declared otherwise then" not in text
    assert PASSED.previous is not None
    other = PASSED.model_copy(update={"previous": PASSED.previous.model_copy(update={"drill_sha256": "0" * 64})})
    assert "The drill was declared otherwise then, so the two may not be alike." in page(other).text


def test_a_record_of_an_older_judge_still_gives_a_page() -> None:
    """What it does not tell is called not recorded."""
    fields = (
        "full_speed",
        "critical_step",
        "rate",
        "previous",
        "archivers",
        "differences",
        "timing",
        "marks",
        "phases",
    )
    told = PASSED.model_dump(mode="json", exclude=set(fields))
    text = page(Record.model_validate(told)).text
    sentences = (
        "No picture of the writes: none was acknowledged around a disaster.",
        "There is no earlier run of this drill to compare with.",
        "The context of the timing was not recorded.",
        "No setting is known to differ.",
        "Time to full speed not measured",
    )
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_the_page_stays_small_however_much_there_is_to_tell() -> None:
    """A normal page is below 300 kB; 2,000 tables, settings and long texts do not take it beyond 2 MB."""
    tables = {f"public.table_{number}": {"before": number, "after": number + 1} for number in range(2000)}
    finding = Finding(name="postgres-content", state=State.VIOLATED, says="2,000 tables differ", seen=tables)
    long = Finding(name="long", state=State.VIOLATED, says="x", seen={"tables": [f"public.t{n}" for n in range(2000)]})
    record = PASSED.model_copy(
        update={
            "findings": (finding, long) * 20,
            "differences": tuple(
                PASSED.differences[0].model_copy(update={"setting": f"setting_{number}", "here": "y" * 10_000})
                for number in range(2000)
            ),
        }
    )
    assert len(render_html.html(PASSED)) < 300_000
    assert len(render_html.html(record)) < 2_000_000
    text = page(record).text
    assert "public.table_0.after 1" in text
    assert "and 3,950 more in record.json" in text
    assert "setting_49" in text
    assert "setting_50" not in text
    assert "and 1,950 more in record.json" in text
    assert f"{'y' * 600}\N{HORIZONTAL ELLIPSIS} (9,400 more letters)" in text


def test_an_empty_section_says_so() -> None:
    """A reader who misses something is told that there is none."""
    text = page(ABORTED.model_copy(update={"findings": (), "steps": (), "timeline": ()})).text
    sentences = (
        "No objective was judged.",
        "Not known. none",
        "No picture of the recovery: no part of it was measured.",
        "No parts: there is no recovery time to break down.",
        "Flaps not known",
        "First failure seen not known: no ledger tells of it Back for good not known Attempts that failed not known",
        "Given up by going back not known",
        "No ledger: no write was classified.",
        "No findings: nothing was looked at.",
        "No timeline: nothing happened before the run ended.",
        "No steps were taken.",
        "No checks were made.",
        "No self-checks: nothing was measured.",
        "No limits were recorded.",
        "No image was resolved.",
        "No service became ready.",
        "No procedure files were recorded.",
        "Nothing about the machine was recorded.",
        "The journal does not say whether it was removed.",
    )
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_the_parts_of_the_recovery_time_fill_the_bar() -> None:
    """Segments follow each other without a gap, over the whole width when the service came back."""
    segments = render_html._segments(PASSED)
    ends = [segment.start + segment.share for segment in segments]
    assert [segment.start for segment in segments[1:]] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(100.0)
    assert [segment.number for segment in segments if segment.labelled] == [2, 3, 4, 5, 6]
    assert sum(segment.share for segment in render_html._segments(FAILED)) == pytest.approx(155.045 / 6)


def test_less_than_nothing_unexplained_is_written_but_not_drawn() -> None:
    """Parts that overlap leave a negative rest: the table says so, and the bar stays a bar."""
    parts = (PASSED.rto.parts[3], PASSED.rto.parts[-1].model_copy(update={"seconds": -0.2}))
    record = PASSED.model_copy(update={"rto": PASSED.rto.model_copy(update={"parts": parts})})
    assert [segment.share for segment in render_html._segments(record)] == [100.0, 0.0]
    assert "-0.200 0.0 %" in page(record).text


def test_figures_that_do_not_count_are_marked_where_they_stand() -> None:
    """A measure taken with an unsound instrument is shown, and called what it is."""
    assert "These figures do not count. not measured" in page(CONTROL).text
    assert "These figures do not count." not in page(PASSED).text


def test_an_objective_s_bar_shows_what_is_certain_what_is_possible_and_what_was_promised() -> None:
    """A range has two ends; without an upper bound it runs to the edge; without a measure there is no bar."""
    rto, rpo, given_up = FAILED.objectives
    whole = 7.93 * 1.04
    assert render_html._bar(rpo) == render_html.Bar(
        sure=pytest.approx(2.1 / whole * 100),
        possible=pytest.approx(7.93 / whole * 100),
        promised=pytest.approx(5 / whole * 100),
    )
    unbounded = render_html._bar(rto)
    assert unbounded is not None
    assert unbounded.possible == 100.0
    assert render_html._bar(given_up) is None
    nothing = rpo.model_copy(update={"objective_s": None, "at_least_s": 0.0, "at_most_s": 0.0})
    assert render_html._bar(nothing) == render_html.Bar(sure=0.0, possible=0.0, promised=None)


def test_colours_keep_their_contrast() -> None:
    """Text stands out from its ground by 4.5 to 1 at least: on a light screen, on a dark one, and printed."""
    css = (Path(render_html.__file__).parent / "templates" / "report.css").read_text()
    schemes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)
    ]
    assert len(schemes) == 3
    parts = ("detect", "confirm", "decide", "step", "replay", "first-write", "unexplained")
    pairs = [(text, "paper") for text in ("ink", "soft", "pass", "fail", "doubt", "none", "link")]
    pairs += [("ink", "shade"), ("soft", "shade"), ("on-warn", "warn"), ("on-control", "control")]
    pairs += [("on-verdict", ground) for ground in ("pass", "fail", "doubt", "none")]
    pairs += [("on-part", ground) for ground in parts]
    weak = [pair for scheme in schemes for pair in pairs if _contrast(scheme[pair[0]], scheme[pair[1]]) < 4.5]
    assert weak == []


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio as WCAG defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
