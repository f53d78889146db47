"""What runs show of controls: pure functions of records and of what the register says about them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reports.controls.conditions import ALWAYS, CONDITIONS
from reports.controls.groups import GROUPS
from reports.controls.model import Coverage, after
from reports.facts.values import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.controls.context import RunContext
    from reports.controls.evidence import Question
    from reports.controls.model import Control


class Gap(Fact):
    """A record group or condition that the run lacks."""

    name: str
    why: str = Field(description="One sentence.")


class Assessment(Fact):
    """What one run shows of one control."""

    control: str
    run: str
    met: tuple[str, ...] = Field(description="Record groups that the evidence holds.")
    unmet: tuple[Gap, ...] = Field(description="Record groups that it lacks.")
    failed: tuple[Gap, ...] = Field(description="Conditions that do not hold.")
    coverage: Coverage = Field(description="How much of the control a run that counts can show.")
    not_covered: str = Field(description="What of the control no such run shows.")

    @property
    def counts(self) -> bool:
        """Return whether the run counts for the control, to the extent of `coverage`."""
        return not self.unmet and not self.failed


class ProgrammeRow(Fact):
    """Where a control stands after several runs."""

    control: str
    last_run: str | None = Field(description="The last drill that counts; None: none does.")
    last_utc: str | None = Field(description="When it ended.")
    next_due: date | None = Field(description="None: no number is set, or there is no drill to count from.")
    state: Literal["current", "overdue", "never", "no-interval"]
    gaps: tuple[Gap, ...] = Field(description="What the newest drill lacks; empty: it counts, or there is none.")


def assess(control: Control, context: RunContext) -> Assessment:
    """Return what the run shows of the control."""
    unmet = _gaps(control.requires, GROUPS, context)
    lacking = {gap.name for gap in unmet}
    return Assessment(
        control=control.id,
        run=context.record.run,
        met=tuple(group for group in control.requires if group not in lacking),
        unmet=unmet,
        failed=_gaps((*ALWAYS, *control.when), CONDITIONS, context),
        coverage=control.coverage,
        not_covered=control.not_covered,
    )


def _gaps(names: Iterable[str], questions: dict[str, Question], context: RunContext) -> tuple[Gap, ...]:
    answers = ((name, questions[name].why_not(context)) for name in names)
    return tuple(Gap(name=name, why=why) for name, why in answers if why)


def programme(controls: Iterable[Control], contexts: Iterable[RunContext], as_of: date) -> tuple[ProgrammeRow, ...]:
    """Return for each control the last drill that counts and when the next is due.

    A run belongs to the day it started, as it does in an audit window; those after `as_of` are left out. Negative
    controls are no drills: the newest drill is looked for without them.
    """
    last = str(as_of)
    drills = [one for one in contexts if one.record.control is None and one.record.started_utc[:10] <= last]
    drills.sort(key=lambda context: context.record.started_utc)
    return tuple(_row(control, drills, as_of) for control in controls)


def _ended(context: RunContext) -> date:
    """Return the day a run ended; an aborted one, whose end nobody wrote down, the day it began."""
    return date.fromisoformat((context.record.ended_utc or context.record.started_utc)[:10])


def _row(control: Control, contexts: list[RunContext], as_of: date) -> ProgrammeRow:
    newest = assess(control, contexts[-1]) if contexts else None
    last = next((context for context in reversed(contexts) if assess(control, context).counts), None)
    interval = control.frequency.max_interval
    due = after(_ended(last), interval) if last and interval else None
    return ProgrammeRow(
        control=control.id,
        last_run=last.record.run if last else None,
        last_utc=last.record.ended_utc if last else None,
        next_due=due,
        state=_state(last, due, as_of),
        gaps=(*newest.unmet, *newest.failed) if newest else (),
    )


def _state(
    last: RunContext | None, due: date | None, as_of: date
) -> Literal["current", "overdue", "never", "no-interval"]:
    if last is None:
        return "never"
    if due is None:
        return "no-interval"
    return "overdue" if due < as_of else "current"
