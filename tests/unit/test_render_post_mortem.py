"""The post-mortem's draft: what a run tells is in it, and what only people know is asked."""

from __future__ import annotations

from synthetic_records import FAILED, PASSED

from reports.facts.events import State
from reports.record import TimelineRow
from reports.render_post_mortem import QUESTIONS, post_mortem
from reports.words import objective_name


def section(text: str, heading: str) -> list[str]:
    """Return the lines of a section."""
    return text.partition(f"## {heading}\n")[2].partition("\n## ")[0].strip().splitlines()


def test_a_failed_run_tells_what_went_wrong() -> None:
    """Verdict, broken promises, everything that does not hold, and an action to be owned for each violation."""
    text = post_mortem(FAILED)
    assert text.startswith(
        f"# Post-mortem: {FAILED.drill.title}\n\nDrill {FAILED.drill.name} on {FAILED.drill.system}, "
    )
    assert f"FAIL: {FAILED.sentence}" in text
    promised = [(one.state, f"{objective_name(one.name)} ({one.state}): {one.says}") for one in FAILED.objectives]
    found = [(one.state, f"{one.name} ({one.state}): {one.says}") for one in FAILED.findings]
    checked = [(one.state, f"{one.name} ({one.state}): {one.says}") for one in FAILED.instrument]
    broken = [f"- {says}" for state, says in (*promised, *found, *checked) if state is not State.HELD]
    assert broken
    assert [line for line in section(text, "What went wrong") if not line.startswith("- step ")] == broken
    violated = [says for state, says in (*promised, *found) if state is State.VIOLATED]
    assert section(text, "Actions")[2:] == [f"| {says} | | |" for says in violated]


def test_what_only_people_know_is_asked() -> None:
    """A draft does not pretend to know a cause."""
    text = post_mortem(PASSED)
    assert [section(text, heading) for heading, _ in QUESTIONS] == [
        [f"{question} _To be written._"] for _, question in QUESTIONS
    ]
    assert section(text, "What went wrong") == ["Nothing that was looked at."]
    assert section(text, "Actions")[2:] == ["| | | |"]


def test_the_runs_own_texts_make_no_mark_up_and_no_columns() -> None:
    """A server's message may hold anything."""
    row = TimelineRow(offset_s=1.5, utc="2026-11-21T05:44:06.250000Z", what="a|b", detail="<script>\nline")
    timeline = section(post_mortem(FAILED.model_copy(update={"timeline": (row,)})), "Timeline")
    assert timeline[2:] == ["| 05:44:06.250 | +1.500 s | a/b | &lt;script> line |"]
