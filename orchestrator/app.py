"""The use cases: run, plan, report, list, sweep, doctor. The command line calls these; nothing is printed here."""

from __future__ import annotations

import functools
import json
import os
import secrets
import socket
import threading
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator import existing, registering
from orchestrator.core import artifacts, faults, loader
from orchestrator.core.engine import Engine
from orchestrator.core.errors import CannotRunError, UnreadableRunError
from orchestrator.core.existing_run import ExistingRun
from orchestrator.core.lab import Lab
from orchestrator.core.lab_parts import Ports, SecretValues
from orchestrator.core.tabletop_run import TabletopRun
from orchestrator.criteria import criteria
from orchestrator.preflight import plan_mistakes, refuse, require_people
from reports.facts.events import DiskProbed, Phase, PhaseStarted, Surroundings, Verdict
from reports.previous import RECORD, last_judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from orchestrator.adapters.register_file import RegisterFile
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.core.ports import Person
    from reports.facts.events import Entry
    from reports.keys import Signer
    from reports.record import Record
    from reports.register.chain import Position

DRILL, REPORT, JUNIT = "drill.yaml", "report.html", "junit.xml"


def evidence_directory(asked: Path | None = None) -> Path:
    """Return where runs are kept: as asked, else DRILLMASTER_EVIDENCE, else ./evidence."""
    return (asked or Path(os.environ.get("DRILLMASTER_EVIDENCE", "evidence"))).absolute()


@dataclass(frozen=True)
class RunOptions:
    """How a run is made, apart from what is drilled."""

    evidence: Path
    person: Person
    """Who is asked to do manual steps."""
    altered: tuple[str, ...] = ()
    """Options that mark the run ALTERED."""
    sabotage: str = ""
    """A fault to put in, by its name or its kind's: the run is a negative control then."""
    keep_lab: bool = False
    until: Phase | None = None
    observe: Callable[[Entry], None] | None = None
    heeded: Callable[[], AbstractContextManager[None]] = nullcontext
    """Lets a request to stop raise Interrupted inside it; elsewhere the run must not be cut short."""
    watch_lab: Callable[[Lab], None] | None = None
    """Called once with the lab, for a live display of its ledger."""
    signer: Signer | None = None
    """Signs what is registered and seals the run; without one it is registered only."""


@dataclass(frozen=True)
class RunResult:
    """What a run left."""

    record: Record
    folder: Path


def run_drill(name: str, overrides: Sequence[str], options: RunOptions) -> RunResult:
    """Run a drill from planning to report.

    Raises BadDrillError or CannotRunError before anything is built; Interrupted after winding up, the record written.
    """
    from orchestrator.adapters.run_lock import RunLock

    register = registering.register_of(options.evidence, options.signer)
    with options.heeded():
        loaded = existing.with_its_major(loader.load(loader.find(name), overrides))
        loaded = faults.sabotaged(loaded, options.sabotage) if options.sabotage else loaded
        if loaded.drill.tabletop:
            require_people(options.person)
        else:
            sweep(options.evidence, lambda: options.signer, spare_kept=True)
        refuse(plan_mistakes(loaded, options.evidence))
        register.check()
    folder = _new_run_folder(options.evidence, loaded.drill.drill)
    with ExitStack() as stack:
        stack.enter_context(RunLock(folder))
        lab = _lab(loaded, folder, options)
        started = _fix_criteria(lab, options, register)
        if options.watch_lab:
            options.watch_lab(lab)
        try:
            engine = TabletopRun if loaded.drill.tabletop else ExistingRun if loaded.drill.existing else Engine
            engine(lab, options.heeded, options.until, keep_lab=options.keep_lab).run()
        finally:
            record = judge_and_render(folder)
            registering.end(register, folder, record, started, "engine")
    return RunResult(record, folder)


