"""What a register says, entry by entry put together: its runs, actions, keys, and where its entries disagree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from reports import keys
from reports.facts.values import Verdict
from reports.register.entries import (
    ActionClosed,
    ActionOpened,
    Anchored,
    Deferred,
    Finished,
    Held,
    KeyRotated,
    Missed,
    Opened,
    Purged,
    Repaired,
    Reviewed,
    Started,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.register.entries import Entry

Body = TypeVar("Body", Anchored, Deferred, Missed, Repaired)


@dataclass(frozen=True)
class RunRow:
    """One run of the population, and all that was said of it."""

    run: str
    drill: str
    system: str
    started: Started
    started_at: str
    started_seq: int
    started_sha256: str
    """Hash of the entry of its start."""
    finished: Finished | None = None
    finished_at: str = ""
    finished_seq: int | None = None
    reviews: tuple[tuple[str, Reviewed], ...] = ()
    """Each with its time."""
    held: bool = False
    """Whether a legal hold is on it."""
    purged: Purged | None = None

    @property
    def control(self) -> bool:
        """Return whether it is a negative control: of another population."""
        return self.started.control

    @property
    def verdict(self) -> Verdict:
        """Return how it ended: a run that never finished is aborted."""
        return self.finished.verdict if self.finished else Verdict.ABORTED


@dataclass(frozen=True)
class ActionRow:
    """One corrective action."""

    opened: ActionOpened
    opened_at: str
    closed: ActionClosed | None = None
    closed_at: str = ""


@dataclass(frozen=True)
class KeyRow:
    """One key, and the entries that it had to sign: from its own first to the one that named its successor."""

    keyid: str
    public_pem: str
    first_seq: int
    last_seq: int | None = None
    """None: it is in force."""


@dataclass(frozen=True)
class State:
    """A register, read. Lists of pairs hold each entry's time first."""

    register_id: str
    runs: tuple[RunRow, ...]
    """In order of their starts."""
    actions: tuple[ActionRow, ...]
    deferred: tuple[tuple[str, Deferred], ...]
    missed: tuple[tuple[str, Missed], ...]
    keys: tuple[KeyRow, ...]
    """In order; the last is in force."""
    anchors: tuple[tuple[str, Anchored], ...]
    repairs: tuple[tuple[str, Repaired], ...]
    mistakes: tuple[str, ...]
    """Where entries break the rules between them; empty in a register that drillmaster alone has written."""


def state_of(entries: Iterable[Entry], hashes: tuple[str, ...]) -> State:
    """Return what the entries of an unbroken chain say together; `hashes` are those of their lines."""
    reading = _Reading(hashes)
    for entry in entries:
        reading.take(entry)
    return reading.state()


