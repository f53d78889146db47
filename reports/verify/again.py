"""What is derived from a run's facts, derived again: its verdict by the judge, its report from the record."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pydantic import ValidationError

from reports import __version__, strict
from reports.facts import journal, ledger
from reports.folder import RunFolder, UnreadableFolderError
from reports.judge import judge
from reports.previous import RECORD
from reports.record import SCHEMA_VERSION, Record
from reports.render_html import html
from reports.render_junit import junit
from reports.verify.files import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.verify.outcome import Fault, Remark, Unchecked
    from reports.verify.place import Place

RENDERED = {"report.html": html, "junit.xml": junit}
_NOT_JUDGEABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
    UnreadableFolderError,
)
"""What judge and renderers raise over facts that no run of ours makes: they expect those of the engine."""


def facts(place: Place) -> RunFolder | Fault:
    """Return the run's facts, its journal one chain and its ledgers those that the journal tells of."""
    try:
        for path in _documents(place.folder):
            for raw in path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]:
                _read_strictly(path, raw)
        found = RunFolder.read(place.folder)
        _ = found.ledgers
    except UnreadableFolderError as error:
        return place.tampered("facts-broken", error.message.replace(f"{place.folder}/", ""))
    return found


def record(place: Place) -> Record | Fault | Unchecked:
    """Return the run's record as it was written; one of another schema is not read."""
    if not is_plain(place.folder / RECORD):
        return place.missing("file-missing", "is not there", RECORD)
    raw = (place.folder / RECORD).read_bytes()
    try:
        told = strict.loads(raw)
        if isinstance(told, dict) and told.get("schema_version") != SCHEMA_VERSION:
            return place.unchecked(
                f"what the record says, and what is derived from it: it has schema {told.get('schema_version')}, this "
                f"version knows {SCHEMA_VERSION}"
            )
        return Record.model_validate_json(raw)
    except ValidationError as error:
        says = f"no record of schema {SCHEMA_VERSION}: {error.errors()[0]['msg']}"
        return place.tampered("record-unreadable", says, RECORD)
    except ValueError as error:
        return place.tampered("record-unreadable", str(error), RECORD)


def derived(place: Place) -> Iterator[Remark]:
    """Yield whether judging and rendering again give the very bytes that lie there; the files are known to be whole."""
    written = record(place)
    if not isinstance(written, Record):
        return
    if written.judged_by != __version__:
        yield place.unchecked(
            f"verdict and report were not derived again: version {written.judged_by} made them, this is {__version__}"
        )
        return
    try:
        judged = judge(RunFolder.read(place.folder)).model_dump_json(indent=2) + "\n"
    except _NOT_JUDGEABLE as error:
        yield place.tampered("verdict-not-derived", f"its facts cannot be judged: {type(error).__name__}: {error}")
        return
    if judged.encode() != (place.folder / RECORD).read_bytes():
        yield place.tampered("verdict-not-derived", "judging its facts again gives another record", RECORD)
        return
    yield place.checked("judging its journal and ledger again gives the same record, byte for byte")
    yield from _rendered(place, written)


def _rendered(place: Place, written: Record) -> Iterator[Remark]:
    for name, render in RENDERED.items():
        if not is_plain(place.folder / name):
            yield place.missing("file-missing", "is not there", name)
            continue
        try:
            again = render(written).encode()
        except _NOT_JUDGEABLE as error:
            yield place.tampered("report-not-derived", f"cannot be made: {type(error).__name__}: {error}", name)
            continue
        if again != (place.folder / name).read_bytes():
            yield place.tampered("report-not-derived", "is not what the record gives", name)
        else:
            yield place.checked(f"{name} is what the record gives, byte for byte")


def _documents(folder: Path) -> list[Path]:
    """Return the files of a run that the judge reads as JSON, as far as they are there."""
    ledgers = [path for name in (ledger.CLOSED, ledger.EPOCHS) for path in folder.glob(f"ledger/*/{name}")]
    return [path for path in (folder / journal.NAME, *ledgers) if is_plain(path)]


def _read_strictly(path: Path, raw: bytes) -> None:
    try:
        strict.loads(raw)
    except ValueError as error:
        raise UnreadableFolderError(f"{path}: {error}", hint="it was changed after the run") from error
