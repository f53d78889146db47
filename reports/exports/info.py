"""What a bundle says of itself in plain words: the first file an auditor opens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reports.exports.window import Chosen
    from reports.population import AsOf, RunLine

_RANK = ("critical", "high", "moderate", "low", None)


@dataclass(frozen=True)
class Counts:
    """What a window holds, counted."""

    runs: dict[str, int]
    """Verdict to number, negative controls apart."""
    controls: int
    caught: int
    schedule: dict[str, int]
    """on-time, late, missed, deferred, unscheduled."""
    systems: tuple[tuple[str | None, str, int], ...]
    """Criticality, system and number of runs, the most critical first."""
    uninterpreted: tuple[str, ...]
    """Runs whose record was not read, each with the reason."""


def counted(lines: Sequence[RunLine], window: Chosen, uninterpreted: Sequence[str]) -> Counts:
    """Return what a window holds."""
    drills = [line for line in lines if not line.control]
    schedule = Counter[str](line.adherence for line in drills)
    schedule.update({"missed": len(window.missed), "deferred": len(window.deferred)})
    systems = Counter((criticality_of(line.system, lines), line.system) for line in drills)
    return Counts(
        runs=dict(Counter(line.verdict.value for line in drills)),
        controls=len(lines) - len(drills),
        caught=sum(bool(line.caught) for line in lines),
        schedule={name: schedule[name] for name in ("on-time", "late", "missed", "deferred", "unscheduled")},
        systems=tuple((*key, systems[key]) for key in sorted(systems, key=lambda key: (_RANK.index(key[0]), key[1]))),
        uninterpreted=tuple(uninterpreted),
    )


def criticality_of(system: str, lines: Sequence[RunLine]) -> str | None:
    """Return how critical the runs of a system last declared it to be; None: none of them did."""
    declared = (line.criticality for line in reversed(lines) if line.system == system and line.criticality)
    return next(declared, None)


def page(counts: Counts, window: Chosen, as_of: AsOf) -> str:
    """Return the page."""
    return "\n".join(_lines(counts, window, as_of)) + "\n"


def _lines(counts: Counts, window: Chosen, as_of: AsOf) -> Iterator[str]:
    yield f"Evidence of recovery drills, {window.window}"
    yield ""
    yield f"Register {as_of.register_id}, as of entry {as_of.entry} of {as_of.utc}"
    yield f"Hash of that entry: {as_of.sha256}"
    yield ""
    yield f"Every run that started in this window is here: {sum(counts.runs.values())} in all."
    yield from (f"  {verdict:<14}{number:>6}" for verdict, number in sorted(counts.runs.items()))
    yield f"Apart from them, {counts.controls} negative controls tested the drills; {counts.caught} were caught."
    yield ""
    yield "Times at which drills were due (on time: started no later than a day after):"
    yield from (f"  {name:<14}{number:>6}" for name, number in counts.schedule.items())
    yield ""
    yield "Runs by criticality and system:"
    yield from (
        f"  {criticality or 'not declared':<14}{number:>6}  {system}" for criticality, system, number in counts.systems
    )
    if counts.uninterpreted:
        yield ""
        yield "Records that were not interpreted:"
        yield from (f"  {says}" for says in counts.uninterpreted)
    yield ""
    yield from _CONTENTS


_CONTENTS = """\
What is here
  VERIFY.md                       how to check all of it without our software
  manifest.json                   every file: digest, size, kind, effective, renewal and retain-until date
  register.jsonl                  the whole register: a chain of every run there ever was in this register
  DRILL/RUN/                      the runs' folders as they were sealed
  audit_window/population.csv     all runs, and what was missed or deferred: choose samples from it
  audit_window/negative-controls.csv   runs that tested the drills, a population of their own
  audit_window/failures.csv       what went wrong, the actions taken, and the runs that tested them
  audit_window/deferrals.csv      drills that were put off: why, and who approved
  audit_window/controls.csv       where each control stands, and what is not covered
  audit_window/evidence.csv       controls to runs: which run counts for which control
  audit_window/trends/            recovery time and loss of each drill over the window, as pictures
  audit_window/oscal/             assessment results of each run, plan of action of each system (OSCAL 1.2.3)

Drills ran in labs of containers. Such evidence supports a judgement of a control; it is none.""".splitlines()
