"""A healthy run in the real formats on disk, to be changed by one fault at a time.

Moments are seconds after the disaster. The service goes away at once, is noticed after 4 ms, and comes back for good
with the write attempted at 4.95 s, acknowledged 2 ms later.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reports.facts import journal, ledger
from reports.facts.events import (
    AnyFact,
    CheckFinished,
    DisasterDone,
    Fact,
    Finding,
    Instant,
    LabRemoved,
    LedgerClosed,
    LedgerStarted,
    Mark,
    MarkReached,
    Objectives,
    Outcome,
    Phase,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    RunPlanned,
    ServerMark,
    State,
    StepFinished,
)
from reports.facts.ledger import Action, Answer, Attempt, Closed, Epoch, Row, payload
from reports.folder import RunFolder
from reports.judge import judge

if TYPE_CHECKING:
    from pathlib import Path

    from reports.record import Objective, Record

EPOCH = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
DISASTER_NS = 1_000_000_000_000
NONCE = "nonce"
RATE = 50.0
OLD, NEW = 0, 1


def ns(seconds: float) -> int:
    """Return the monotonic nanoseconds of a moment."""
    return DISASTER_NS + round(seconds * 1e9)


def instant(seconds: float) -> Instant:
    """Return a moment on both clocks."""
    utc = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Instant(monotonic_ns=ns(seconds), utc=utc)


@dataclass
class SyntheticLedger:
    """Attempts and rows, to be written as a closed ledger."""

    attempts: list[Attempt] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    readable: bool = True
    sequences: Counter[int] = field(default_factory=Counter)
    promoted: bool = False
    """The new epoch is the old one's server, promoted while it ran."""

    def write(
        self,
        at: float,
        answer: Answer = Answer.ACKNOWLEDGED,
        *,
        epoch: int = OLD,
        present: bool | None = None,
        **how: Any,
    ) -> Attempt:
        """Attempt a write at a moment; unless told otherwise, what was acknowledged is present."""
        writer = how.get("writer", 0)
        self.sequences[writer] += 1
        attempt = Attempt(
            sequence=self.sequences[writer],
            attempted=ns(at),
            answered=ns(at + how.get("took", 0.002)),
            position=how.get("position", round((at + 100) * 1000)),
            writer=writer,
            epoch=epoch,
            action=Action.WRITE,
            answer=answer,
            sqlstate=b"\0" * 5,
        )
        self.attempts.append(attempt)
        if present if present is not None else answer == Answer.ACKNOWLEDGED:
            self.put(attempt)
        return attempt

    def other(self, action: Action, at: float, answer: Answer, epoch: int = ledger.NO_EPOCH) -> None:
        """Attempt a connect or a read."""
        self.attempts.append(Attempt(0, ns(at), ns(at + 0.002), 0, 9, epoch, action, answer, b"\0" * 5))

    def put(self, attempt: Attempt, *, altered: bool = False) -> None:
        """Let the attempt's row be present (once more)."""
        value = payload(NONCE, attempt.writer, attempt.sequence)
        self.rows.append(Row(attempt.writer, attempt.sequence, value ^ altered))

    def lose(self, since: float, until: float) -> list[Attempt]:
        """Let the rows of writes attempted between two moments be absent; return those writes."""
        lost = [one for one in self.attempts if one.action == Action.WRITE and ns(since) <= one.attempted < ns(until)]
        keys = {(one.writer, one.sequence) for one in lost}
        self.rows = [row for row in self.rows if (row.writer, row.sequence) not in keys]
        return lost

    def counts(self) -> dict[str, int]:
        """Return the ledger's own account of its attempts."""
        return Counter(f"{Action(one.action).name}/{Answer(one.answer).name}".lower() for one in self.attempts)

    def save(self, folder: Path, service: str = "db") -> str:
        """Write the files; return the digest of closed.json."""
        folder.mkdir(parents=True)
        epochs = "".join(
            Epoch(index=index, system_identifier="7", timeline=1, server_started=started).model_dump_json() + "\n"
            for index, started in ((OLD, "t0"), (NEW, "t0" if self.promoted else "t1"))
        )
        present = ledger.MAGIC + b"".join(ledger.ROW.pack(*row) for row in self.rows) if self.readable else None
        files = {
            ledger.ATTEMPTS: ledger.MAGIC + b"".join(attempt.pack() for attempt in self.attempts),
            ledger.EPOCHS: epochs.encode(),
            ledger.PRESENT: present,
        }
        digests = {name: raw if raw is None else hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
        for name, raw in files.items():
            if raw is not None:
                (folder / name).write_bytes(raw)
        closed = Closed(
            service=service,
            nonce=NONCE,
            writers=2,
            rate_per_s=RATE,
            deadline_ns=10**9,
            attempts=len(self.attempts),
            counts=self.counts(),
            rows=len(self.rows) if self.readable else None,
            read_back_error=None if self.readable else 'relation "drillmaster.ledger" does not exist',
            attempts_sha256=digests[ledger.ATTEMPTS] or "",
            epochs_sha256=digests[ledger.EPOCHS] or "",
            present_sha256=digests[ledger.PRESENT],
        )
        raw = closed.model_dump_json().encode()
        (folder / ledger.CLOSED).write_bytes(raw)
        return hashlib.sha256(raw).hexdigest()


def healthy_ledger() -> SyntheticLedger:
    """Return 10 s of writes, an outage of 4.95 s with one write in doubt, and 2.5 s of writes by the new epoch."""
    made = SyntheticLedger()
    for number in range(500):
        made.write(-10 + number / RATE, writer=number % 2)
    made.write(0.002, Answer.IN_DOUBT, present=False)
    for number in range(1, 49):
        made.other(Action.CONNECT, number / 10, Answer.UNSENT)
    made.other(Action.CONNECT, 4.94, Answer.ACKNOWLEDGED, NEW)
    for number in range(128):
        made.write(4.95 + number / RATE, epoch=NEW, writer=number % 2)
    return made


@dataclass
class SyntheticRun:
    """The facts of a run with their moments, and its ledger."""

    facts: list[tuple[float, AnyFact]] = field(default_factory=list)
    ledger: SyntheticLedger = field(default_factory=healthy_ledger)
    others: dict[str, SyntheticLedger] = field(default_factory=dict)
    """Those of the services beside `db`."""

    def add(self, at: float, fact: AnyFact) -> None:
        """Journal one more fact at a moment."""
        self.facts.append((at, fact))

    def mark(self, mark: Mark, at: float) -> None:
        """Set a mark to another moment."""
        self.facts = [
            (when, fact) for when, fact in self.facts if not (isinstance(fact, MarkReached) and fact.mark == mark)
        ]
        self.add(at, MarkReached(mark=mark, at=instant(at)))

    def drop(self, kind: type[Fact], **like: object) -> None:
        """Leave out the facts of a kind whose fields are like these."""
        self.facts = [(at, fact) for at, fact in self.facts if not _is(fact, kind, like)]

    def change(self, kind: type[Fact], like: dict[str, object] | None = None, **changes: object) -> None:
        """Change fields of the facts of a kind whose fields are like these."""
        self.facts = [
            (at, type(fact).model_validate({**dict(fact), **changes}) if _is(fact, kind, like or {}) else fact)
            for at, fact in self.facts
        ]

    def save(self, path: Path) -> RunFolder:
        """Write the run's folder and read it back."""
        path.mkdir(parents=True, exist_ok=True)
        ledgers = {"db": self.ledger, **self.others}
        digests = {service: ledgers[service].save(path / f"ledger/{service}", service) for service in self._closed()}
        chain, lines = journal.Chain(), b""
        for at, fact in sorted(self.facts, key=lambda pair: pair[0]):
            digest = digests.get(fact.service) if isinstance(fact, LedgerClosed) else None
            known = fact.model_copy(update={"sha256": digest}) if isinstance(fact, LedgerClosed) else fact
            line, chain = chain.line(known, instant(at))
            lines += line
        (path / journal.NAME).write_bytes(lines)
        return RunFolder.read(path)

    def judged(self, path: Path) -> Record:
        """Return the run's record."""
        return judge(self.save(path))

    def _closed(self) -> set[str]:
        return {fact.service for _, fact in self.facts if isinstance(fact, LedgerClosed) and fact.sha256}


def _is(fact: Fact, kind: type[Fact], like: dict[str, object]) -> bool:
    return isinstance(fact, kind) and all(getattr(fact, name) == value for name, value in like.items())


PLANNED = RunPlanned(
    run="20261121-060000-abcd",
    drill="postgres-volume-loss",
    title="The disk is gone",
    system="orders",
    owner="data-platform",
    effective_drill={},
    drill_sha256="d" * 64,
    objectives=Objectives(rto_s=120, rpo_s=5, give_up_s=600),
    seed=7,
    recover_to="latest",
    version="0.1.0",
    operator="root",
)
PHASES = {
    Phase.PROVISION: (-30, -20),
    Phase.PREPARE: (-20, -18),
    Phase.PROTECT: (-18, -11),
    Phase.STEADY: (-10.5, -0.1),
    Phase.DISASTER: (-0.1, 0.2),
    Phase.DETECT: (0.2, 0.25),
    Phase.RECOVER: (0.25, 5.0),
    Phase.SETTLE: (5.0, 7.5),
    Phase.CHECK: (7.6, 9.0),
    Phase.COLLECT: (9.0, 9.5),
    Phase.TEAR_DOWN: (9.5, 10.0),
}
MARKS = {
    Mark.DISASTER_INJECTED: 0.0,
    Mark.DETECTED: 0.004,
    Mark.DISASTER_CONFIRMED: 0.2,
    Mark.DECLARED: 0.25,
    Mark.RECOVERY_STARTED: 0.25,
    Mark.RECOVERY_FINISHED: 5.0,
    Mark.WORKLOAD_STOPPED: 7.5,
    Mark.VERIFIED: 9.0,
}


def step(kind: str, title: str, start: float, end: float, **how: Any) -> StepFinished:
    """Return a step that succeeded, of the recovery unless told otherwise."""
    return StepFinished(
        phase=how.get("phase", Phase.RECOVER),
        number=how.get("number", 1),
        kind=kind,
        title=title,
        started=instant(start),
        finished=instant(end),
        outcome=how.get("outcome", Outcome.OK),
        says=how.get("says", ""),
    )


def finding(name: str, state: State = State.HELD, says: str = "Seen.") -> Finding:
    """Return a finding."""
    return Finding(name=name, state=state, says=says)


def healthy_run() -> SyntheticRun:
    """Return a run that passes: the service restored after 4.952 s, nothing lost."""
    run = SyntheticRun()
    run.add(-31, PLANNED)
    for phase, (start, end) in PHASES.items():
        run.add(start, PhaseStarted(phase=phase))
        run.add(end, PhaseFinished(phase=phase, outcome=Outcome.OK))
    for mark, at in MARKS.items():
        run.add(at, MarkReached(mark=mark, at=instant(at)))
    started = LedgerStarted(service="db", folder="ledger/db", writers=2, rate_per_s=RATE, deadline_s=1.0)
    run.add(-17.9, started)
    run.add(-12, step("playbook", "playbook: back-up.yml", -17, -12, phase=Phase.PROTECT))
    confirmation = finding("disaster-confirmed", says="The volume is gone.")
    disaster = DisasterDone(
        kind="delete-volume", service="db", stays_up=False, says="Removed data.", confirmation=confirmation
    )
    run.add(0.2, disaster)
    run.add(1.0, step("replace", "replace: db", 0.25, 1.0))
    run.add(4.0, step("playbook", "playbook: restore.yml", 1.0, 4.0, number=2))
    run.add(5.0, step("start", "start: db", 4.0, 5.0, number=3))
    checks = (finding("postgres-content"),)
    check = CheckFinished(
        kind="postgres-content",
        title="postgres-content: db",
        started=instant(7.6),
        finished=instant(9),
        findings=checks,
    )
    run.add(9.0, check)
    run.add(9.2, LedgerClosed(service="db", folder="ledger/db", sha256="0" * 64))
    run.add(9.3, ServerMark(service="db", mark="accepting-connections", at=instant(4.9)))
    run.add(9.9, LabRemoved(removed={"containers": 1, "volumes": 2, "networks": 1}))
    run.add(10.0, RunFinished())
    return run


def ledger_back_at(seconds: float) -> SyntheticLedger:
    """Return a ledger as the healthy one, of a service that comes back with the write attempted at another moment."""
    made = healthy_ledger()
    made.attempts = [one for one in made.attempts if one.attempted < ns(0.01)]
    made.rows = made.rows[:500]
    for number in range(1, round(seconds * 10)):
        made.other(Action.CONNECT, number / 10, Answer.UNSENT)
    for number in range(round((7.5 - seconds) * RATE)):
        made.write(seconds + number / RATE, epoch=NEW, writer=number % 2)
    return made


def untouched_ledger() -> SyntheticLedger:
    """Return a ledger that writes all the time."""
    made = SyntheticLedger()
    for number in range(875):
        made.write(-10 + number / RATE, writer=number % 2)
    return made


def two_services(other: SyntheticLedger, service: str = "cache") -> SyntheticRun:
    """Return the healthy run with a second service, which the disaster and the recovery are meant for too."""
    run = healthy_run()
    run.others[service] = other
    run.add(
        -17.9,
        LedgerStarted(service=service, folder=f"ledger/{service}", writers=2, rate_per_s=RATE, deadline_s=1.0),
    )
    run.add(9.2, LedgerClosed(service=service, folder=f"ledger/{service}", sha256="0" * 64))
    run.change(DisasterDone, services=("db", service))
    return run


def planned(run: SyntheticRun, **objectives: object) -> None:
    """Change what the run promised."""
    run.change(RunPlanned, objectives={**dict(PLANNED.objectives), **objectives})


def not_held(record: Record) -> dict[str, State]:
    """Return every objective, finding and self-check that does not hold, by name."""
    return {one.name: one.state for one in statements(record) if one.state != State.HELD}


def statements(record: Record) -> tuple[Finding | Objective, ...]:
    """Return every objective, finding and self-check."""
    return (*record.objectives, *record.findings, *record.instrument)


def says(record: Record, name: str) -> str:
    """Return the sentence of the statement with this name."""
    return next(one.says for one in statements(record) if one.name == name)
