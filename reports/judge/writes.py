"""The classes of writes: what became of every attempt and of every row found, by comparison of the two."""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.facts.ledger import NO_EPOCH, Action, Answer, Attempt, payload
from reports.record import BAD_CLASSES, WriteClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reports.facts.ledger import Ledger
    from reports.judge.course import Target

MOST_EXAMPLES = 10

_PRESENT, _CORRUPT, _TWICE = 1, 2, 4
_BEYOND = 2**63
"""Later than every moment of the clock."""


@dataclass(frozen=True)
class Loss:
    """The acknowledged writes of the old epochs that are lost: what the recovery point is computed from."""

    count: int
    first: int
    """When the first of them was acknowledged."""
    last_position: int | None
    """The highest WAL position among them; None when no position is known."""
    kept_before: int | None
    """The last acknowledgement of a kept write before `first`; None when nothing was kept before it."""
    kept_position: int | None
    """That write's WAL position; None when unknown."""


@dataclass(frozen=True)
class Writes:
    """What became of all writes of one ledger."""

    counts: Mapping[WriteClass, int]
    examples: Mapping[WriteClass, tuple[tuple[int, int, int | None], ...]]
    """(writer, sequence, attempted) of the first few of each bad class."""
    refused_present: int
    after_target: int
    """Rows of writes attempted after the target."""
    never_attempted: int
    holes: int
    """Lost writes acknowledged before the attempt of a kept write of the same epoch."""
    split: int
    """Acknowledgements of an epoch to attempts made after the first acknowledgement of one that followed it."""
    loss: Loss | None
    last_old_acknowledgement: int | None

    @property
    def total(self) -> int:
        """Return the number of writes attempted, and of rows found that never were."""
        return sum(self.counts.values())


def later_epochs(attempts: Iterable[Attempt], renewed: int | None) -> frozenset[int]:
    """Return the recovered service's epochs: those first met at or after `renewed`; none where that is never."""
    if renewed is None:
        return frozenset()
    first: dict[int, int] = {}
    for attempt in attempts:
        if attempt.answer == Answer.ACKNOWLEDGED and attempt.epoch != NO_EPOCH:
            first[attempt.epoch] = min(attempt.answered, first.get(attempt.epoch, _BEYOND))
    return frozenset(epoch for epoch, met in first.items() if met >= renewed)


def classify(ledger: Ledger, renewed: int | None, target: Target | None) -> Writes:
    """Return what became of every write; without a target, everything acknowledged had to be recovered.

    `renewed`: from when on an epoch that is first met is one of the recovered service (`Course.renewed`).
    """
    servers = {epoch.index: (epoch.system_identifier, epoch.server_started) for epoch in ledger.epochs}
    return _Count(_sorter(ledger, renewed, target), servers).of(ledger.attempts(), _found(ledger))


def classes(ledger: Ledger, renewed: int | None, target: Target | None) -> Iterator[tuple[Attempt, WriteClass]]:
    """Yield every write with its class, in the order in which outcomes became known."""
    sorter, found = _sorter(ledger, renewed, target), _found(ledger)
    for attempt in ledger.attempts():
        if attempt.action == Action.WRITE:
            name, _ = sorter.take(attempt, found)
            yield attempt, name


def _sorter(ledger: Ledger, renewed: int | None, target: Target | None) -> _Sorter:
    later = later_epochs(ledger.attempts(), renewed)
    return _Sorter(later, target.surely_before if target else _BEYOND, target.surely_after if target else _BEYOND)


def _found(ledger: Ledger) -> dict[int, int]:
    """Return what is present, by key: a plain integer, for there may be hundreds of thousands."""
    found: dict[int, int] = {}
    nonce = ledger.closed.nonce
    for row in ledger.rows():
        key = _key(row.writer, row.sequence)
        flags = _PRESENT if row.payload == payload(nonce, row.writer, row.sequence) else _PRESENT | _CORRUPT
        found[key] = found[key] | flags | _TWICE if key in found else flags
    return found


def _key(writer: int, sequence: int) -> int:
    return sequence << 16 | writer


@dataclass(frozen=True)
class _Sorter:
    """Puts one write into its class. The target concerns the old epochs only."""

    later: frozenset[int]
    surely_before: int
    surely_after: int

    def take(self, write: Attempt, found: dict[int, int]) -> tuple[WriteClass, bool]:
        """Return a write's class and whether it was found; its rows are taken out of `found`."""
        if write.answer == Answer.UNSENT:
            return WriteClass.UNSENT, False
        flags = found.pop(_key(write.writer, write.sequence), 0)
        return self._present(write, flags) if flags else self._absent(write), bool(flags)

    def _present(self, write: Attempt, flags: int) -> WriteClass:
        old = write.epoch not in self.later
        if write.answer == Answer.REFUSED or (old and write.attempted > self.surely_after):
            return WriteClass.UNEXPECTED
        if flags & _CORRUPT:
            return WriteClass.CORRUPT
        if flags & _TWICE:
            return WriteClass.DUPLICATE
        if write.answer == Answer.IN_DOUBT:
            return WriteClass.IN_DOUBT_PRESENT
        if old:
            return WriteClass.AT_TARGET if write.attempted > self.surely_before else WriteClass.KEPT
        return WriteClass.LATER_PRESENT

    def _absent(self, write: Attempt) -> WriteClass:
        if write.answer == Answer.REFUSED:
            return WriteClass.REFUSED
        if write.answer == Answer.IN_DOUBT:
            return WriteClass.IN_DOUBT_ABSENT
        if write.epoch in self.later:
            return WriteClass.LATER_MISSING
        if write.answered <= self.surely_before:
            return WriteClass.LOST
        return WriteClass.GIVEN_UP if write.answered > self.surely_after else WriteClass.AT_TARGET


