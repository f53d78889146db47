"""The use case of evidence that leaves the house: a bundle for an audit window."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.controls import load_controls
from orchestrator.core.errors import CannotRunError
from reports.exports.bundle import Order, write_bundle
from reports.exports.platforms import PLATFORMS
from reports.exports.retention import interval
from reports.exports.window import CannotExportError
from reports.register import chain
from reports.register.state import state_of
from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reports.exports.bundle import Exported
    from reports.period import Window
    from reports.register.state import State

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
    if wanted.output.exists() and not wanted.force:
        raise CannotRunError(f"{wanted.output}: is there already", hint="name another with --output, or use --force")
    if not wanted.output.parent.is_dir():
        raise CannotRunError(f"{wanted.output.parent}: is no directory", hint="make it, or name another with --output")
    if wanted.audience not in {AUDITOR, *PLATFORMS}:
        known = [AUDITOR, *PLATFORMS]
        raise CannotRunError(
            f"unknown platform {wanted.audience!r}{did_you_mean(wanted.audience, known)}",
            hint=f"--for takes {', '.join(known)}",
        )
    controls = load_controls(wanted.directories, wanted.framework)
    with _reading():
        order = Order(wanted.window, controls, interval(wanted.retain), PLATFORMS.get(wanted.audience), pdf=wanted.pdf)
        refuse_going_on(evidence, state(evidence), wanted.window)
        return write_bundle(evidence, wanted.output, order)


def refuse_going_on(evidence: Path, registered: State, window: Window) -> None:
    """Raise CannotRunError while an engine still makes a run of the window: it would be told as ABORTED."""
    from orchestrator.adapters.run_lock import is_free

    for row in registered.runs:
        if row.finished is None and window.has(row.started_at) and not is_free(evidence / row.drill / row.run):
            raise CannotRunError(
                f"run {row.run} of {row.drill} is going on",
                hint="wait until it has ended, or end the window before it: --to",
            )


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
