"""What the ledgers watched: each service with its own course, when it was away, and whether it was to be spared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.judge.timeline import Outage, outage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.facts.events import LedgerStarted
    from reports.facts.ledger import Ledger
    from reports.folder import RunFolder
    from reports.judge.course import Course


@dataclass(frozen=True)
class Watched:
    """One service, as its ledger saw it."""

    service: str
    """Empty: no ledger was started."""
    label: str
    """The service where there are several, else empty: a statement on the only one is on the whole."""
    started: LedgerStarted | None
    ledger: Ledger | None
    """None: it never closed."""
    course: Course
    outage: Outage
    spared: bool
    """No disaster and no recovery step was meant for it."""

    @property
    def was_out(self) -> bool:
        """Return whether it had to come back: a spared service that nobody missed had not."""
        return not self.spared or self.outage.began is not None


def watched(folder: RunFolder, course: Course) -> list[Watched]:
    """Return each service that a ledger wrote to; where there was none, one of which nothing was seen."""
    if len(folder.ledgers) > 1:
        return [_watched(folder, course.of_service(folder, name), name, name) for name in folder.ledgers]
    return [_watched(folder, course, next(iter(folder.ledgers), ""), "")]


def _watched(folder: RunFolder, course: Course, service: str, label: str) -> Watched:
    ledger = folder.ledgers.get(service)
    return Watched(
        service=service,
        label=label,
        started=folder.ledgers_started.get(service),
        ledger=ledger,
        course=course,
        outage=outage(ledger.attempts, course) if ledger else Outage(None, None),
        spared=bool(label) and service in folder.planned.spared,
    )


def away(services: Sequence[Watched]) -> Outage:
    """Return when any of the services was away: back when the last of them is."""
    outages = [one.outage for one in services if one.was_out]
    restored = [one.restored for one in outages]
    return Outage(
        began=min((one.began for one in outages if one.began is not None), default=None),
        restored=None if None in restored else max((one for one in restored if one is not None), default=None),
    )