def _moments() -> array[int]:
    return array("q")


@dataclass
class _Acknowledged:
    """When writes of one kind were attempted and acknowledged, and where in the WAL, in parallel arrays."""

    attempted: array[int] = field(default_factory=_moments)
    answered: array[int] = field(default_factory=_moments)
    position: array[int] = field(default_factory=_moments)

    def add(self, write: Attempt) -> None:
        self.attempted.append(write.attempted)
        self.answered.append(write.answered)
        self.position.append(write.position)


@dataclass
class _Count:
    """Counts the classes, and keeps of the acknowledged writes what holes, split brain and loss need."""

    sorter: _Sorter
    servers: dict[int, tuple[str, str]]
    """Which server answered in each epoch: one that is promoted goes on in another epoch."""
    counts: dict[WriteClass, int] = field(default_factory=lambda: dict.fromkeys(WriteClass, 0))
    examples: dict[WriteClass, list[tuple[int, int, int | None]]] = field(default_factory=lambda: defaultdict(list))
    refused_present: int = 0
    kept: dict[int, _Acknowledged] = field(default_factory=lambda: defaultdict(_Acknowledged))
    lost: dict[int, _Acknowledged] = field(default_factory=lambda: defaultdict(_Acknowledged))
    attempted: dict[int, array[int]] = field(default_factory=lambda: defaultdict(_moments))
    """When each epoch's acknowledged writes were attempted."""
    first: dict[int, int] = field(default_factory=dict)
    """Each epoch's first acknowledgement."""
    last_old: int | None = None

    def of(self, attempts: Iterable[Attempt], found: dict[int, int]) -> Writes:
        """Count every attempt; what is then left in `found` was never sent by anybody. Empties `found`."""
        for attempt in attempts:
            if attempt.action == Action.WRITE:
                self._add(attempt, found)
        after_target = self.counts[WriteClass.UNEXPECTED] - self.refused_present
        for key in found:
            self._note(WriteClass.UNEXPECTED, key & 0xFFFF, key >> 16, None)
        return Writes(
            counts=self.counts,
            examples={name: tuple(kept) for name, kept in self.examples.items()},
            refused_present=self.refused_present,
            after_target=after_target,
            never_attempted=len(found),
            holes=self._holes(),
            split=self._split(),
            loss=_loss(self.kept.values(), self.lost.values()),
            last_old_acknowledgement=self.last_old,
        )

    def _add(self, write: Attempt, found: dict[int, int]) -> None:
        name, present = self.sorter.take(write, found)
        self._note(name, write.writer, write.sequence, write.attempted)
        if write.answer == Answer.REFUSED:
            self.refused_present += present
        elif write.answer == Answer.ACKNOWLEDGED:
            self._keep(write, name, present=present)

    def _keep(self, write: Attempt, name: WriteClass, *, present: bool) -> None:
        self.attempted[write.epoch].append(write.attempted)
        self.first[write.epoch] = min(write.answered, self.first.get(write.epoch, _BEYOND))
        if write.epoch in self.sorter.later:
            return
        self.last_old = max(self.last_old or 0, write.answered)
        if name == WriteClass.LOST:
            self.lost[write.epoch].add(write)
        elif present and name in (WriteClass.KEPT, WriteClass.AT_TARGET):
            self.kept[write.epoch].add(write)

    def _note(self, name: WriteClass, writer: int, sequence: int, attempted: int | None) -> None:
        self.counts[name] += 1
        if name in BAD_CLASSES and len(self.examples[name]) < MOST_EXAMPLES:
            self.examples[name].append((writer, sequence, attempted))

    def _split(self) -> int:
        """Return how many writes a server acknowledged beside one of the recovered service's that followed it."""
        return sum(
            attempted > followed
            for epoch, moments in self.attempted.items()
            for followed in [self._followed(epoch)]
            for attempted in moments
        )

    def _followed(self, epoch: int) -> int:
        """Return when another server of the recovered service first acknowledged after this epoch's did."""
        others = (
            first
            for other, first in self.first.items()
            if other in self.sorter.later and self.servers.get(other) != self.servers.get(epoch)
        )
        return min((first for first in others if first > self.first[epoch]), default=_BEYOND)

    def _holes(self) -> int:
        newest = {epoch: max(kept.attempted) for epoch, kept in self.kept.items()}
        return sum(
            answered < newest[epoch]
            for epoch, lost in self.lost.items()
            if epoch in newest
            for answered in lost.answered
        )


def _loss(kept: Iterable[_Acknowledged], lost: Iterable[_Acknowledged]) -> Loss | None:
    """Return the loss over all old epochs, or None when nothing was lost."""
    answered = [moment for epoch in lost for moment in epoch.answered]
    if not answered:
        return None
    first = min(answered)
    pairs = (pair for epoch in kept for pair in zip(epoch.answered, epoch.position, strict=True))
    before, position = max((pair for pair in pairs if pair[0] < first), default=(None, None))
    return Loss(
        count=len(answered),
        first=first,
        last_position=max(position for epoch in lost for position in epoch.position) or None,
        kept_before=before,
        kept_position=position or None,
    )
