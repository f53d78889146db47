"""Several runs that belong together: what each left, what ends them all, and the record that is kept of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.app import RunResult, run_drill
from orchestrator.core.errors import DrillmasterError, UnreadableRunError
from orchestrator.core.stops import Interrupted
from reports.previous import RECORD
from reports.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.app import RunOptions
    from orchestrator.core.lab import Lab

Kept = TypeVar("Kept", bound=BaseModel)
Stop = Interrupted | DrillmasterError | None
"""What cuts several runs short; None: they go on."""


def attempt(name: str, overrides: Sequence[str], options: RunOptions) -> tuple[RunResult | None, Stop]:
    """Run a drill; return what the run left, if it left a record, and what must be raised once all is told."""
    begun: list[Path] = []

    def watch(lab: Lab) -> None:
        begun.append(lab.folder)
        if options.watch_lab:
            options.watch_lab(lab)

    try:
        return run_drill(name, overrides, replace(options, watch_lab=watch)), None
    except (Interrupted, DrillmasterError) as stop:
        left = [folder for folder in begun if (folder / RECORD).is_file()]
        records = [Record.model_validate_json((folder / RECORD).read_bytes()) for folder in left]
        return next(map(RunResult, records, left), None), stop


def because(stop: Stop) -> str:
    """Return why runs were cut short, as their record says it; empty when they were not."""
    if isinstance(stop, Interrupted):
        return f"stopped by signal {stop.signal}"
    return stop.message if stop else ""


def found(evidence: Path, name: str, prefix: str, record: str) -> Path | None:
    """Return the folder of several runs by its path or by the beginning of its id, which `prefix` begins.

    None when nothing with such a record is named so, or several are.
    """
    if (Path(name) / record).is_file():
        return Path(name).absolute()
    folders = [file.parent for file in evidence.glob(f"*/{prefix}*/{record}") if file.parent.name.startswith(name)]
    return folders[0] if len(folders) == 1 and name.startswith(prefix) else None


def read_again(file: Path, kept: type[Kept], what: str) -> Kept:
    """Return the record of several runs as it was kept; raises UnreadableRunError where there is no record of it."""
    try:
        return kept.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise UnreadableRunError(
            f"{file}: no record of {what}", hint="it was changed, or written by another version of drillmaster"
        ) from error


def told(record: Kept, form: str, forms: Mapping[str, Callable[[Kept], str]], what: str) -> str:
    """Return a record as json, or in one of `forms`; raises UnreadableRunError for any other."""
    if form == "json":
        return record.model_dump_json(indent=2) + "\n"
    if form not in forms:
        raise UnreadableRunError(f"{what} cannot be told as {form}", hint=f"it can as {', '.join(forms)} or json")
    return forms[form](record)