def _new_run_folder(evidence: Path, drill: str) -> Path:
    from orchestrator.adapters.clock import SystemClock

    started = SystemClock().now().utc
    name = f"{started[:19].replace('-', '').replace(':', '')}Z-{secrets.token_hex(2)}"
    folder = evidence / drill / name
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise CannotRunError(
            f"{folder}: cannot be made: {error.strerror}",
            hint="name a directory you can write with --evidence or DRILLMASTER_EVIDENCE",
        ) from error
    return folder


def _lab(loaded: LoadedDrill, folder: Path, options: RunOptions) -> Lab:
    from orchestrator.adapters.ansible import AnsiblePlaybooks
    from orchestrator.adapters.bridge_guard import BridgeGuard
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.docker_engine import DockerEngine
    from orchestrator.adapters.journal_file import JournalFile
    from orchestrator.adapters.ledger_process import LedgerProcesses
    from orchestrator.adapters.probes import ThisMachine
    from orchestrator.adapters.region_links import RegionLinks
    from orchestrator.core import catalogue
    from reports.pictures import canvas
    from reports.redact import Redactor

    clock, values = SystemClock(), SecretValues()

    def redact(raw: bytes) -> bytes:
        return Redactor(values.all()).clean(raw)

    def observe(entry: Entry) -> None:
        # Tearing down waits for the Docker engine: what draws the report is loaded meanwhile.
        if isinstance(entry.fact, PhaseStarted) and entry.fact.phase is Phase.TEAR_DOWN:
            threading.Thread(target=canvas.load).start()
        if options.observe:
            options.observe(entry)

    ports = Ports(
        clock=clock,
        journal=JournalFile(folder, clock, redact, observe),
        machine=ThisMachine(),
        docker=DockerEngine(),
        guard=BridgeGuard(),
        links=RegionLinks(),
        playbooks=AnsiblePlaybooks(clock, redact, folder.name),
        ledgers=LedgerProcesses(),
        person=options.person,
        software=catalogue.software(),
    )
    seed = loaded.drill.seed if loaded.drill.seed is not None else secrets.randbelow(2**32)
    return Lab(loaded, folder.name, socket.gethostname(), folder, ports, seed, redact, values)


def _fix_criteria(lab: Lab, options: RunOptions, register: RegisterFile) -> Position:
    """Journal and register the criteria, before anything is built; return the place of the run's start."""
    from orchestrator.adapters import machine, probes

    artifacts.keep(lab.folder / DRILL, loader.dump(lab.loaded).encode())
    planned = criteria(lab, options.altered)
    lab.ports.journal.append(planned)
    started = registering.begin(register, planned)
    containers = {} if lab.loaded.drill.tabletop else {"docker": lab.ports.docker.describe()}
    lab.ports.journal.append(Surroundings(facts={**machine.describe(), **containers}))
    lab.ports.journal.append(DiskProbed(writes=probes.WRITES, median_s=probes.durable_write_s(lab.folder)))
    if previous := last_judged(lab.folder, planned):
        lab.ports.journal.append(previous)
    return started


def judge_and_render(folder: Path) -> Record:
    """Judge a run from its folder alone and write record, report and JUnit beside its journal.

    Raises UnreadableRunError, and EvidenceError when they cannot be written.
    """
    record = judged(folder)
    for name, kind in ((RECORD, "json"), (REPORT, "html"), (JUNIT, "junit")):
        artifacts.keep(folder / name, render(record, kind).encode())
    return record


def judged(folder: Path) -> Record:
    """Return the record of a run, re-judged from its folder; raises UnreadableRunError."""
    from reports.folder import RunFolder
    from reports.judge import judge

    with registering.reading():
        return judge(RunFolder.read(folder))


def render(record: Record, kind: str) -> str:
    """Return a record as html, json, junit or text."""
    from reports import render_html, render_junit, render_text

    if kind == "json":
        return record.model_dump_json(indent=2) + "\n"
    return {"html": render_html.html, "junit": render_junit.junit, "text": render_text.text}[kind](record)


