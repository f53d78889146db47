"""The verdict, the sentence that says why, and whether a negative control was caught for the right reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import Finding, State, Verdict
from reports.record import Control

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.facts.events import Expectation
    from reports.record import Objective

_REASON = {Verdict.FAIL: State.VIOLATED, Verdict.INCONCLUSIVE: State.UNKNOWN, Verdict.PASS: State.HELD}
_MOST_REASONS = 2


def verdict_of(statements: Sequence[Finding | Objective]) -> Verdict:
    """Return the verdict of a run that came to its end."""
    states = {one.state for one in statements}
    if State.VIOLATED in states:
        return Verdict.FAIL
    return Verdict.PASS if states == {State.HELD} else Verdict.INCONCLUSIVE


def sentence(verdict: Verdict, statements: Sequence[Finding | Objective], promises: Sequence[Objective]) -> str:
    """Return one sentence that says why. `statements` come with causes before their consequences."""
    if verdict == Verdict.PASS:
        first, *rest = (promise.says.rstrip(".") for promise in promises)
        return "; ".join([first, *(text[:1].lower() + text[1:] for text in rest)]) + "."
    reasons = _told_once([f"{one.says.rstrip('.')}." for one in statements if one.state == _REASON[verdict]])
    more = len(reasons) - _MOST_REASONS
    tail = [f"({more} more {'reason' if more == 1 else 'reasons'})"] if more > 0 else []
    return " ".join([*reasons[:_MOST_REASONS], *tail]) or "Nothing was found out."


def _told_once(reasons: Sequence[str]) -> list[str]:
    """Return the reasons without those that only repeat an earlier one, alone or as the cause of what they say."""
    told: list[str] = []
    for reason in reasons:
        if not any(cause in reason for cause in told):
            told.append(reason)
    return told


def control(expect: Expectation, verdict: Verdict, statements: Sequence[Finding | Objective]) -> Control:
    """Return whether a negative control was caught: the right verdict, for the right reasons, by a confirmed fault."""
    unconfirmed = [one for one in statements if one.name == "sabotage-confirmed" and one.state != State.HELD]
    reasons = {one.name for one in statements if one.state == _REASON.get(verdict)}
    missing = [name for name in expect.by if name not in reasons]
    by = ", ".join(expect.by)
    if verdict != expect.verdict:
        says = f"Not caught: {expect.verdict} by {by} was expected, the verdict is {verdict}."
    elif missing:
        says = f"Not caught for the right reason: {', '.join(missing)} should have led to {verdict}."
    elif unconfirmed:
        says = f"Not caught: the fault was never there. {unconfirmed[0].says}"
    else:
        return Control(expected=verdict, by=expect.by, caught=True, sentence=f"Caught: {verdict} by {by}, as expected.")
    return Control(expected=expect.verdict, by=expect.by, caught=False, sentence=says)
