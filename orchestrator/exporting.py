"""The use cases of evidence that leaves: a bundle for an audit window, and files whose time is over."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.adapters.people_file import PeopleFile, refuse_no_text
from orchestrator.controls import load_controls
from orchestrator.core.errors import CannotRunError
from orchestrator.registering import refuse_unsigned
from reports.exports.bundle import Order, write_bundle
from reports.exports.platforms import PLATFORMS
from reports.exports.retention import interval, kept
from reports.exports.window import CannotExportError
from reports.register import chain
from reports.register.entries import Held, Purged
from reports.register.state import state_of
from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from orchestrator.adapters.register_file import RegisterFile
    from reports.exports.bundle import Exported
    from reports.exports.retention import Kept
    from reports.period import Window
    from reports.register.state import RunRow, State

AUDITOR = "auditor"


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `framework` None means all; `audience` is a platform, or `auditor`."""

    window: Window
    output: Path
    framework: str | None = None
    directories: Sequence[Path] = ()
    audience: str = AUDITOR
    retain: str = "7y"
    pdf: bool = False
    force: bool = False


def export(evidence: Path, wanted: Wanted) -> Exported:
    """Write the bundle and return what is in it; raises DrillmasterError for what cannot be exported."""
    _refuse_output(evidence, wanted)
    if wanted.audience not in {AUDITOR, *PLATFORMS}:
        known = [AUDITOR, *PLATFORMS]
        raise CannotRunError(
            f"unknown platform {wanted.audience!r}{did_you_mean(wanted.audience, known)}",
            hint=f"--for takes {', '.join(known)}",
        )
    controls = load_controls(wanted.directories, wanted.framework)
    with _reading():
        retain, platform = interval(wanted.retain), PLATFORMS.get(wanted.audience)
        id_of = PeopleFile(evidence).id_of
        order = Order(wanted.window, controls, retain, platform, pdf=wanted.pdf, id_of=id_of)
        refuse_going_on(evidence, state(evidence), wanted.window)
        return write_bundle(evidence, wanted.output, order)


def _refuse_output(evidence: Path, wanted: Wanted) -> None:
    output = wanted.output
    if output.exists() and not wanted.force:
        raise CannotRunError(f"{output}: is there already", hint="name another with --output, or use --force")
    if not output.parent.is_dir():
        raise CannotRunError(f"{output.parent}: is no directory", hint="make it, or name another with --output")
    if output.resolve().is_relative_to(evidence.resolve()):
        raise CannotRunError(
            f"{output}: would lie in the evidence directory, {evidence}",
            hint="evidence holds nothing but what drills left there: name a file elsewhere with --output",
        )


def refuse_going_on(evidence: Path, registered: State, window: Window) -> None:
    """Raise CannotRunError while an engine still makes a run of the window: it would be told as ABORTED."""
    from orchestrator.adapters.run_lock import is_free

    for row in registered.runs:
        if row.finished is None and window.has(row.started_at) and not is_free(evidence / row.drill / row.run):
            raise CannotRunError(
                f"run {row.run} of {row.drill} is going on",
                hint="wait until it has ended, or end the window before it: --to",
            )


def hold(register: RegisterFile, evidence: Path, held: Held) -> None:
    """Register a legal hold on a run, or its release; raises CannotRunError where there is nothing to change.

    Whoever calls holds the people's file, so that nothing is purged meanwhile.
    """
    row = next((row for row in state(evidence).runs if row.run == held.run), None)
    if row is None:
        raise CannotRunError(f"no run {held.run!r} in the register", hint="`drillmaster runs` lists them")
    if row.purged and held.held:
        raise CannotRunError(f"{held.run}: its files were purged already", hint="a hold keeps what is still there")
    if row.held == held.held:
        raise CannotRunError(f"{held.run}: is {'held already' if held.held else 'not held'}")
    refuse_no_text(reason=held.reason)
    refuse_unsigned(evidence, register.signer)
    register.append(held)


def retained(evidence: Path, retain: str, today: date) -> tuple[Kept, ...]:
    """Return of each run that has files until when they are kept; raises CannotRunError."""
    with _reading():
        return kept(state(evidence), interval(retain), today)


def purge(register: RegisterFile, evidence: Path, over: Sequence[Kept]) -> list[Path]:
    """Remove the folders of runs whose time is over; return them. The register tells of each before it goes.

    What was registered since they were listed counts: nobody can put a hold on a run, or purge it too, meanwhile.
    Raises CannotRunError for a run that is held by now, that an engine holds, or whose folder is none of ours; what
    came before is done.
    """
    if over:
        refuse_unsigned(evidence, register.signer)
    removed = []
    with PeopleFile(evidence).held():
        rows = {row.run: row for row in state(evidence).runs}
        for one in over:
            row, folder = rows[one.row.run], evidence / one.row.drill / one.row.run
            _refuse_to_purge(row, folder, evidence)
            if row.purged is None:
                register.append(Purged(run=row.run, retained_until=str(one.until)))
            if folder.is_dir():
                _remove(folder)
                removed.append(folder)
    return removed


def _refuse_to_purge(row: RunRow, folder: Path, evidence: Path) -> None:
    from orchestrator.adapters.run_lock import is_free

    if row.held:
        raise CannotRunError(
            f"{row.run}: a legal hold was put on it meanwhile", hint="it stays; purge again for the rest"
        )
    if folder.is_symlink() or folder.resolve().parent.parent != evidence.resolve() or not is_free(folder):
        raise CannotRunError(f"{folder}: is in use, or leads elsewhere", hint="nothing of it was removed")


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise CannotRunError(
            f"{error.filename}: cannot be removed: {error.strerror}", hint="purge again when it can: the rest will go"
        ) from error


def state(evidence: Path) -> State:
    """Return what the register of an evidence directory says; raises CannotRunError."""
    with _reading():
        register = chain.read(evidence / chain.NAME)
        return state_of(register.entries, register.hashes)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (CannotExportError, chain.BrokenRegisterError) as error:
        raise CannotRunError(error.message, hint=error.hint) from error
