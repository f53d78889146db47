"""Evidence directories as drills leave them, made in milliseconds: runs in a register, sealed by a fresh key or not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import synthetic_records
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.adapters.key_files import SigningKey
from reports import seal
from reports.facts import journal
from reports.facts.events import Instant, Objectives, RunFinished, RunPlanned, Verdict
from reports.population import Sources
from reports.record import JournalHead
from reports.register import chain
from reports.register.entries import AnyBody, Finished, KeyRotated, Opened, Started
from reports.register.state import State, state_of
from reports.render_html import html
from reports.render_junit import junit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reports import keys
    from reports.record import Record
    from reports.register.state import RunRow

REGISTER_ID = "5eed" * 8
OPENED = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
OBJECTIVES = Objectives(rto_s=120.0, rpo_s=5.0, give_up_s=600.0)


def started(run: str = "r1", *, drill: str = "d", control: bool = False) -> Started:
    """Return a run's start."""
    return Started(
        run=run,
        drill=drill,
        system="s",
        drill_sha256="aa",
        objectives=OBJECTIVES,
        operator="o",
        trigger="manual",
        control=control,
    )


def finished(run: str = "r1", verdict: Verdict = Verdict.PASS, by: Literal["engine", "sweep"] = "engine") -> Finished:
    """Return a run's end."""
    return Finished(run=run, verdict=verdict, record_sha256="bb", journal_sha256="cc", by=by)


@dataclass(frozen=True)
class FreshKey(SigningKey):
    """A key that nobody else has."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)


@dataclass
class SyntheticRegister:
    """A register in `evidence`, appended to as the real one is, but for its clock: an entry a minute."""

    evidence: Path
    key: FreshKey | None = None
    position: chain.Position = field(default_factory=lambda: chain.Position(REGISTER_ID))

    def __post_init__(self) -> None:
        self.evidence.mkdir(parents=True, exist_ok=True)
        self.append(Opened(version="0.1.0"), signers=())
        if self.key:
            self.append(KeyRotated(old="", new=self.key.keyid, public_pem=self.key.public_pem))

    @property
    def signer(self) -> FreshKey | None:
        """Return what signs the entries."""
        return self.key

    @property
    def path(self) -> Path:
        """Return its file."""
        return self.evidence / chain.NAME

    def append(self, body: AnyBody, signers: Sequence[keys.Signer] | None = None) -> chain.Position:
        """Append one entry, signed by the register's key unless told otherwise; return its position."""
        at = (OPENED + timedelta(minutes=self.position.seq)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        with_own = (self.key,) if self.key else ()
        raw, self.position = chain.line(self.position, body, at, with_own if signers is None else signers)
        with self.path.open("ab") as file:
            file.write(raw)
        return self.position

    def state(self) -> State:
        """Return what the register says, read from its file."""
        found = chain.read(self.path)
        return state_of(found.entries, found.hashes)

    def start(self, record: Record) -> chain.Position:
        """Append the start of a record's run."""
        return self.append(
            Started(
                run=record.run,
                drill=record.drill.name,
                system=record.drill.system,
                drill_sha256=record.drill.sha256,
                objectives=OBJECTIVES,
                operator=record.operator,
                trigger=record.trigger,
                control=record.control is not None,
            )
        )

    def finish(self, folder: Path, record: Record, started: chain.Position) -> Finished:
        """Seal a run's folder if there is a key, and append its end."""
        statement_sha256 = seal_folder(folder, record, started, self.key) if self.key else ""
        body = Finished(
            run=record.run,
            verdict=record.verdict,
            record_sha256=hashlib.sha256((folder / "record.json").read_bytes()).hexdigest(),
            journal_sha256=record.journal.sha256,
            statement_sha256=statement_sha256,
            by="engine",
        )
        self.append(body)
        return body

    def add(self, record: Record) -> Path:
        """Add a whole run, from its start to its end; return its folder."""
        folder = self.evidence / record.drill.name / record.run
        started = self.start(record)
        self.finish(folder, write_run(folder, record), started)
        return folder


def sources(register: SyntheticRegister, names: Mapping[str, str] = MappingProxyType({})) -> Sources:
    """Return the run folders beside a register, and names of people by id, as what the register does not hold."""

    def record_of(row: RunRow) -> bytes | None:
        file = register.evidence / row.drill / row.run / "record.json"
        return file.read_bytes() if file.exists() else None

    ids = {name: person for person, name in names.items()}
    return Sources(record_of, names, lambda name: ids.get(name, ""))


def evidence(directory: Path, runs: int = 4, key: FreshKey | None = None) -> SyntheticRegister:
    """Make an evidence directory with so many runs: passed, failed, negative control, aborted, and round again."""
    register = SyntheticRegister(directory, key)
    for number, record in enumerate(islice(cycle(synthetic_records.RECORDS), runs)):
        register.add(record.model_copy(update={"run": f"20261101T{number:06}Z-{number:04x}"}))
    return register


def write_run(folder: Path, record: Record) -> Record:
    """Write the files of a run; return the record as written, with the hash of the journal beside it.

    The journal is a real one and holds the criteria alone: judged again it would give another record. Runs that
    judge to their own records are made by `unit/synthetic_runs.py`.
    """
    folder.mkdir(parents=True)
    planned = RunPlanned(
        run=record.run,
        drill=record.drill.name,
        title=record.drill.title,
        system=record.drill.system,
        owner=record.drill.owner,
        effective_drill={"drill": record.drill.name},
        drill_sha256=record.drill.sha256,
        objectives=OBJECTIVES,
        seed=record.seed,
        recover_to=record.recover_to,
        procedures=record.procedures,
        version=record.version,
        operator=record.operator,
    )
    first, begun = journal.Chain().line(planned, Instant(monotonic_ns=1, utc=record.started_utc))
    last, ended = begun.line(RunFinished(), Instant(monotonic_ns=2, utc=record.ended_utc or record.started_utc))
    written = record.model_copy(update={"journal": JournalHead(sha256=ended.head, entries=ended.seq)})
    files = {
        journal.NAME: first + last,
        "drill.yaml": f"drill: {record.drill.name}\n".encode(),
        "record.json": written.model_dump_json(indent=2).encode() + b"\n",
        "report.html": html(written).encode(),
        "junit.xml": junit(written).encode(),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return written


def seal_folder(folder: Path, record: Record, started: chain.Position, key: keys.Signer) -> str:
    """Write the seal and the test result of a run; return the digest of the sealed statement."""
    statement = seal.statement(folder, record, OBJECTIVES, started)
    sealing = seal.sealed(statement, (key,))
    result = seal.sealed(seal.result_statement(statement, record), (key,))
    for name, one in ((seal.SEAL, sealing), (seal.TEST_RESULT, result)):
        (folder / name).write_text(one.model_dump_json(indent=2) + "\n")
    return hashlib.sha256(sealing.content).hexdigest()
