"""Corrective actions: what is to be mended because of a run, until a later run showed it or somebody took the risk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reports.facts.values import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.register.state import ActionRow, State


class ActionLine(Fact):
    """One corrective action as it stands on a day."""

    action: str
    run: str
    drill: str
    system: str
    what: str
    owner: str = Field(description="A person's id.")
    due: str = Field(description="A date, YYYY-MM-DD.")
    state: Literal["open", "overdue", "mended", "accepted"] = Field(
        description="mended: a later run showed it; accepted: a person took the risk."
    )
    opened_utc: str
    closed_utc: str = Field(description="Empty: it is open.")
    closed_by: str = Field(description="A person's id; empty: it is open.")
    retest: str = Field(description="The run that showed it mended; empty: none did.")
    note: str

    @property
    def open(self) -> bool:
        """Return whether it still has to be done."""
        return not self.closed_utc


def actions(state: State, day: str) -> Iterator[ActionLine]:
    """Yield every action of a register in the order of their opening; open ones are overdue after their due `day`."""
    runs = {row.run: row for row in state.runs}
    for row in state.actions:
        run, closed = runs.get(row.opened.run), row.closed
        yield ActionLine(
            action=row.opened.action,
            run=row.opened.run,
            drill=run.drill if run else "",
            system=run.system if run else "",
            what=row.opened.what,
            owner=row.opened.owner,
            due=row.opened.due,
            state=_state(row, day),
            opened_utc=row.opened_at,
            closed_utc=row.closed_at,
            closed_by=closed.by if closed else "",
            retest=closed.retest if closed else "",
            note=closed.note if closed else "",
        )


def _state(row: ActionRow, day: str) -> Literal["open", "overdue", "mended", "accepted"]:
    if row.closed:
        return "mended" if row.closed.retest else "accepted"
    return "overdue" if row.opened.due < day else "open"
