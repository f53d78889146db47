"""The register on disk: one line an entry, on disk before `append` returns, one writer at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain as joined
from typing import TYPE_CHECKING

import orchestrator
from orchestrator.core import artifacts
from orchestrator.core.errors import CannotRunError, EvidenceError
from reports.register import chain
from reports.register.chain import Position
from reports.register.entries import KeyRotated, Opened, Repaired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from orchestrator.core.ports import Clock
    from reports.keys import Signer
    from reports.register.entries import AnyBody, Entry

LOCK = "register.lock"
PATIENCE_S = 30.0
"""An append takes milliseconds; whoever holds the lock for longer hangs."""
BLOCK = 16 * 1024
CLOCK_STEP_S = 60.0
"""A clock may be set back by as much before a drill is refused."""
TELLING = re.compile(rb'"body":\{"entry":"(started|finished)","run":"([^"]*)"')


@dataclass(frozen=True)
class _End:
    """Where the file ends: the last whole entry (None: there is none), and what stands after it."""

    last: Entry | None
    position: Position
    size: int
    """Bytes of the whole lines."""
    torn: bytes
    key: str
    """Id of the key in force as far as it was asked for; empty: none."""


class RegisterFile:
    """Appends to the register of an evidence directory, which its first entry makes; `signer` signs every entry.

    Several processes may append at once. Times never go back: after a clock was set back, entries carry the time of
    the one before them until it has caught up.
    """

    def __init__(self, evidence: Path, clock: Clock, signer: Signer | None) -> None:
        self.path = evidence / chain.NAME
        self._lock = evidence / LOCK
        self._clock = clock
        self.signer = signer

    def check(self) -> None:
        """Raise what is known to be in the way of an entry now; writes nothing.

        Raises EvidenceError as `append` does, CannotRunError also when the clock was set back by more than a minute.
        """
        if not self.path.exists():
            return
        with self._held() as file:
            end = self._own_end(file)
        if end.last and _seconds(self._clock.now().utc, end.last.at) > CLOCK_STEP_S:
            raise CannotRunError(
                f"{self.path}: its last entry is of {end.last.at}, and the clock reads {self._clock.now().utc}",
                hint="set this machine's clock",
            )

    def append(self, body: AnyBody) -> Position:
        """Append an entry and return its place; it is on disk then, and so are those that had to come before it.

        Those are: the opening of a new register; a word on the torn line of a writer that died, which is cut off;
        the signer's key, where none was named so far. Raises EvidenceError when it cannot be written (the register is
        then as before) or continued, CannotRunError when another key than the signer's is in force.
        """
        with self._held() as file:
            return self._append(file, body, tuple(filter(None, [self.signer])))

    def rotate(self, new: Signer) -> bool:
        """Put a new key in force, the entry signed by the old and the new; False where the old one is not in force.

        Where the new one is in force already, because an earlier call was cut short, nothing is to be done.
        """
        with self._held() as file:
            end = self._end(file)
            if self.signer is None or end.key != self.signer.keyid:
                return end.key == new.keyid
            body = KeyRotated(old=end.key, new=new.keyid, public_pem=new.public_pem)
            self._append(file, body, (self.signer, new))
        return True

    def _append(self, file: int, body: AnyBody, signers: tuple[Signer, ...]) -> Position:
        end = self._own_end(file)
        position, lines = end.position, b""
        at = max(self._clock.now().utc, end.last.at if end.last else "")
        for one in (*self._before(end), body):
            raw, position = chain.line(position, one, at, signers)
            lines += raw
        try:
            _replace(file, end.size, end.torn, lines)
            if not end.size:
                artifacts.sync(self.path.parent)
        except OSError as error:
            raise self._cannot_write(error) from error
        return position

    def _before(self, end: _End) -> Iterator[AnyBody]:
        """Yield the entries that must come before the one that is asked for."""
        if end.last is None:
            yield Opened(version=orchestrator.__version__)
        if end.torn:
            yield Repaired(bytes_cut=len(end.torn), sha256=hashlib.sha256(end.torn).hexdigest())
        if self.signer and not end.key:
            yield KeyRotated(old="", new=self.signer.keyid, public_pem=self.signer.public_pem)

    def _own_end(self, file: int) -> _End:
        """Return where the file ends; raises CannotRunError when another key than the signer's is in force there."""
        end = self._end(file)
        if self.signer and end.key not in {"", self.signer.keyid}:
            raise CannotRunError(
                f"{self.path}: its entries are signed by key {end.key[:16]}…; yours is {self.signer.keyid[:16]}…",
                hint="use that key (DRILLMASTER_KEYS), finish its rotation with `drillmaster keys rotate`, "
                "or name another directory with --evidence",
            )
        return end

    def _end(self, file: int) -> _End:
        """Return where the file ends; raises EvidenceError for a last line that is no entry."""
        lines = _backwards(file)
        torn, last = next(lines), next(lines, None)
        size = os.fstat(file).st_size - len(torn)
        if last is None:
            return _End(None, Position(secrets.token_hex(16)), size, torn, "")
        entry = _parsed(last, f"{self.path}: its last line")
        key = _key_in_force(joined([last], lines), self.path) if self.signer else ""
        return _End(entry, Position(entry.register_id, entry.seq, chain.digest(last)), size, torn, key)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Hold the register alone and yield its open file."""
        with ExitStack() as stack:
            try:
                lock = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o644)
                stack.callback(os.close, lock)
                self._take(lock)
                file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
                stack.callback(os.close, file)
            except OSError as error:
                raise self._cannot_write(error) from error
            yield file

    def _take(self, lock: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.001)

    def _cannot_write(self, error: OSError) -> EvidenceError:
        return EvidenceError(
            f"{self.path}: cannot be written: {error.strerror}",
            hint="what is done needs its entry in the register: free space, make the directory writable, "
            "or name another one with --evidence",
        )


def open_runs(evidence: Path) -> frozenset[str]:
    """Return the runs that the register knows to have started and not to have finished; nothing else is parsed."""
    told = _told(evidence)
    started, finished = ({run for what, run in told if what == kind} for kind in (b"started", b"finished"))
    return frozenset(run.decode() for run in started - finished)


def names_a_key(evidence: Path) -> bool:
    """Return whether the register names a key that signs it; nothing is parsed."""
    return any(b'"body":{"entry":"key-rotated"' in raw for raw in _whole_lines(evidence))


def start_of(evidence: Path, run: str) -> Position | None:
    """Return the place of a run's start, None when it is in no register; raises EvidenceError for a broken line."""
    mark = b'"body":{"entry":"started","run":"%b"' % run.encode()
    for raw in _whole_lines(evidence):
        if mark in raw:
            entry = _parsed(raw, f"{evidence / chain.NAME}: the start of {run}")
            return Position(entry.register_id, entry.seq, chain.digest(raw))
    return None


