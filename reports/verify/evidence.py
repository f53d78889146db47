"""Evidence in each of its forms: a run's folder, an evidence directory, a register alone, a zip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from reports.previous import RECORD
from reports.register import chain
from reports.verify import anchors, bundle, bundle_zip, limits, register, run
from reports.verify.asked import CannotVerifyError
from reports.verify.files import digest, is_plain
from reports.verify.outcome import Checked, Fault, Level, Outcome, Unchecked
from reports.verify.place import Place, Trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.register.state import RunRow
    from reports.verify.asked import Asked
    from reports.verify.outcome import Remark
    from reports.verify.register import Vouched

Look = Callable[[Path, Trust, "Vouched | None"], Iterable["Remark"]]
BESIDE = {chain.NAME, "register.lock", "people.lock"}
"""What lies in an evidence directory beside its runs, and says nothing of its own."""
_ZIP = b"PK"


def verify(path: Path, asked: Asked) -> Outcome:
    """Return what is to be said of evidence; nothing of it is changed or run.

    Raises CannotVerifyError for what is none, OSError for what cannot be read.
    """
    if path.is_dir():
        return _of_folder(path, asked)
    if path.is_file() and path.name == chain.NAME:
        return _verified(path.parent, path, asked, _records)
    if path.is_file() and (path.suffix == ".zip" or _begins(path, _ZIP)):
        with TemporaryDirectory() as folder:
            faults = bundle_zip.unpack(path, Path(folder))
            found = Outcome("", "", tuple(asked.pinned), faults) if faults else _of_folder(Path(folder), asked)
        return replace(found, what=str(path))
    what = "neither a run's folder, an evidence directory, a register nor a zip" if path.exists() else "is not there"
    raise CannotVerifyError(f"{path}: {what}", hint="`drillmaster runs` lists the runs of an evidence directory")


def _of_folder(path: Path, asked: Asked) -> Outcome:
    if any(is_plain(path / name) for name in run.LEFT):
        folder = path.resolve()
        return _verified(folder, folder.parent.parent / chain.NAME, asked, _run_alone)
    book = path / chain.NAME
    if not is_plain(book) and not any(True for name in run.LEFT for _ in path.glob(f"*/*/{name}")):
        raise CannotVerifyError(f"{path}: holds neither a register nor runs", hint="a run's folder holds its journal")
    return _verified(path, book, asked, _directory)


def _verified(root: Path, book: Path, asked: Asked, look: Look) -> Outcome:
    """Return what is to be said of a register and of what `look` looks at below `root`."""
    found = register.read(book, asked.pinned)
    vouched = None if isinstance(found, Fault) else found
    remarks: list[Remark] = []
    if not asked.pinned:
        says = "no key was pinned (--trust): whoever made this evidence could have made the key with it"
        remarks.append(Fault(Level.UNTRUSTED, "unpinned", str(root), says))
    if vouched:
        remarks += [*register.remarks(vouched), *anchors.remarks(vouched, asked)]
        trust = Trust(vouched.known, vouched.trusted, asked)
    else:
        remarks += [found] if isinstance(found, Fault) else []
        trust = Trust(asked.pinned, frozenset(asked.pinned), asked)
    remarks += look(root, trust, vouched)
    remarks += [Unchecked(limit) for limit in limits.ALWAYS]
    return Outcome(str(root), _as_of(vouched), tuple(asked.pinned), tuple(remarks))


def _as_of(vouched: Vouched | None) -> str:
    if vouched is None:
        return ""
    last = vouched.register.entries[-1]
    return f"entry {last.seq} of register {last.register_id}, {last.at}"


def _run_alone(root: Path, trust: Trust, vouched: Vouched | None) -> Iterator[Remark]:
    where = f"{root.parent.name}/{root.name}" if vouched else root.name
    yield from run.remarks(Place(root, where, trust, named=vouched is not None), vouched)
    if vouched and len(vouched.state.runs) > 1:
        yield Unchecked("the register's other runs: name the evidence directory to check them all")


def _directory(root: Path, trust: Trust, vouched: Vouched | None) -> Iterator[Remark]:
    found: set[str] = set()
    for path in _below(root):
        where = path.relative_to(root).as_posix()
        if path.is_symlink():
            yield Fault(Level.TAMPERED, "link", where, "is a symbolic link")
        elif path.is_dir() and any((path / name).exists() for name in run.LEFT):
            found.add(where)
            yield from run.remarks(Place(path, where, trust, named=True), vouched)
        elif where not in BESIDE and not is_plain(root / bundle.MANIFEST):
            yield Unchecked("belongs to no run, so that nothing vouches for it", where)
    told = bundle.manifest(root) if is_plain(root / bundle.MANIFEST) else None
    if isinstance(told, Fault):
        yield told
    elif told:
        yield from bundle.remarks(root, told)
        yield from [bundle.guide(root, told, vouched.state)] if vouched else ()
    yield from _missing(vouched.state.runs if vouched else (), found, None if isinstance(told, Fault) else told)


def _missing(rows: Iterable[RunRow], found: set[str], told: bundle.Manifest | None) -> Iterator[Remark]:
    """Yield what became of runs that the register tells of and whose folders are not there."""
    for row in rows:
        where = f"{row.drill}/{row.run}"
        if where in found:
            continue
        if row.purged:
            until = row.purged.retained_until
            yield Unchecked(f"was purged ({row.verdict}): the register says that it was kept until {until}", where)
        elif told and not told.wants(row):
            yield Unchecked(f"is not in the window that the manifest tells of ({row.verdict})", where)
        else:
            yield Fault(Level.INCOMPLETE, "run-missing", where, "stands in the register, and its folder is not there")


def _below(root: Path) -> Iterator[Path]:
    """Yield what lies in an evidence directory: its files, and what lies in the folders of its drills."""
    for path in sorted(root.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from sorted(path.iterdir())
        else:
            yield path


def _records(root: Path, _: Trust, vouched: Vouched | None) -> Iterator[Remark]:
    for row in vouched.state.runs if vouched else ():
        record, where = root / row.drill / row.run / RECORD, f"{row.drill}/{row.run}/{RECORD}"
        if row.finished is None or row.purged:
            continue
        if not is_plain(record):
            yield Unchecked("the records of runs whose folders are not beside the register", where)
        elif digest(record) != row.finished.record_sha256:
            yield Fault(Level.TAMPERED, "finish-differs", where, "is not the record the register tells of at its end")
        else:
            yield Checked("records are those the register tells of", where)
    yield Unchecked("seals, journals, ledgers and reports: name the evidence directory to check the runs themselves")


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic
