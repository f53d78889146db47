"""What was remembered, compared with what is there: how the difference is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAMED = 20
LONGEST = 300
"""A function's name holds all its arguments' types: evidence holds so many characters of a difference."""


def nothing_remembered(check: str, service: str) -> Finding:
    """Return that there is nothing to compare with."""
    says = f"{service}: nothing was remembered before the disaster to compare with"
    return Finding(name=check, state=State.UNKNOWN, says=says)


def compared(check: str, where: str, amount: str, differences: Iterable[str], seen: Mapping[str, object]) -> Finding:
    """Return that `amount` is as it was, in a service or a part of it, or the first difference and how many more."""
    different = [says if len(says) <= LONGEST else f"{says[:LONGEST]}…" for says in differences]
    known: dict[str, object] = {**seen, "differences": different[:NAMED]}
    if not different:
        return Finding(name=check, state=State.HELD, says=f"{where}: {amount} are as they were", seen=known)
    if different[NAMED:]:
        known["further_differences"] = len(different) - NAMED
    more = f", and {len(different) - 1} more differences" if different[1:] else ""
    return Finding(name=check, state=State.VIOLATED, says=f"{where}: {different[0]}{more}", seen=known)
