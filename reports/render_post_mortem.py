"""A post-mortem that a run pre-fills: what is known of it, in Markdown, and the questions only people can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import Outcome, State
from reports.glance import lost
from reports.words import duration, moment, objective_name, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record import Record

TO_WRITE = "_To be written._"
QUESTIONS = (
    ("Why it happened", "The cause, and why nothing stopped it before."),
    ("What went well, and where we were lucky", "What should stay as it is; what only helped by chance."),
    ("What is missing above", "What people saw, decided and tried, with times."),
)


def post_mortem(record: Record) -> str:
    """Return the post-mortem's draft in Markdown; what the run does not tell is left to be written."""
    parts = [_head(record), _impact(record), _wrong(record), _course(record), _time(record), _asked(), _actions(record)]
    return "\n\n".join("\n".join(map(_escaped, part)) for part in parts) + "\n"


def _escaped(line: str) -> str:
    """Return a line that no text from the run can turn into mark-up of its own."""
    return plain(line).replace("<", "&lt;")


def _head(record: Record) -> Iterator[str]:
    yield f"# Post-mortem: {record.drill.title}"
    yield ""
    yield f"Drill {record.drill.name} on {record.drill.system}, {moment(record.started_utc)}, run {record.run}."
    yield f"{record.verdict}: {record.sentence}"


def _impact(record: Record) -> Iterator[str]:
    yield "## Impact"
    yield ""
    for item in record.objectives:
        promised = "no promise" if item.objective_s is None else duration(item.objective_s)
        yield f"- {objective_name(item.name)}: {item.achieved} (promised: {promised}); {item.state}. {item.says}"
    if record.writes:
        yield f"- Lost: {lost(record)}"


def _wrong(record: Record) -> Iterator[str]:
    yield "## What went wrong"
    yield ""
    wrong = [says for state, says in _told(record) if state is not State.HELD]
    wrong += [f"{check.name} ({check.state}): {check.says}" for check in record.instrument if check.state != State.HELD]
    wrong += [f"step {one.title}, {one.outcome}: {one.says}" for one in record.steps if one.outcome != Outcome.OK]
    yield from [f"- {says}" for says in wrong] or ["Nothing that was looked at."]


def _told(record: Record) -> Iterator[tuple[State, str]]:
    """Yield what was promised and what was found, each with its state."""
    for item in record.objectives:
        yield item.state, f"{objective_name(item.name)} ({item.state}): {item.says}"
    for finding in record.findings:
        yield finding.state, f"{finding.name} ({finding.state}): {finding.says}"


def _course(record: Record) -> Iterator[str]:
    yield "## Timeline"
    yield ""
    yield "| UTC | after the disaster | what | detail |"
    yield "|---|---|---|---|"
    for row in record.timeline:
        after = "" if row.offset_s is None else f"{row.offset_s:+.3f} s"
        cells = [row.utc[11:23], after, row.what, row.detail]
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _time(record: Record) -> Iterator[str]:
    yield "## Where the time went"
    yield ""
    for part in record.rto.parts:
        yield f"- {duration(part.seconds)}: {part.name}{' (assumed)' if part.assumed else ''}"
    if not record.rto.parts:
        yield "Nothing was measured."


def _asked() -> Iterator[str]:
    for number, (heading, question) in enumerate(QUESTIONS):
        yield from [""] * bool(number)
        yield f"## {heading}"
        yield ""
        yield f"{question} {TO_WRITE}"


def _actions(record: Record) -> Iterator[str]:
    yield "## Actions"
    yield ""
    yield "| what | owner | due |"
    yield "|---|---|---|"
    violated = [says for state, says in _told(record) if state is State.VIOLATED]
    for says in violated:
        yield f"| {says.replace('|', '/')} | | |"
    if not violated:
        yield "| | | |"
