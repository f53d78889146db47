"""What of a register belongs to an audit window: all runs that started in it; nobody picks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from reports.period import Window
    from reports.register.state import RunRow, State


class CannotExportError(Exception):
    """An export that cannot be made: `message` says what and where, `hint` what to try."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def runs_in(state: State, window: Window) -> tuple[RunRow, ...]:
    """Return the runs that started in a window, negative controls among them, in order of their starts.

    Raises CannotExportError for a window that ends before it begins, an unknown system, and a window without runs.
    """
    refuse_impossible(state, window)
    runs = tuple(row for row in state.runs if window.has(row.started_at) and window.system in {"", row.system})
    if not runs:
        raise CannotExportError(f"no run started from {told(window)}", hint=_where_runs_are(state))
    return runs


def refuse_impossible(state: State, window: Window) -> None:
    """Raise CannotExportError for a window that ends before it begins, and for an unknown system."""
    if window.first > window.last:
        raise CannotExportError(
            f"the window begins on {window.first}, after its end on {window.last}", hint="exchange --from and --to"
        )
    systems = {row.system for row in state.runs}
    if window.system and window.system not in systems:
        raise CannotExportError(
            f"unknown system {window.system!r}{did_you_mean(window.system, systems)}",
            hint="each drill names its system",
        )


def told(window: Window) -> str:
    """Return a window in words."""
    return f"{window.first} to {window.last}" + (f" of {window.system}" if window.system else "")


def _where_runs_are(state: State) -> str:
    if not state.runs:
        return "the register holds no run at all"
    return f"runs started from {state.runs[0].started_at[:10]} to {state.runs[-1].started_at[:10]}"