class _Reading:
    """Takes entries in order."""

    def __init__(self, hashes: tuple[str, ...]) -> None:
        self._hashes = hashes
        self._seen: list[Entry] = []
        self._runs: dict[str, RunRow] = {}
        self._actions: dict[str, ActionRow] = {}
        self._keys: list[KeyRow] = []
        self._mistakes: list[str] = []

    def state(self) -> State:
        """Return what the entries taken say."""
        return State(
            register_id=self._seen[0].register_id if self._seen else "",
            runs=tuple(self._runs.values()),
            actions=tuple(self._actions.values()),
            deferred=self._dated(Deferred),
            missed=self._dated(Missed),
            keys=tuple(self._keys),
            anchors=self._dated(Anchored),
            repairs=self._dated(Repaired),
            mistakes=tuple(self._mistakes),
        )

    def take(self, entry: Entry) -> None:
        """Add one entry."""
        self._seen.append(entry)
        self._check_frame(entry)
        match entry.body:
            case Started() as body:
                self._start(entry, body)
            case Finished() | Reviewed() | Held() | Purged() as body:
                self._tell_of_run(entry, body)
            case ActionOpened() as body:
                self._open(entry, body)
            case ActionClosed() as body:
                self._close(entry, body)
            case KeyRotated() as body:
                self._rotate(entry, body)
            case Anchored() as body:
                known = body.seq < entry.seq and self._hashes[body.seq - 1 : body.seq] == (body.sha256,)
                self._check(f"it anchors what is not entry {body.seq} of this register", holds=known)

    def _dated(self, kind: type[Body]) -> tuple[tuple[str, Body], ...]:
        return tuple((entry.at, entry.body) for entry in self._seen if isinstance(entry.body, kind))

    def _check(self, wrong: str, *, holds: bool) -> None:
        if not holds:
            self._mistakes.append(f"entry {self._seen[-1].seq}: {wrong}")

    def _check_frame(self, entry: Entry) -> None:
        """Check what every entry has, but for the chain itself."""
        before = self._seen[-2:][0]
        self._check("a register is opened once, first", holds=isinstance(entry.body, Opened) == (before is entry))
        self._check(
            f"it belongs to another register, {entry.register_id}", holds=entry.register_id == before.register_id
        )
        self._check(f"its time is before that of the entry before it, {before.at}", holds=entry.at >= before.at)

    def _start(self, entry: Entry, body: Started) -> None:
        self._check(f"run {body.run} was started before", holds=body.run not in self._runs)
        row = RunRow(
            run=body.run,
            drill=body.drill,
            system=body.system,
            started=body,
            started_at=entry.at,
            started_seq=entry.seq,
            started_sha256=self._hashes[entry.seq - 1],
        )
        self._runs.setdefault(body.run, row)

    def _tell_of_run(self, entry: Entry, body: Finished | Reviewed | Held | Purged) -> None:
        row = self._runs.get(body.run)
        if row is None:
            self._check(f"no run {body.run} was started", holds=False)
            return
        match body:
            case Finished():
                row = self._finished(entry, row, body)
            case Reviewed():
                row = replace(row, reviews=(*row.reviews, (entry.at, body)))
            case Held():
                row = replace(row, held=body.held)
            case Purged():
                self._check(f"run {row.run} was purged before", holds=row.purged is None)
                self._check(f"run {row.run} is purged under a legal hold", holds=not row.held)
                ended = (row.finished_at or row.started_at)[:10]
                self._check(
                    f"run {row.run} is purged as kept until {body.retained_until}, no day after its end on {ended}",
                    holds=ended < body.retained_until,
                )
                row = replace(row, purged=body)
        self._runs[row.run] = row

    def _finished(self, entry: Entry, row: RunRow, body: Finished) -> RunRow:
        self._check(
            f"run {row.run} is closed by sweep as {body.verdict}",
            holds=body.by == "engine" or body.verdict == Verdict.ABORTED,
        )
        if row.finished:
            self._check(f"run {row.run} was finished before", holds=False)
            return row
        return replace(row, finished=body, finished_at=entry.at, finished_seq=entry.seq)

    def _open(self, entry: Entry, body: ActionOpened) -> None:
        self._check(f"no run {body.run} was started", holds=body.run in self._runs)
        self._check(f"action {body.action} was opened before", holds=body.action not in self._actions)
        self._actions.setdefault(body.action, ActionRow(body, entry.at))

    def _close(self, entry: Entry, body: ActionClosed) -> None:
        self._check(f"no run {body.retest} was started", holds=body.retest in {"", *self._runs})
        row = self._actions.get(body.action)
        if row is None or row.closed:
            self._check(f"action {body.action} is not open", holds=False)
            return
        self._actions[body.action] = replace(row, closed=body, closed_at=entry.at)

    def _rotate(self, entry: Entry, body: KeyRotated) -> None:
        in_force = self._keys[-1].keyid if self._keys else ""
        self._check(
            f"it follows key {body.old or 'none'}; in force is {in_force or 'none'}", holds=body.old == in_force
        )
        self._check(f"key {body.new} was in force before", holds=body.new not in {row.keyid for row in self._keys})
        try:
            named = keys.key_id(keys.public_key(body.public_pem))
        except keys.BadKeyError as error:
            self._check(f"its public half is {error}", holds=False)
        else:
            self._check(f"its public half is that of key {named}", holds=named == body.new)
        self._keys[-1:] = [replace(row, last_seq=entry.seq) for row in self._keys[-1:]]
        self._keys.append(KeyRow(body.new, body.public_pem, entry.seq))
