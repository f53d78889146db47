"""What a person must know of a run first: what was lost, what to read the figures with, and how the last run went."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reports.record import BAD_CLASSES, WriteClass
from reports.words import counted, duration, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record import Record, ServiceMeasures

MOST_NAMED = 3
"""Of a longer list this many are named, and all are counted."""
MUCH_STEAL = 0.01
"""Time given to others beyond this share is worth a word."""


class Change(NamedTuple):
    """A measure of this run and of the one before, in seconds; None: not known."""

    measure: str
    now: float | None
    before: float | None
    says: str


def lost(record: Record) -> str:
    """Return what was lost, in a sentence; of an existing backup, how old its data is."""
    if record.tabletop:
        return "Nothing was at stake: a tabletop destroys and restores nothing."
    if record.existing:
        return next(one.says for one in record.objectives if one.name == "rpo")
    # Where no RPO is promised the objective is held, whatever was measured.
    doubt = next((one.says for one in record.objectives if one.name == "rpo" and one.at_least_s is None), None)
    if doubt is not None or record.rpo.transactions is None:
        return f"Not known. {doubt or record.rpo.method}"
    parts = list(_losses(record))
    return f"{'; '.join(parts)}." if parts else "Nothing: every acknowledged write is there, and as it was written."


def _losses(record: Record) -> Iterator[str]:
    for of, rpo in [(f" of {one.service}", one.rpo) for one in record.by_service] or [("", record.rpo)]:
        if rpo.transactions:
            wal = f", {size(rpo.wal_bytes)} of WAL" if rpo.wal_bytes else ""
            yield f"{counted(rpo.transactions, 'acknowledged write')}{of}{wal}"
        if rpo.given_up_transactions:
            given_up = rpo.given_up_transactions
            what = f"{given_up:,} more" if rpo.transactions else counted(given_up, "write")
            yield f"{what}{of} given up by going back"
    for name in WriteClass:
        number = sum(ledger.counts.get(name, 0) for ledger in record.writes)
        if number and name in BAD_CLASSES - {WriteClass.LOST}:
            yield f"{number:,} {name.replace('-', ' ')}"


def away(one: ServiceMeasures) -> str:
    """Return how long clients of one of several services could not write, in words."""
    if one.rto.achieved_s is not None:
        spared = " (nothing was done to it)" if one.spared else ""
        return f"back after {duration(one.rto.achieved_s)}{spared}" if one.was_out else f"never away{spared}"
    if one.rto.more_than_s is None:
        return "when it was back is not known"
    return f"not back within {duration(one.rto.more_than_s)}"


def lost_by(one: ServiceMeasures) -> str:
    """Return what one of several services lost, in words."""
    if one.rpo.transactions is None:
        return f"what it lost is not known: {one.rpo.method}"
    if not one.rpo.transactions:
        return "nothing lost"
    most = "without bound" if one.rpo.at_most_s is None else f"at most {duration(one.rpo.at_most_s)}"
    return f"{counted(one.rpo.transactions, 'acknowledged write')} lost, {most}"


def caveats(record: Record) -> list[tuple[str, str]]:
    """Return what the figures must be read with: a sentence, and the section of the report that has more."""
    return list(_caveats(record))


def _caveats(record: Record) -> Iterator[tuple[str, str]]:
    if record.rto.assumed_people_s:
        yield f"{duration(record.rto.assumed_people_s)} of people's time are assumed, not measured", "recovery-time"
    if names := list(dict.fromkeys(one.setting for one in record.differences)):
        listed = ", ".join(names[:MOST_NAMED]) + (", \N{HORIZONTAL ELLIPSIS}" if len(names) > MOST_NAMED else "")
        plural = "setting differs" if len(names) == 1 else "settings differ"
        yield f"{len(names):,} {plural} from the source's: {listed}", "differences"
    if record.timing and (record.timing.other_labs or (record.timing.steal_share or 0) >= MUCH_STEAL):
        yield "the machine had other work at the same time", "timing"
    if record.not_proven:
        things = f"{counted(len(record.not_proven), 'thing')} {'was' if len(record.not_proven) == 1 else 'were'}"
        yield f"{things} not proven", "not-proven"


def changes(record: Record) -> list[Change]:
    """Return how RTO and RPO compare with the previous run; empty when there is none."""
    if record.previous is None:
        return []
    was = record.previous
    return [
        _change("Recovery time (RTO)", record.rto.achieved_s, was.rto_s, ("faster", "slower")),
        _change("Data loss (RPO), at most", record.rpo.at_most_s, was.rpo_at_most_s, ("less", "more")),
    ]


def _change(measure: str, now: float | None, before: float | None, words: tuple[str, str]) -> Change:
    if now is None or before is None:
        return Change(measure, now, before, "cannot be compared")
    by = now - before
    if round(by, 3) == 0:
        return Change(measure, now, before, "the same")
    share = f" ({abs(by) / before:.0%})" if before else ""
    return Change(measure, now, before, f"{duration(abs(by))} {words[by > 0]}{share}")
