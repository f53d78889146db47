"""An evidence directory whose runs can be judged, sealed with a fresh key: what tampering is tried on.

`passed`, `failed` and `caught` (a negative control) ran to their ends; `aborted` was closed by sweep.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthetic_registers import REGISTER_ID, FreshKey, SyntheticRegister
from synthetic_runs import PLANNED, healthy_run, planned

from reports import seal
from reports.facts.events import Expectation, RunAborted, RunFinished, RunPlanned, Verdict
from reports.folder import RunFolder
from reports.judge import judge
from reports.record import Record
from reports.register import chain, heads
from reports.register.entries import Finished, Started
from reports.render_html import html
from reports.render_junit import junit
from reports.verify import by_hand

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from synthetic_runs import SyntheticRun

    from reports.keys import Signer
    from reports.register.entries import AnyBody, Entry

NAMES = ("passed", "failed", "caught", "aborted")
RUNS = {name: f"20261121-06000{number}-abcd" for number, name in enumerate(NAMES)}


@dataclass
class SealedEvidence:
    """An evidence directory and the key that signed it."""

    directory: Path
    key: FreshKey

    @property
    def book(self) -> Path:
        """Return the register's file."""
        return self.directory / chain.NAME

    def where(self, name: str) -> str:
        """Return how a run is called in what verifying tells."""
        return f"{PLANNED.drill}/{RUNS[name]}"

    def folder(self, name: str) -> Path:
        """Return the folder of a run."""
        return self.directory / self.where(name)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return the register's entries."""
        return chain.read(self.book).entries

    @property
    def bodies(self) -> list[AnyBody]:
        """Return what the entries say, but for the opening and the first key."""
        return [entry.body for entry in self.entries[2:]]

    @property
    def lines(self) -> list[str]:
        """Return the register's lines, each with its newline."""
        return self.book.read_text().splitlines(keepends=True)

    def put(self, lines: list[str]) -> None:
        """Let the register hold these lines."""
        self.book.write_text("".join(lines))

    def end_of(self, name: str) -> Finished:
        """Return what the register says of a run's end."""
        return next(body for body in self.bodies if isinstance(body, Finished) and body.run == RUNS[name])

    def head(self) -> heads.Head:
        """Return the register's head."""
        found = chain.read(self.book)
        return heads.head_of(found, found.position.seq)

    def append(self, body: AnyBody, at: str | None = None, signers: Sequence[Signer] | None = None) -> chain.Position:
        """Append an entry, signed and dated as the last one unless told otherwise."""
        found = chain.read(self.book)
        raw, after = chain.line(
            found.position, body, at or found.entries[-1].at, (self.key,) if signers is None else signers
        )
        with self.book.open("ab") as file:
            file.write(raw)
        return after

    def rewrite(self, bodies: Iterable[AnyBody], key: FreshKey | None = None, register_id: str = REGISTER_ID) -> None:
        """Write the register anew as whoever holds a key can: every run that it tells of is sealed again too."""
        told = list(bodies)
        self.book.unlink()
        self.key = key or self.key
        register = SyntheticRegister(self.directory, self.key, chain.Position(register_id))
        started: dict[str, chain.Position] = {}
        for body in told:
            fresh = body
            if isinstance(body, Finished):
                fresh = self.seal(self.directory / PLANNED.drill / body.run, started[body.run], body.by)
            position = register.append(fresh)
            if isinstance(body, Started):
                started[body.run] = position

    def reseal(self, register_id: str = REGISTER_ID) -> None:
        """Let the key's holder seal whatever lies there now."""
        self.rewrite(self.bodies, register_id=register_id)

    def seal(self, path: Path, started: chain.Position, by: str = "engine") -> Finished:
        """Seal a run's folder as it is; return the entry of its end."""
        record = Record.model_validate_json((path / "record.json").read_bytes())
        objectives = RunFolder.read(path).planned.objectives
        about = seal.statement(path, record, objectives, started)
        sealing = seal.sealed(about, (self.key,))
        write_envelope(path / seal.SEAL, sealing)
        write_envelope(path / seal.TEST_RESULT, seal.sealed(seal.result_statement(about, record), (self.key,)))
        (path / seal.VERIFY).write_text(by_hand.run_page(self.key.keyid), encoding="utf-8")
        return Finished(
            run=record.run,
            verdict=record.verdict,
            record_sha256=hashlib.sha256((path / "record.json").read_bytes()).hexdigest(),
            journal_sha256=record.journal.sha256,
            statement_sha256=hashlib.sha256(sealing.content).hexdigest(),
            by="sweep" if by == "sweep" else "engine",
        )


def write_envelope(path: Path, envelope: seal.Envelope) -> None:
    """Write an envelope as a run's end does."""
    path.write_text(envelope.model_dump_json(indent=2) + "\n")


def envelope_of(payload: bytes, *signers: Signer, payload_type: str = seal.PAYLOAD_TYPE) -> seal.Envelope:
    """Return any bytes in an envelope, signed."""
    signatures = seal.keys.signatures(seal.pae(payload_type, payload), signers)
    return seal.Envelope(payload=base64.b64encode(payload).decode(), payloadType=payload_type, signatures=signatures)


def derive(folder: RunFolder) -> None:
    """Write what is derived from a run's facts, and some files beside."""
    record = judge(folder)
    files = {
        "drill.yaml": f"drill: {record.drill.name}\n",
        "logs/db.log": f"{record.run}: database system is ready to accept connections\n",
        "record.json": record.model_dump_json(indent=2) + "\n",
        "report.html": html(record),
        "junit.xml": junit(record),
        "run.lock": "",
    }
    for name, content in files.items():
        (folder.path / name).parent.mkdir(exist_ok=True)
        (folder.path / name).write_text(content, encoding="utf-8")


def start_of(folder: RunFolder) -> Started:
    """Return the entry of a run's start."""
    names = set(Started.model_fields) & set(RunPlanned.model_fields)
    shared = {name: getattr(folder.planned, name) for name in names}
    return Started.model_validate({**shared, "control": folder.planned.expect is not None})


def runs() -> dict[str, SyntheticRun]:
    """Return the runs by name."""
    failed, caught, aborted = healthy_run(), healthy_run(), healthy_run()
    for run in (failed, caught):
        run.ledger.lose(-3, 0)
        planned(run, rpo_s=1)
    caught.change(RunPlanned, expect=Expectation(verdict=Verdict.FAIL, by=("rpo",)), sabotage=("stop-archiving",))
    aborted.drop(RunFinished)
    aborted.add(10.0, RunAborted(because="its engine died", by="sweep"))
    return dict(zip(NAMES, (healthy_run(), failed, caught, aborted), strict=True))


def sealed_evidence(directory: Path) -> SealedEvidence:
    """Make the directory with its runs."""
    made = SealedEvidence(directory, FreshKey())
    register = SyntheticRegister(directory, made.key)
    for name, run in runs().items():
        run.change(RunPlanned, run=RUNS[name])
        folder = run.save(made.folder(name))
        derive(folder)
        started = register.append(start_of(folder))
        register.append(made.seal(folder.path, started, "sweep" if name == "aborted" else "engine"))
    return made
