"""The objectives: what was promised against what was measured, in three values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.facts.events import ServiceObjectives, State
from reports.judge.findings import about
from reports.record import Objective
from reports.words import counted, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.facts.events import Objectives
    from reports.judge.common_point import Apart
    from reports.record import Rpo, Rto


@dataclass(frozen=True)
class Grounds:
    """What the measures rest on, beside the figures."""

    not_recovered: bool
    """Recovery failed, or nobody noticed that it was needed: a violation that rests on no measure."""
    doubts: Mapping[str, str]
    """Objective to why its measure cannot be believed."""


def objectives(promised: Objectives, rto: Rto, rpo: Rpo, grounds: Grounds) -> tuple[Objective, ...]:
    """Return one row for each objective; given-up only when it was promised or something could be given up."""
    rows = [recovery_time(promised, rto, grounds), recovery_point(promised, rpo, grounds)]
    if promised.given_up_s is not None or rpo.given_up_transactions:
        rows.append(given_up(promised, rpo, grounds))
    return tuple(rows)


def of_one_service(service: str, promised: Objectives, rto: Rto, rpo: Rpo, grounds: Grounds) -> Iterator[Objective]:
    """Yield one row for each promise that was made of this service alone."""
    own = promised.services.get(service, ServiceObjectives())
    as_whole = promised.model_copy(update=dict(own))
    if own.rto_s is not None:
        yield about(service, recovery_time(as_whole, rto, grounds))
    if own.rpo_s is not None or own.rpo_none_because:
        yield about(service, recovery_point(as_whole, rpo, grounds))
    if own.given_up_s is not None:
        yield about(service, given_up(as_whole, rpo, grounds))


def recovery_time(promised: Objectives, rto: Rto, grounds: Grounds) -> Objective:
    """Compare the recovery time. A recovery that failed is late, whatever the instrument is worth."""
    allowed = duration(promised.rto_s)
    at_least = rto.achieved_s if rto.achieved_s is not None else rto.more_than_s
    achieved = "unknown" if at_least is None else duration(at_least)
    if rto.achieved_s is None and at_least is not None:
        achieved = f"more than {achieved}"
    state, says = State.VIOLATED, ""
    if grounds.not_recovered:
        watched = "" if at_least is None else f" within the {duration(at_least)} that were watched"
        says = f"Not recovered{watched}; {allowed} are allowed."
    elif doubt := grounds.doubts.get("rto"):
        state, achieved, says = State.UNKNOWN, "unknown", f"The recovery time is unknown: {doubt}"
    elif rto.achieved_s is None:
        says = f"Clients could not write again for good: {achieved}; {allowed} are allowed."
    elif not rto.achieved_s:
        state, says = State.HELD, f"It never was away; {allowed} are allowed."
    elif rto.achieved_s > promised.rto_s:
        says = f"Recovery took {achieved}; {allowed} are allowed: {duration(rto.achieved_s - promised.rto_s)} too long."
    else:
        state, says = State.HELD, f"Recovered in {achieved} of {allowed} allowed."
    return Objective(
        name="rto",
        objective_s=promised.rto_s,
        achieved=achieved,
        at_least_s=None if state == State.UNKNOWN else at_least,
        at_most_s=None if state == State.UNKNOWN else rto.achieved_s,
        state=state,
        says=says,
    )


def recovery_point(promised: Objectives, rpo: Rpo, grounds: Grounds) -> Objective:
    """Compare the recovery point, by its upper bound."""
    doubt = grounds.doubts.get("rpo")
    achieved = "unknown" if doubt else _loss(rpo)
    if promised.rpo_s is None:
        state, says = State.HELD, f"No loss of data is promised: {promised.rpo_none_because}"
    elif doubt:
        state, says = State.UNKNOWN, f"The loss of data is unknown: {doubt}"
    else:
        state, says = _compared_loss(promised.rpo_s, rpo)
    return Objective(
        name="rpo",
        objective_s=promised.rpo_s,
        achieved=achieved,
        at_least_s=None if doubt else rpo.at_least_s,
        at_most_s=None if doubt else rpo.at_most_s,
        state=state,
        says=says,
    )


def _loss(rpo: Rpo) -> str:
    if rpo.at_most_s is None:
        return "unbounded"
    return f"at most {duration(rpo.at_most_s)}" if rpo.transactions else "nothing lost"


def _compared_loss(allowed_s: float, rpo: Rpo) -> tuple[State, str]:
    were = "was" if rpo.transactions == 1 else "were"
    allowed, lost = duration(allowed_s), f"{counted(rpo.transactions or 0, 'acknowledged write')} {were} lost"
    if rpo.at_most_s is None:
        return State.VIOLATED, f"{lost}, and nothing older was kept: the loss has no bound; {allowed} are allowed."
    if rpo.at_most_s > allowed_s:
        over = duration(rpo.at_most_s - allowed_s)
        return State.VIOLATED, f"{lost}, up to {duration(rpo.at_most_s)}; {allowed} are allowed: {over} too much."
    if not rpo.transactions:
        return State.HELD, "No acknowledged write was lost."
    return State.HELD, f"{lost}, at most {duration(rpo.at_most_s)} of {allowed} allowed."


def common_point(promised: Objectives, apart: Apart | None, grounds: Grounds) -> Objective:
    """Compare how far apart the services are, by the upper bound."""
    doubt = grounds.doubts.get("common-point") or ("" if apart else "a service holds nothing to tell it by")
    allowed_s = promised.common_point_s
    state, achieved = State.HELD, "unknown"
    if doubt or apart is None:
        says = f"How far apart the services are is unknown: {doubt}"
        state = State.UNKNOWN if allowed_s is not None else State.HELD
    else:
        achieved = f"at most {duration(apart.at_most_s)}"
        says = f"What the services hold is {duration(apart.at_least_s)} to {duration(apart.at_most_s)} apart"
        if allowed_s is None:
            says += "; nothing is promised."
        elif apart.at_most_s > allowed_s:
            state, says = State.VIOLATED, f"{says}; {duration(allowed_s)} are allowed."
        else:
            says += f"; {duration(allowed_s)} are allowed."
    return Objective(
        name="common-point",
        objective_s=allowed_s,
        achieved=achieved,
        at_least_s=None if doubt or apart is None else apart.at_least_s,
        at_most_s=None if doubt or apart is None else apart.at_most_s,
        state=state,
        says=says,
    )


def given_up(promised: Objectives, rpo: Rpo, grounds: Grounds) -> Objective:
    """Compare what going back to the recovery target cost."""
    doubt, allowed_s = grounds.doubts.get("given-up"), promised.given_up_s
    given = None if doubt else rpo.given_up_s
    achieved = "unknown" if given is None else duration(given)
    cost = f"Going back gave up {counted(rpo.given_up_transactions or 0, 'acknowledged write')}, {achieved}"
    if allowed_s is None:
        state, says = State.HELD, f"{cost}; nothing is promised." if given is not None else "Nothing is promised."
    elif given is None:
        state, says = State.UNKNOWN, f"What was given up is unknown: {doubt}"
    elif given > allowed_s:
        state, says = State.VIOLATED, f"{cost}; {duration(allowed_s)} are allowed."
    else:
        state, says = State.HELD, f"{cost} of {duration(allowed_s)} allowed."
    return Objective(
        name="given-up",
        objective_s=allowed_s,
        achieved=achieved,
        at_least_s=given,
        at_most_s=given,
        state=state,
        says=says,
    )