def find_run(evidence: Path, run: str) -> Path:
    """Return a run's folder by path, by id, or `latest`; raises UnreadableRunError."""
    if (path := Path(run)).is_dir():
        return path.absolute()
    folders = run_folders(evidence)
    matching = folders[-1:] if run == "latest" else [folder for folder in folders if folder.name.startswith(run)]
    if len(matching) != 1:
        what = "no run" if not matching else f"{len(matching)} runs"
        raise UnreadableRunError(f"{evidence}: {what} named {run!r}", hint="`drillmaster runs` lists them")
    return matching[0]


def run_folders(evidence: Path) -> list[Path]:
    """Return the folders of all runs, oldest first."""
    return sorted((journal.parent for journal in evidence.glob("*/*/journal.jsonl")), key=lambda folder: folder.name)


def list_runs(evidence: Path) -> list[dict[str, str]]:
    """Return run, drill, verdict and sentence of every run, oldest first; each is judged anew.

    One whose end the register does not tell counts as ABORTED, whatever its journal says.
    """
    from orchestrator.adapters.register_file import open_runs

    unended = open_runs(evidence)
    return [_row(folder, ended=folder.name not in unended) for folder in run_folders(evidence)]


def _row(folder: Path, *, ended: bool) -> dict[str, str]:
    row = {"run": folder.name, "drill": folder.parent.name}
    try:
        record = judged(folder)
    except UnreadableRunError as error:
        return {**row, "verdict": "UNREADABLE", "sentence": error.message}
    if not ended and record.verdict is not Verdict.ABORTED:
        return {**row, "verdict": "ABORTED", "sentence": "The register does not tell of its end; sweep closes it."}
    return {**row, "verdict": record.verdict.value, "sentence": record.sentence}


def sweep(evidence: Path, signer: Callable[[], Signer | None] = lambda: None, *, spare_kept: bool = False) -> list[str]:
    """Remove what runs with a free lock left behind and close them as ABORTED; return a line for each.

    `signer` is asked when the first run is closed.
    """
    from orchestrator.adapters.ansible import AnsiblePlaybooks
    from orchestrator.adapters.bridge_guard import BridgeGuard
    from orchestrator.adapters.clock import SystemClock
    from orchestrator.adapters.docker_engine import DockerEngine
    from orchestrator.adapters.region_links import RegionLinks
    from orchestrator.adapters.run_folders import RunFolders
    from orchestrator.core.sweep import Sweep

    @functools.cache
    def register() -> RegisterFile:
        return registering.register_of(evidence, signer())

    def begin(folder: Path) -> None:
        registering.begin_of_dead(register(), folder)

    def end(folder: Path) -> None:
        registering.end_of_dead(register(), folder, judge_and_render(folder))

    clock = SystemClock()
    swept = Sweep(
        docker=DockerEngine(),
        guard=BridgeGuard(),
        links=RegionLinks(),
        playbooks=AnsiblePlaybooks(clock, redact=bytes),
        folders=RunFolders(evidence, clock, begin, end),
        clock=clock,
        host=socket.gethostname(),
    )
    return [str(one) for one in swept.run(spare_kept=spare_kept)]


def generated_files() -> dict[Path, str]:
    """Return every generated file of the project with the content it should have."""
    from orchestrator.core import catalogue
    from reports import record

    schema = json.dumps(record.schema(), indent=1) + "\n"
    return catalogue.generated() | {Path(record.__file__).with_name("record.schema.json"): schema}


def exit_code(record: Record, *, raw: bool = False) -> int:
    """Return the process's exit code: for a negative control whether it was caught, unless `raw`."""
    if record.control is not None and not raw and record.verdict is not Verdict.ABORTED:
        return 0 if record.control.caught else 1
    return {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3, Verdict.ABORTED: 4}[record.verdict]
