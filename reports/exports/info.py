"""What a bundle says of itself in plain words: the first file an auditor opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.exports.window import told
from reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.period import Period


def page(period: Period, uninterpreted: Sequence[str]) -> str:
    """Return the page; `uninterpreted` are runs whose record was not read, each with the reason."""
    return "\n".join(_lines(period, uninterpreted)) + "\n"


def _lines(period: Period, uninterpreted: Sequence[str]) -> Iterator[str]:
    as_of, kept = period.as_of, period.adherence
    yield f"Evidence of recovery drills, {told(period.window)}"
    yield ""
    yield f"Register {as_of.register_id}, as of entry {as_of.entry} of {as_of.utc}"
    yield f"Hash of that entry: {as_of.sha256}"
    yield ""
    yield f"Every run that started in this window is told of here: {len(period.runs)} in all."
    yield from (f"  {verdict:<14}{number:>6}" for verdict, number in period.verdicts.items())
    controls = counted(len(period.controls), "negative control")
    yield f"Apart from them, {controls} tested the drills; caught: {period.caught}."
    if period.tabletops:
        tabletops, passed = counted(len(period.tabletops), "tabletop"), sum(line.good for line in period.tabletops)
        yield f"Apart from them, {tabletops} exercised people, and no system was recovered; passed: {passed}."
    yield ""
    yield f"Times that drills were due: {kept.due}; runs on no schedule: {kept.unscheduled}."
    yield f"  on time       {kept.on_time:>6}  (started no later than a day after)"
    yield f"  late          {kept.late:>6}"
    yield f"  missed        {kept.missed:>6}"
    yield f"  deferred      {kept.deferred:>6}"
    yield ""
    yield "Runs by criticality and system:"
    yield from (
        f"  {one.criticality or 'not declared':<14}{one.runs:>6}  {_line(one.system)}" for one in period.systems
    )
    for title, sentences in (("Records that were not read:", uninterpreted), ("Gaps:", period.gaps)):
        if sentences:
            yield ""
            yield title
            yield from (f"  {_line(sentence)}" for sentence in sentences)
    yield ""
    yield from _CONTENTS


def _line(text: str) -> str:
    """Return what somebody wrote as one line: no name adds lines to this page."""
    return " ".join(text.split())


_CONTENTS = """\
What is here
  VERIFY.md                       how to check all of it without our software
  manifest.json                   every file: digest, size, kind, effective, renewal and retain-until date
  register.jsonl                  the whole register: a chain of every run there ever was in this register
  DRILL/RUN/                      the runs' folders: of a sealed run what its seal lists
  audit_window/period.html        all of it on one page; board.html: the same on one sheet
  audit_window/population.csv     all runs, and what was missed or deferred: choose samples from it
  audit_window/negative-controls.csv   runs that tested the drills, a population of their own
  audit_window/failures.csv       what went wrong, the actions taken, and the runs that tested them
  audit_window/deferrals.csv      drills that were put off: why, and who approved
  audit_window/controls.csv       where each control stands, and what is not covered
  audit_window/evidence.csv       controls to runs: which run counts for which control
  audit_window/trends/            recovery time and loss of each drill over the window, as pictures
  audit_window/oscal/             assessment results of each run, plan of action of each system that needs one (OSCAL
                                  1.2.3)

Drills ran in labs of containers. Such evidence supports a judgement of a control; it is none.""".splitlines()
