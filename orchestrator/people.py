"""The use cases of people: they review runs, and open and close corrective actions.

Each appends one entry to the register. The sealed record of a run is never reopened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from orchestrator.adapters.people_file import ID, PeopleFile, refuse_no_text
from orchestrator.core.errors import RefusedError
from orchestrator.looking_back import look_back
from orchestrator.registering import refuse_unsigned
from reports.actions import actions
from reports.facts.values import Verdict
from reports.population import population
from reports.register.entries import ActionClosed, ActionOpened, Reviewed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from orchestrator.looking_back import LookBack
    from reports.actions import ActionLine
    from reports.keys import Signer
    from reports.population import RunLine
    from reports.register.entries import AnyBody
    from reports.register.state import RunRow
    from reports.sign_off import Decision, SignOff


class Appender(Protocol):
    """What appends to a register; without a signer its entries are unsigned."""

    @property
    def signer(self) -> Signer | None:
        """Return what signs the entries."""
        ...

    def append(self, body: AnyBody) -> object:
        """Append an entry; raises EvidenceError."""
        ...


@dataclass(frozen=True)
class Desk:
    """Where people do their part: an evidence directory, and how its register is opened to append to it."""

    evidence: Path
    register: Callable[[], Appender]


@dataclass(frozen=True)
class Opinion:
    """What a person says of a run's evidence."""

    by: str
    """A name, or an id that the register knows."""
    role: str
    decision: Decision
    note: str


@dataclass(frozen=True)
class Task:
    """What is to be mended."""

    what: str
    owner: str
    """A name, or an id that the register knows."""
    due: str
    """A date, YYYY-MM-DD."""


@dataclass(frozen=True)
class Closing:
    """How an action is ended: a run showed it mended, or somebody takes the risk."""

    by: str
    """A name, or an id that the register knows."""
    retest: str
    """The run; empty: the risk is accepted, and the note says why."""
    note: str


def review(desk: Desk, run: str, opinion: Opinion) -> SignOff:
    """Register a person's review of a run and return what all its reviews come to.

    Raises UnreadableRunError for an unknown run, RefusedError for one that has not ended or whose record is not the
    registered one, and for its operator where two other people must review; EvidenceError.
    """
    _refuse_empty(by=opinion.by, role=opinion.role)
    refuse_no_text(by=opinion.by, role=opinion.role, note=opinion.note)
    with PeopleFile(desk.evidence).held():
        back = look_back(desk.evidence)
        line = _reviewable(back, back.run(run))
        person = _person(desk, back, opinion.by)
        operator = back.run(line.run).started.operator
        if line.sign_off.two_person and person == PeopleFile(desk.evidence).id_of(operator):
            raise RefusedError(
                f"run {line.run}: {opinion.by} operated it, and its drill asks for two other people to review it",
                hint="let two people review it that did not operate it",
            )
        _append(
            desk,
            Reviewed(run=line.run, by=person, role=opinion.role, decision=opinion.decision, note=opinion.note),
        )
    after = look_back(desk.evidence)
    return _line(after, after.run(line.run)).sign_off


def _reviewable(back: LookBack, row: RunRow) -> RunLine:
    line = _line(back, row)
    if line.evidence == "unfinished":
        raise RefusedError(
            f"run {row.run} has not ended: there is nothing to review yet",
            hint="wait for its end; `drillmaster sweep` closes a run whose engine died",
        )
    if line.evidence != "whole":
        raise RefusedError(
            f"run {row.run}: {line.sentence[0].lower()}{line.sentence[1:].rstrip('.')}",
            hint="a review is of the evidence that the register names; `drillmaster verify` says what became of it",
        )
    return line


def _line(back: LookBack, row: RunRow) -> RunLine:
    (line,) = population([row], back.sources)
    return line


def open_action(desk: Desk, run: str, task: Task) -> str:
    """Register a corrective action because of a run and return its id.

    Raises UnreadableRunError for an unknown run, RefusedError for a due day that is no date; EvidenceError.
    """
    _refuse_empty(what=task.what, owner=task.owner)
    refuse_no_text(what=task.what, owner=task.owner)
    _refuse_no_date(task.due)
    with PeopleFile(desk.evidence).held():
        back = look_back(desk.evidence)
        row = back.run(run)
        numbers = [int(one.opened.action.removeprefix("A-")) for one in back.state.actions]
        action = f"A-{max(numbers, default=0) + 1}"
        person = _person(desk, back, task.owner)
        _append(desk, ActionOpened(action=action, run=row.run, what=task.what, owner=person, due=task.due))
    return action


