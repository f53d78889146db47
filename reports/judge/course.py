"""The run's course: the moments that the rules compare, and the recovery target, in monotonic nanoseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reports.facts.events import DisasterDone, Instant, Mark, Phase, State, TargetSet

if TYPE_CHECKING:
    from reports.folder import RunFolder

SECOND = 1_000_000_000
WIDEST_BOUND_NS = 50_000_000
"""A target placed less surely than this cannot be compared with anything."""


@dataclass(frozen=True)
class Target:
    """A point in time to recover to: surely not before `at - bound`, surely not after `at + bound`."""

    at: int
    bound: int

    @property
    def surely_before(self) -> int:
        """Return the last moment that is surely not after the target."""
        return self.at - self.bound

    @property
    def surely_after(self) -> int:
        """Return the moment after which all is surely after the target."""
        return self.at + self.bound


@dataclass(frozen=True)
class Course:
    """Moments of one run; None was never reached.

    `confirmed`: every disaster was seen to have done its damage, the last one `confirmed_at`. `stays_up`: none took the
    service away.
    """

    injected: int | None
    confirmed: bool
    confirmed_at: int | None
    stays_up: bool
    steady: int | None
    detected: int | None
    declared: int | None
    recovery_started: int | None
    recovered: int | None
    stopped: int | None
    verified: int | None
    first: Instant
    last: Instant
    target: Target | None
    zero: int | None
    """What offsets count from: the disaster, or the decision to recover where there is none."""

    @classmethod
    def of(cls, folder: RunFolder) -> Course:
        """Return the course of a run."""

        def mark(name: Mark) -> int | None:
            at = folder.mark(name)
            return at.monotonic_ns if at else None

        planned, steady = folder.planned, folder.phase_started(Phase.STEADY)
        done = folder.all(DisasterDone)
        return cls(
            injected=mark(Mark.DISASTER_INJECTED),
            confirmed=mark(Mark.DISASTER_CONFIRMED) is not None
            and all(one.confirmation.state == State.HELD for one in done),
            confirmed_at=mark(Mark.DISASTER_CONFIRMED),
            stays_up=bool(done) and all(one.stays_up for one in done),
            steady=steady.monotonic_ns if steady else None,
            detected=mark(Mark.DETECTED),
            declared=mark(Mark.DECLARED),
            recovery_started=mark(Mark.RECOVERY_STARTED),
            recovered=mark(Mark.RECOVERY_FINISHED),
            stopped=mark(Mark.WORKLOAD_STOPPED),
            verified=mark(Mark.VERIFIED),
            first=folder.entries[0].at,
            last=folder.entries[-1].at,
            target=_target(folder),
            zero=mark(Mark.DECLARED if planned.existing or planned.tabletop else Mark.DISASTER_INJECTED),
        )

    def of_service(self, folder: RunFolder, service: str) -> Course:
        """Return the course of one of several services: what was done to it, and its own clock's target.

        A spared one has no target. One that only the recovery takes back is as one that stays up: it goes away then.
        """
        spared = service in folder.planned.spared
        meant = [one for one in folder.all(DisasterDone) if service in (*one.services, one.service)]
        return replace(
            self,
            stays_up=self.injected is not None and not spared and all(one.stays_up for one in meant),
            recovered=_recovered(folder, service) or self.recovered,
            target=None if spared else _target(folder, service),
        )

    @property
    def renewed(self) -> int | None:
        """Return from when on an epoch that is first met is one of the recovered service; None: from never on.

        What stays up may be restarted by the injection itself, and what it then acknowledges is yet to be recovered.
        """
        return self.recovery_started if self.stays_up else self.injected

    def is_outage(self, attempted: int, failed: int) -> bool:
        """Return whether an attempt that failed tells of the disaster: not if the injection itself was in its way."""
        if self.stays_up:
            return self.confirmed_at is not None and attempted >= self.confirmed_at
        return self.injected is not None and failed >= self.injected

    def since_disaster(self, moment: int) -> float | None:
        """Return the seconds from `zero` to `moment`; None when there was no disaster, nor a decision to recover."""
        return None if self.zero is None else (moment - self.zero) / SECOND

    def utc(self, moment: int) -> str:
        """Return a monotonic moment in UTC, for people: by the first entry, for the last may be of another boot."""
        at = datetime.fromisoformat(self.first.utc) + timedelta(microseconds=(moment - self.first.monotonic_ns) // 1000)
        return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _recovered(folder: RunFolder, service: str) -> int | None:
    """Return when the tier of a service was done; None where the recovery has no tiers, or it is in none."""
    tier = next((tier.name for tier in folder.planned.tiers if service in tier.services), None)
    steps = folder.steps(Phase.RECOVER) if tier else []
    return max((step.finished.monotonic_ns for step in steps if step.tier == tier), default=None)


def _target(folder: RunFolder, service: str = "") -> Target | None:
    """Return the target by a service's clock, else by that of the first service that was asked."""
    told = {fact.service: fact for fact in reversed(folder.all(TargetSet))}
    fact = told.get(service, folder.first(TargetSet))
    if fact is None or fact.monotonic_ns is None or fact.bound_ns is None:
        return None
    return Target(fact.monotonic_ns, fact.bound_ns)
