"""The use cases of reports that look back: a run with what came after it, and a period of the programme."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.app import judged, render
from orchestrator.core.errors import RefusedError
from orchestrator.looking_back import look_back
from reports.facts.values import Verdict
from reports.register import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.looking_back import LookBack
    from reports.period import Window
    from reports.record import Record
    from reports.standing import Sealing, Standing


@dataclass(frozen=True)
class Asked:
    """What is to be told of a period, and how."""

    window: Window
    board: bool
    """The board's page alone."""
    form: str
    """html, json, pdf or text."""


def run_report(folder: Path, form: str) -> bytes:
    """Return the report of a run as html, json, junit, pdf, text or post-mortem, judged again from its folder.

    Pages and text tell what the register says of the run since; the record itself (json, junit) never does.
    Raises UnreadableRunError, and RefusedError where no PDF can be made, or for a verdict that was never registered.
    """
    from orchestrator.adapters.register_file import open_runs
    from reports import render_html, render_post_mortem, render_text

    record = judged(folder)
    if record.verdict is not Verdict.ABORTED and folder.name in open_runs(folder.parent.parent):
        raise RefusedError(
            f"run {folder.name}: the register does not tell of its end: it counts as ABORTED",
            hint="`drillmaster sweep` closes it, unless its engine is about to",
        )
    if form in {"json", "junit"}:
        return render(record, form).encode()
    if form == "post-mortem":
        return render_post_mortem.post_mortem(record).encode()
    stands = _standing(folder, record)
    if form == "text":
        return render_text.text(record, stands).encode()
    return _page(lambda: render_html.html(record, stands), form)


def _standing(folder: Path, record: Record) -> Standing | None:
    """Return where a run stands in the register of its evidence directory; None where there is none, or it is not in.

    A broken register says nothing of a run: it raises UnreadableRunError.
    """
    from reports.standing import standing

    evidence = folder.parent.parent
    if not (evidence / chain.NAME).is_file():
        return None
    back = look_back(evidence)
    stands = standing(record.run, back.as_of, back.state, back.sources, _sealing(folder))
    return _with_bearings(stands, back, record) if stands else None


def _with_bearings(stands: Standing, back: LookBack, record: Record) -> Standing:
    """Return where a run stands with what it shows of each shipped control, where its evidence is as registered."""
    from orchestrator.controls import load_controls
    from reports.controls.assess import assess
    from reports.exports.dossier import Registered, dossier
    from reports.exports.window import CannotExportError

    register = Registered(back.evidence, back.state, back.sources)
    try:
        context = dossier(register, back.run(record.run), stands.actions).context(record)
    except CannotExportError as error:
        return replace(stands, no_bearings=error.message)
    return replace(stands, bearings=tuple((control, assess(control, context)) for control in load_controls(())))


def _sealing(folder: Path) -> Sealing:
    """Return a run's files, and what its seal says of them; nothing of it is verified."""
    from reports import seal
    from reports.standing import FileRow, Sealing

    files = seal.subjects(folder)
    try:
        envelope = seal.envelope((folder / seal.SEAL).read_bytes())
        sealed = {one.name: one.digest for one in seal.stated(envelope, seal.RecordStatement).subject}
    except (OSError, seal.BadSealError):
        envelope, sealed = None, {}
    rows = tuple(
        FileRow(one.name, (folder / one.name).stat().st_size, one.digest.sha256, sealed.get(one.name) == one.digest)
        for one in files
    )
    if envelope is None:
        return Sealing(rows)
    keyids = tuple(signature.keyid for signature in envelope.signatures)
    return Sealing(rows, hashlib.sha256(envelope.content).hexdigest(), keyids)


def period_report(evidence: Path, asked: Asked) -> bytes:
    """Return the report of a period, or the board's page of it.

    Raises UnreadableRunError, and RefusedError for a window in which nothing ran or was due, or a form that there is
    not.
    """
    from reports import board, render_period
    from reports.exports.window import refuse_impossible, runs_in
    from reports.period import period

    back = look_back(evidence)
    with _refusing():
        refuse_impossible(back.state, asked.window)
        told = period(asked.window, back.as_of, back.state, back.sources)
        if not (told.missed or told.deferrals):
            runs_in(back.state, asked.window)
    if asked.form == "json":
        made = board.summary(told) if asked.board else told
        return made.model_dump_json(indent=2).encode() + b"\n"
    if asked.form == "text":
        return (render_period.board_text(told) if asked.board else render_period.text(told)).encode()
    if asked.form in {"junit", "post-mortem"}:
        raise RefusedError(f"a period cannot be told as {asked.form}", hint="it can as text, html, pdf or json")
    if asked.board:
        return _page(lambda: render_period.board_html(told), asked.form)
    return _page(lambda: render_period.html(told, back.sources), asked.form)


def _page(html: Callable[[], str], form: str) -> bytes:
    """Return a page as html or pdf."""
    if form == "html":
        return html().encode()
    from reports.exports.pdf import pdf

    with _refusing():
        return pdf(html())


@contextmanager
def _refusing() -> Iterator[None]:
    from reports.exports.window import CannotExportError

    try:
        yield
    except CannotExportError as error:
        raise RefusedError(error.message, hint=error.hint) from error
