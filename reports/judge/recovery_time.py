"""The recovery time and its parts: what of it was noticing, deciding, each step, replay, and the first write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports.facts.events import Phase, SabotageDone, ServerMark, StepFinished
from reports.judge.course import SECOND
from reports.judge.critical_path import path_to, steps_to
from reports.record import Flap, Rto, RtoPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.folder import RunFolder
    from reports.judge.course import Course
    from reports.judge.timeline import Stretch
    from reports.judge.watched import Watched
    from reports.record import PartKind


OF_PEOPLE = ("manual", "call")
"""Steps that are people's time."""
SAID_LATE_NS = 50_000_000
"""A server opens its door, then writes so into its log, in whole milliseconds."""


@dataclass(frozen=True)
class Span:
    """A stretch of the recovery, in monotonic nanoseconds."""

    name: str
    kind: PartKind
    start: int
    end: int


def recovery_time(folder: RunFolder, one: Watched) -> Rto:
    """Return a service's recovery time; all is None or empty when there was no disaster, 0 when it was never away."""
    planned, course, outage = folder.planned, one.course, one.outage
    assumed = planned.assumed_detect_s + planned.assumed_decide_s
    if course.injected is None:
        return Rto(achieved_s=None, assumed_people_s=assumed, parts=(), unexplained_s=None, time_to_verified_s=None)
    if not one.was_out:
        return Rto(achieved_s=0.0, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)
    restored, injected = outage.restored, course.injected
    end = restored if restored is not None else watched_until(course)
    parts = [_part(span, injected) for span in _disjoint(_spans(folder, one), end)]
    measured = (end - injected) / SECOND
    unexplained = measured - sum(part.seconds for part in parts) if restored is not None else None
    if unexplained is not None:
        parts.append(RtoPart(name="unexplained", kind="unexplained", seconds=unexplained, started_s=0.0))
    verified = course.verified
    return Rto(
        achieved_s=None if restored is None else measured + assumed,
        more_than_s=measured + assumed if restored is None else None,
        assumed_people_s=assumed,
        parts=(*_assumed(folder), *parts),
        unexplained_s=unexplained,
        path=path_to(folder, one.service),
        flaps=tuple(_flap(stretch, injected) for stretch in outage.flaps),
        time_to_verified_s=None if verified is None else (verified - injected) / SECOND + assumed,
    )


def slowest(times: Iterable[tuple[Watched, Rto]]) -> tuple[Watched, Rto]:
    """Return the service that was back last, or was not: the whole is back with it. Spared ones do not count."""

    def lateness(pair: tuple[Watched, Rto]) -> tuple[bool, bool, float]:
        one, rto = pair
        return one.was_out, rto.achieved_s is None, rto.achieved_s or 0.0

    return max(times, key=lateness)


def watched_until(course: Course) -> int:
    """Return until when clients were watched: the workload's stop, else the journal's end."""
    return course.stopped if course.stopped is not None else course.last.monotonic_ns


def _assumed(folder: RunFolder) -> Iterator[RtoPart]:
    planned = folder.planned
    if planned.assumed_detect_s:
        yield RtoPart(
            name="somebody notices", kind="detect", seconds=planned.assumed_detect_s, started_s=0.0, assumed=True
        )
    if planned.assumed_decide_s:
        yield RtoPart(
            name="recovery is decided", kind="decide", seconds=planned.assumed_decide_s, started_s=0.0, assumed=True
        )


def _spans(folder: RunFolder, one: Watched) -> Iterator[Span]:
    """Yield what the time was spent on, in order, as it was journaled: neither clipped nor checked."""
    course = one.course
    if course.injected is not None and course.detected is not None:
        yield Span("noticed", "detect", course.injected, course.detected)
    if course.detected is not None and course.declared is not None:
        yield Span("damage confirmed, recovery declared", "confirm", course.detected, course.declared)
    if course.recovery_started is not None:
        yield from _sabotage(folder, course.recovery_started)
    steps = steps_to(folder, one.service)
    for step in steps[:-1]:
        yield _step(step)
    if steps:
        yield from _last_step(folder, steps[-1], one)


def _sabotage(folder: RunFolder, started: int) -> Iterator[Span]:
    """Yield the faults put in between the decision and the first step: only their end is journaled."""
    first_step = min((step.started.monotonic_ns for step in folder.steps(Phase.RECOVER)), default=started)
    for at, done in folder.entries_of(SabotageDone):
        if started <= at.monotonic_ns <= first_step:
            yield Span(done.kind, "step", started, at.monotonic_ns)
            started = at.monotonic_ns


def _step(step: StepFinished) -> Span:
    kind: PartKind = "decide" if step.kind in OF_PEOPLE else "step"
    return Span(step.title, kind, step.started.monotonic_ns, step.finished.monotonic_ns)


def _last_step(folder: RunFolder, step: StepFinished, one: Watched) -> Iterator[Span]:
    """Yield the last step and what followed it: the server's start and replay, and the wait for the first write."""
    span, restored = _step(step), one.outage.restored
    if restored is None:
        yield span
    elif step.kind != "start" or (accepting := _accepting(folder, span, one.service, restored)) is None:
        yield span
        yield Span("first write", "first-write", span.end, restored)
    else:
        yield Span(f"{step.title}, replay", "replay", span.start, accepting)
        yield Span("first write", "first-write", accepting, restored)


def _accepting(folder: RunFolder, start: Span, written: str, restored: int) -> int | None:
    """Return when the written server last said that it accepts connections; it may say so after the first write."""
    end = max(start.end, restored) + SAID_LATE_NS
    marks = [mark for mark in folder.all(ServerMark) if mark.service == written]
    said = (mark.at.monotonic_ns for mark in marks if mark.mark == "accepting-connections")
    latest = max((moment for moment in said if start.start <= moment <= end), default=None)
    return None if latest is None else min(latest, max(start.start, restored))


def _disjoint(spans: Iterator[Span], end: int) -> Iterator[Span]:
    """Yield the spans with what lies after `end`, or within the one before, cut off; what is then empty is left out."""
    reached = 0
    for span in spans:
        cut = replace(span, start=max(span.start, reached), end=min(span.end, end))
        if cut.start < cut.end:
            yield cut
            reached = cut.end


def _part(span: Span, injected: int) -> RtoPart:
    return RtoPart(
        name=span.name,
        kind=span.kind,
        seconds=(span.end - span.start) / SECOND,
        started_s=(span.start - injected) / SECOND,
    )


def _flap(stretch: Stretch, injected: int) -> Flap:
    return Flap(
        from_s=(stretch.first - injected) / SECOND, to_s=(stretch.last - injected) / SECOND, writes=stretch.writes
    )