def _told(evidence: Path) -> set[tuple[bytes, bytes]]:
    return {found for raw in _whole_lines(evidence) for found in TELLING.findall(raw)}


def _whole_lines(evidence: Path) -> list[bytes]:
    return (artifacts.content(evidence / chain.NAME) or b"").split(b"\n")[:-1]


def _parsed(raw: bytes, where: str) -> Entry:
    try:
        return chain.parse(raw, where)
    except chain.BrokenRegisterError as error:
        raise EvidenceError(error.message, hint=f"{error.hint}; nothing is added to it") from error


def _key_in_force(lines: Iterable[bytes], path: Path) -> str:
    """Return the id of the key that the newest of these lines tells of; the newest comes first."""
    for raw in lines:
        entry = _parsed(raw, f"{path}: a line near its end")
        if isinstance(entry.body, KeyRotated):
            return entry.body.new
        if entry.signed:
            return entry.signed[0].keyid
    return ""


def _backwards(file: int) -> Iterator[bytes]:
    """Yield what stands after the last newline, then line after line, the last first; reads no more than is taken."""
    held, start = b"", os.fstat(file).st_size
    while start:
        size = min(BLOCK, start)
        start -= size
        held, *lines = (os.pread(file, size, start) + held).split(b"\n")
        yield from reversed(lines)
    yield held


def _replace(file: int, start: int, old: bytes, new: bytes) -> None:
    """Put `new` in place of `old`, with which the file ends, on disk; raises OSError, the file then being as before.

    The old is written over before it is cut off: a writer that dies in between leaves a torn line again, not none.
    One call writes all there is, so that a request to stop comes before it or after it.
    """
    try:
        _put(file, start, new)
    except OSError:
        with suppress(OSError):
            _put(file, start, old)
        raise


def _put(file: int, start: int, content: bytes) -> None:
    rest, at = memoryview(content), start
    while rest:
        written = os.pwrite(file, rest, at)
        rest, at = rest[written:], at + written
    os.ftruncate(file, at)
    os.fsync(file)


def _seconds(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
