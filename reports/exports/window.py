"""What of a register belongs to an audit window: all runs that started in it, and all that was due in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from reports.register.entries import Deferred, Missed
    from reports.register.state import RunRow, State


class CannotExportError(Exception):
    """An export that cannot be made: `message` says what and where, `hint` what to try."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Window:
    """An audit window: from the first day to the last, both in it, in UTC; of these systems, or of all if none."""

    first: date
    last: date
    systems: Collection[str] = ()

    def has(self, utc: str) -> bool:
        """Return whether a moment lies in the window."""
        return self.first.isoformat() <= utc[:10] <= self.last.isoformat()

    def __str__(self) -> str:
        of = f" of {', '.join(sorted(self.systems))}" if self.systems else ""
        return f"{self.first} to {self.last}{of}"


@dataclass(frozen=True)
class Chosen:
    """Everything that belongs to a window; nobody picked."""

    window: Window
    runs: tuple[RunRow, ...]
    """In order of their starts, negative controls among them."""
    missed: tuple[Missed, ...]
    deferred: tuple[Deferred, ...]


def chosen(state: State, window: Window) -> Chosen:
    """Return what belongs to the window.

    Raises CannotExportError for a window that ends before it begins, an unknown system, and a window without runs.
    """
    if window.first > window.last:
        raise CannotExportError(
            f"the window begins on {window.first}, after its end on {window.last}", hint="exchange --from and --to"
        )
    systems = {row.drill: row.system for row in state.runs}
    for name in sorted(window.systems):
        if name not in systems.values():
            raise CannotExportError(
                f"unknown system {name!r}{did_you_mean(name, set(systems.values()))}",
                hint="each drill names its system",
            )
    runs = tuple(row for row in state.runs if window.has(row.started_at) and _wanted(row.system, window))
    if not runs:
        raise CannotExportError(f"no run started from {window}", hint=_where_runs_are(state))

    def due(entry: Missed | Deferred) -> bool:
        # Of a drill that never ran the system is not known: what was missed is told rather than left out.
        return window.has(entry.due) and (entry.drill not in systems or _wanted(systems[entry.drill], window))

    missed = tuple(entry for _, entry in state.missed if due(entry))
    return Chosen(window, runs, missed, tuple(entry for _, entry in state.deferred if due(entry)))


def _wanted(system: str, window: Window) -> bool:
    return not window.systems or system in window.systems


def _where_runs_are(state: State) -> str:
    if not state.runs:
        return "the register holds no run at all"
    return f"runs started from {state.runs[0].started_at[:10]} to {state.runs[-1].started_at[:10]}"
