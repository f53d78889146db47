"""The use cases around controls: load the shipped ones and a user's, list frameworks, describe one."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from orchestrator.core.errors import DrillmasterError
from reports.controls.conditions import CONDITIONS
from reports.controls.groups import GROUPS
from reports.controls.load import BadControlsError, UnknownFrameworkError, load, of_framework

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from reports.controls.model import Control

WIDTH = 100


def load_controls(directories: Iterable[Path], framework: str | None = None) -> tuple[Control, ...]:
    """Return the controls of a framework, or of all; raises DrillmasterError with every mistake in their files."""
    try:
        controls = load(directories)
        return of_framework(controls, framework) if framework else controls
    except BadControlsError as error:
        raise DrillmasterError(
            str(error), hint="`drillmaster controls dora --json` shows controls as their file has them"
        ) from error
    except UnknownFrameworkError as error:
        raise DrillmasterError(str(error), hint="`drillmaster controls` lists the frameworks") from error


def listing(controls: Iterable[Control]) -> Iterator[str]:
    """Yield one line for each framework."""
    numbers: dict[str, int] = {}
    frameworks = {}
    for control in controls:
        frameworks[control.framework.key] = control.framework
        numbers[control.framework.key] = numbers.get(control.framework.key, 0) + 1
    for key, framework in frameworks.items():
        yield f"{key:20} {numbers[key]:3} controls  {framework.status:10}  {framework.title}"


def described(controls: Sequence[Control]) -> Iterator[str]:
    """Yield the lines on a framework's controls: what each asks for, how much a drill covers, and what not."""
    framework = controls[0].framework
    yield f"{framework.title}, version {framework.version}: {framework.status}"
    for control in controls:
        yield ""
        yield f"{control.id} · {control.ref} · {control.coverage}"
        yield from _wrapped("asks for", control.summary)
        yield from _wrapped("how often", _frequency(control))
        yield from _wrapped("needs", ", ".join([*control.requires, *control.when]))
        yield from _wrapped("not covered", control.not_covered)
    yield ""
    yield "A run in a lab is evidence for a control if its record has what the control needs:"
    needed = {name for control in controls for name in (*control.requires, *control.when)}
    for name, question in (GROUPS | CONDITIONS).items():
        if name in needed:
            yield f"  {name:17}{question.about}"


def _frequency(control: Control) -> str:
    frequency = control.frequency
    interval = f" ({frequency.max_interval})" if frequency.max_interval else ""
    change = "; also on change" if frequency.on_change else ""
    return f"{frequency.text}{interval}{change}; from: {frequency.source}"


def _wrapped(what: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {what:12} ", subsequent_indent=" " * 15, break_on_hyphens=False
    )
