"""The instrument's self-checks: whether what was measured can be believed.

A self-check that fails is unknown, not violated: it says nothing against the system, and takes the word of the measures
that rest on it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from reports.facts.events import Finding, State
from reports.facts.ledger import Action, Answer
from reports.facts.names import INTEGRITY, of_service, parted
from reports.judge.course import SECOND, WIDEST_BOUND_NS
from reports.judge.critical_path import steps_to
from reports.judge.findings import about
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.facts.events import LedgerStarted
    from reports.facts.ledger import Ledger
    from reports.facts.names import SelfCheck
    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.judge.watched import Watched

LEAST_ACKNOWLEDGEMENTS = 100
LEAST_RATE_SHARE = 0.9
FRESH_INTERVALS = 3
FRESH_AT_LEAST_S = 0.015
"""A fast ledger's interval is shorter than what a scheduler gives."""
MOST_UNEXPLAINED_S = 0.25

LOSS = frozenset({"rpo", "given-up", "common-point"})

VOIDS: dict[str, frozenset[str]] = {
    "instrument-acknowledgements": LOSS | {"rto", "detected"},
    "instrument-rate": LOSS | {"rto"},
    "instrument-fresh": LOSS,
    "instrument-outcomes": LOSS | INTEGRITY | {"rto"},
    "instrument-closed": LOSS | INTEGRITY | {"rto", "read-back", "detected"},
    "instrument-parts": frozenset({"rto"}),
    "instrument-unexplained": frozenset({"rto"}),
    "instrument-clock": LOSS | INTEGRITY | {"rto"},
    "instrument-marks": LOSS | {"rto"},
    "instrument-target-clock": LOSS | {"no-hole", "no-unexpected"},
}
"""Which measures rest on a self-check, and become unknown when it fails."""


@dataclass
class Survey:
    """What one pass over the attempts tells of the ledger itself."""

    counts: Counter[tuple[int, int]] = field(default_factory=Counter)
    steady: int = 0
    """Acknowledged writes of the steady phase."""
    last_before: int | None = None
    """The last acknowledgement before the disaster."""
    backwards: int = 0
    """Attempts that were answered before they were made."""
    repeated: int = 0
    """Writes whose number is not above that of the writer's write before."""


def survey(one: Watched) -> Survey:
    """Return what its attempts tell of a ledger itself."""
    seen, course = Survey(), one.course
    sent: dict[int, int] = {}
    end = _steady_end(course)
    for attempt in one.ledger.attempts() if one.ledger else ():
        seen.counts[attempt.action, attempt.answer] += 1
        seen.backwards += attempt.answered < attempt.attempted
        if attempt.action != Action.WRITE or attempt.answer == Answer.UNSENT:
            continue
        seen.repeated += attempt.sequence <= sent.get(attempt.writer, -1)
        sent[attempt.writer] = attempt.sequence
        if attempt.answer == Answer.ACKNOWLEDGED and attempt.answered <= end:
            seen.last_before = max(seen.last_before or 0, attempt.answered)
            seen.steady += course.steady is not None and attempt.answered >= course.steady
    return seen


def instrument(
    folder: RunFolder, course: Course, services: Sequence[Watched], unexplained_s: float | None
) -> list[Finding]:
    """Return every self-check that applies to what the run reached; those of one of several ledgers by its service."""
    surveys = [survey(one) for one in services]
    findings = [clock(folder, sum(seen.backwards for seen in surveys)), marks(course)]
    if bounds := [one.course.target.bound for one in services if one.course.target]:
        findings.append(target_clock(max(bounds)))
    if course.recovery_started is not None:
        findings.append(parts(folder))
    if unexplained_s is not None:
        findings.append(unexplained(unexplained_s))
    for one, seen in zip(services, surveys, strict=True):
        findings += [about(one.label, finding) for finding in _of_ledger(one, seen)]
    return findings


def _of_ledger(one: Watched, seen: Survey) -> Iterator[Finding]:
    course = one.course
    if one.started is None:
        return
    yield closed(one.ledger)
    if one.ledger is None:
        return
    yield outcomes(one.ledger, seen)
    if course.steady is not None:
        yield acknowledgements(seen)
        yield rate(seen, one.started, (_steady_end(course) - course.steady) / SECOND)
    if course.injected is not None:
        yield fresh(seen, one.started, course.injected)


def _steady_end(course: Course) -> int:
    return course.injected if course.injected is not None else course.last.monotonic_ns


def _finding(name: SelfCheck, says: str, *, holds: bool) -> Finding:
    return Finding(name=name, state=State.HELD if holds else State.UNKNOWN, says=says)


def acknowledgements(seen: Survey) -> Finding:
    """Hold if at least 100 writes were acknowledged in steady."""
    return _finding(
        "instrument-acknowledgements",
        f"{seen.steady} writes were acknowledged in steady; {LEAST_ACKNOWLEDGEMENTS} are needed.",
        holds=seen.steady >= LEAST_ACKNOWLEDGEMENTS,
    )