def close_action(desk: Desk, action: str, closing: Closing) -> None:
    """Register the end of a corrective action.

    Raises RefusedError for an action that is unknown or closed, for a retest that does not show it mended, and for a
    risk that is accepted without a word; UnreadableRunError for an unknown run; EvidenceError.
    """
    _refuse_empty(by=closing.by)
    refuse_no_text(by=closing.by, note=closing.note)
    with PeopleFile(desk.evidence).held():
        back = look_back(desk.evidence)
        line = _open_action(back, action)
        retest = _retest(back, line, closing.retest).run if closing.retest else ""
        if not retest and not closing.note.strip():
            raise RefusedError(f"action {line.action}: a risk is accepted for a reason", hint="say it with --note")
        person = _person(desk, back, closing.by)
        _append(desk, ActionClosed(action=line.action, by=person, retest=retest, note=closing.note))


def _open_action(back: LookBack, action: str) -> ActionLine:
    line = next((one for one in actions(back.state, back.as_of.utc[:10]) if one.action == action), None)
    if line is None:
        raise RefusedError(f"no action {action!r} was opened", hint="`drillmaster action list` lists them")
    if not line.open:
        raise RefusedError(
            f"action {action} was closed at {line.closed_utc} by {back.sources.name(line.closed_by)}",
            hint="open another one, for what is still to be mended",
        )
    return line


def _retest(back: LookBack, action: ActionLine, run: str) -> RunRow:
    """Return a run that shows an action mended; raises RefusedError with why it does not."""
    row = back.run(run)
    why = _why_not(row, action) or _why_no_recovery(back, row, action)
    if why:
        raise RefusedError(
            f"run {row.run} does not show action {action.action} mended: {why}",
            hint="run the drill again, or accept the risk with --accept-risk --note",
        )
    return row


def _why_not(row: RunRow, action: ActionLine) -> str:
    if row.control:
        return "it is a negative control, which tests the drill and not the system"
    if row.system != action.system:
        return f"it is a run on {row.system}, and the action is about {action.system}"
    if row.started_at < action.opened_utc:
        return f"it started at {row.started_at}, before the action was opened at {action.opened_utc}"
    if row.verdict != Verdict.PASS:
        return f"it ended {row.verdict}"
    return ""


def _why_no_recovery(back: LookBack, row: RunRow, action: ActionLine) -> str:
    """Return why a run, which recovered nothing, does not mend what a run on a system showed; empty when it may."""
    if _line(back, row).tabletop and not _line(back, back.run(action.run)).tabletop:
        return "it is a tabletop, in which no system was recovered"
    return ""


def list_actions(evidence: Path, day: str, *, only_open: bool, only_overdue: bool) -> list[tuple[ActionLine, str]]:
    """Return actions, oldest first, each with its owner's name; raises UnreadableRunError."""
    back = look_back(evidence)
    return [
        (line, back.sources.name(line.owner))
        for line in actions(back.state, day)
        if (line.open or not only_open) and (line.state == "overdue" or not only_overdue)
    ]


def _person(desk: Desk, back: LookBack, name: str) -> str:
    """Return the id of a person by name, or by an id that is known already."""
    if not ID.fullmatch(name):
        return PeopleFile(desk.evidence).enrol(name)
    told = {review.by for row in back.state.runs for _, review in row.reviews}
    told |= {person for one in back.state.actions for person in (one.opened.owner, one.closed.by if one.closed else "")}
    if name not in told | set(back.sources.names):
        raise RefusedError(f"nobody is known as {name}", hint="give the name: an id is made of it")
    return name


def _append(desk: Desk, body: AnyBody) -> None:
    """Append an entry; raises RefusedError where the register is signed and this user has no key."""
    register = desk.register()
    refuse_unsigned(desk.evidence, register.signer)
    register.append(body)


def _refuse_empty(**given: str) -> None:
    empty = [name for name, value in given.items() if not value.strip()]
    if empty:
        raise RefusedError(f"nothing was said for {', '.join(empty)}", hint="say who, and what")


def _refuse_no_date(due: str) -> None:
    try:
        right = date.fromisoformat(due).isoformat() == due
    except ValueError:
        right = False
    if not right:
        raise RefusedError(f"due: {due!r} is no date", hint="write it as in 2026-11-21")