def rate(seen: Survey, started: LedgerStarted, steady_s: float) -> Finding:
    """Hold if 90 % of the stated rate was reached in steady; a ledger without a rate states none."""
    stated = started.rate_per_s * steady_s
    share = seen.steady / stated if stated else 1.0
    # Cut, not rounded: what fell just short must not read as what was needed.
    told = int(1000 * share) / 1000
    return _finding(
        "instrument-rate",
        f"The ledger reached {told:.1%} of its {started.rate_per_s:g} writes/s in steady; "
        f"{LEAST_RATE_SHARE:.0%} are needed.",
        holds=share >= LEAST_RATE_SHARE,
    )


def fresh(seen: Survey, started: LedgerStarted, injected: int) -> Finding:
    """Hold if the last acknowledgement came at most 3 of the ledger's intervals before the disaster."""
    interval = 1 / started.rate_per_s if started.rate_per_s else 0.0
    limit = max(FRESH_INTERVALS * interval, FRESH_AT_LEAST_S)
    if seen.last_before is None:
        return _finding("instrument-fresh", "No write was acknowledged before the disaster.", holds=False)
    age = (injected - seen.last_before) / SECOND
    says = f"The last acknowledgement came {duration(age)} before the disaster; {duration(limit)} are allowed."
    return _finding("instrument-fresh", says, holds=age <= limit)


def outcomes(ledger: Ledger, seen: Survey) -> Finding:
    """Hold if the ledger's own counts are those of its file, and no number was sent twice."""
    names = {f"{Action(action).name}/{Answer(answer).name}".lower(): n for (action, answer), n in seen.counts.items()}
    counted = {name: number for name, number in ledger.closed.counts.items() if number}
    if names != counted or ledger.closed.attempts != sum(seen.counts.values()):
        return _finding("instrument-outcomes", "The ledger's counts are not those of its attempts.", holds=False)
    if seen.repeated:
        return _finding(
            "instrument-outcomes", f"{seen.repeated} writes carry a number that was sent before.", holds=False
        )
    return _finding("instrument-outcomes", f"All {ledger.closed.attempts} attempts have an outcome.", holds=True)


def closed(ledger: Ledger | None) -> Finding:
    """Hold if the ledger closed its files."""
    if ledger is None:
        return _finding("instrument-closed", "The ledger never closed its files.", holds=False)
    return _finding("instrument-closed", "The ledger closed its files; their digests agree.", holds=True)


def clock(folder: RunFolder, backwards: int) -> Finding:
    """Hold if time only went forward: in the journal, and for all but `backwards` attempts until their answer."""
    backwards += sum(after.at.monotonic_ns < before.at.monotonic_ns for before, after in pairwise(folder.entries))
    says = "The clock never went back." if not backwards else f"The clock went back {backwards} times."
    return _finding("instrument-clock", says, holds=not backwards)


def marks(course: Course) -> Finding:
    """Hold if the marks that were reached follow each other as the phases do."""
    order = ("injected", "detected", "declared", "recovery_started", "recovered", "stopped", "verified")
    reached = [(name, moment) for name in order if (moment := getattr(course, name)) is not None]
    for (before, earlier), (after, later) in pairwise(reached):
        if later < earlier:
            return _finding("instrument-marks", f"The mark {after} lies before the mark {before}.", holds=False)
    return _finding("instrument-marks", "The marks are in order.", holds=True)


def parts(folder: RunFolder) -> Finding:
    """Hold if no recovery step began before the one before it, of its own tier or one that it is after, had ended."""
    services = [tier.services[0] for tier in folder.planned.tiers if tier.services] or [""]
    for before, after in chain.from_iterable(pairwise(steps_to(folder, service)) for service in services):
        if after.started.monotonic_ns < before.finished.monotonic_ns:
            return _finding("instrument-parts", f"{after.title} began before {before.title} had ended.", holds=False)
    return _finding("instrument-parts", "The parts of the recovery time do not overlap.", holds=True)


def unexplained(seconds: float) -> Finding:
    """Hold if at most 250 ms of the recovery time belong to no part."""
    says = f"{duration(seconds)} of the recovery time belong to no part; {duration(MOST_UNEXPLAINED_S)} are allowed."
    return _finding("instrument-unexplained", says, holds=0 <= round(seconds, 9) <= MOST_UNEXPLAINED_S)


def target_clock(bound_ns: int) -> Finding:
    """Hold if the recovery target is known on our clock to within 50 ms."""
    says = f"The recovery target is known to within {duration(bound_ns / SECOND)}; "
    says += f"{duration(WIDEST_BOUND_NS / SECOND)} are allowed."
    return _finding("instrument-target-clock", says, holds=bound_ns <= WIDEST_BOUND_NS)


def voided(self_checks: Iterable[Finding], services: Sequence[Watched]) -> dict[str, str]:
    """Return, for each measure that rests on a failed self-check, what that one says.

    What a ledger cannot tell of its service is unknown of the whole, too.
    """
    why: dict[str, str] = {}
    for check in self_checks:
        if check.state == State.HELD:
            continue
        service, name = parted(check.name)
        concerned = {"", service} if service else {"", *(one.label for one in services)}
        for measure in (of_service(label, bare) for bare in VOIDS[name] for label in concerned):
            why.setdefault(measure, check.says)
    return why
