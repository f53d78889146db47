"""The register between processes: several at once, killed ones, a disk that is full or cannot be written."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from synthetic_records import PASSED
from synthetic_registers import FreshKey, SyntheticRegister

from orchestrator import app, registering
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.key_files import KeyFiles
from orchestrator.adapters.people_file import PeopleFile
from orchestrator.adapters.register_file import RegisterFile
from orchestrator.adapters.run_folders import RunFolders
from orchestrator.core.errors import EvidenceError
from reports import seal
from reports.facts.events import LabRemoved, Verdict
from reports.folder import RunFolder
from reports.record import Record
from reports.register import chain
from reports.register.entries import Missed, Repaired
from reports.register.state import State, state_of
from reports.verify.asked import Asked, pinned_keys
from reports.verify.evidence import verify

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSED = Missed(drill="d", due="2026-01-01T00:00:00Z", reason="r")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")


def state(evidence: Path) -> State:
    """Return what the register says."""
    found = chain.read(evidence / chain.NAME)
    assert found.torn == b""
    return state_of(found.entries, found.hashes)


WRITER = """
import pathlib, sys
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.register_file import RegisterFile
from reports.register.entries import Missed
register = RegisterFile(pathlib.Path(sys.argv[1]), SystemClock(), None)
for number in range(int(sys.argv[3])):
    register.append(Missed(drill=sys.argv[2], due=str(number), reason="r"))
"""


def writer(evidence: Path, name: str, entries: int) -> subprocess.Popen[bytes]:
    """Start a process that appends entries."""
    return subprocess.Popen([sys.executable, "-c", WRITER, str(evidence), name, str(entries)])


def test_two_processes_append_without_a_gap(tmp_path: Path) -> None:
    """Fifty entries each, the first of which opens the register: one chain, in each one's own order."""
    writers = [writer(tmp_path, name, 50) for name in ("a", "b")]
    assert [one.wait(60) for one in writers] == [0, 0]
    said = state(tmp_path)
    assert (len(said.missed), said.mistakes) == (100, ())
    for name in ("a", "b"):
        assert [body.due for _, body in said.missed if body.drill == name] == [str(number) for number in range(50)]


def test_a_writer_that_is_killed_breaks_nothing(tmp_path: Path) -> None:
    """Whenever it dies, the next one goes on, and what was torn is said."""
    for number in range(6):
        one = writer(tmp_path, str(number), 100_000)
        before = (tmp_path / chain.NAME).stat().st_size if number else 0
        deadline = time.monotonic() + 30
        while not (path := tmp_path / chain.NAME).exists() or path.stat().st_size < before + 3000 + 777 * number:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        one.kill()
        assert one.wait(10) == -signal.SIGKILL
    RegisterFile(tmp_path, SystemClock(), None).append(MISSED)
    said = state(tmp_path)
    assert (said.missed[-1][1], said.mistakes) == (MISSED, ())


ASKED_TO_STOP = """
import pathlib, sys
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.register_file import RegisterFile
from orchestrator.adapters.signals import StopRequests
from orchestrator.core.stops import Interrupted
from reports.register.entries import Missed
register = RegisterFile(pathlib.Path(sys.argv[1]), SystemClock(), None)
StopRequests().install()
print("ready", flush=True)
acknowledged = []
for number in range(200):
    requests = StopRequests()
    requests.install()
    try:
        with requests.heeded():
            register.append(Missed(drill="d", due=str(number), reason="r" * 5000))
            acknowledged.append(number)
    except Interrupted:
        pass
print(*acknowledged, flush=True)
sys.stdin.read()
"""


def test_a_writer_that_is_asked_to_stop_tears_nothing(tmp_path: Path) -> None:
    """However often and whenever it is interrupted: no line was begun and left, and what was acknowledged is there."""
    command = [sys.executable, "-c", ASKED_TO_STOP, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        while not select.select([process.stdout], [], [], 0.0005)[0]:
            process.send_signal(signal.SIGINT)
        acknowledged = process.stdout.readline().split()
        process.communicate("")
    said = state(tmp_path)
    there = [body.due for _, body in said.missed]
    assert (said.repairs, said.mistakes) == ((), ())
    assert set(acknowledged) <= set(there)
    assert len(acknowledged) < 200, "none was interrupted"
    assert there == sorted(there, key=int)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a file system of 64 KiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@needs_root
def test_an_entry_that_does_not_fit_leaves_the_register_as_it_was(tiny: Path) -> None:
    """Nothing torn, and a smaller entry still fits; a line that was torn before stays, for the next entry to tell."""
    register = RegisterFile(tiny, SystemClock(), FreshKey())
    register.append(MISSED)
    big = MISSED.model_copy(update={"reason": "x" * 100_000})
    for torn in (b"", b"torn" * 10):
        with register.path.open("ab") as file:
            file.write(torn)
        before = register.path.read_bytes()
        with pytest.raises(EvidenceError) as caught:
            register.append(big)
        assert caught.value.message == f"{register.path}: cannot be written: No space left on device"
        assert register.path.read_bytes() == before
    register.append(MISSED)
    assert [(body.bytes_cut, type(body)) for _, body in state(tiny).repairs] == [(40, Repaired)]
    assert state(tiny).mistakes == ()


@needs_root
def test_a_directory_that_cannot_be_written_is_named(tiny: Path) -> None:
    """A look finds it too, so that no drill starts; what is there can be read."""
    register = RegisterFile(tiny, SystemClock(), None)
    register.append(MISSED)
    subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
    for attempt in (register.check, lambda: register.append(MISSED)):
        with pytest.raises(EvidenceError) as caught:
            attempt()
        assert caught.value.message == f"{register.path}: cannot be written: Read-only file system"
    assert len(state(tiny).missed) == 1


@needs_root
def test_a_name_that_does_not_fit_leaves_the_others_as_they_were(tiny: Path) -> None:
    """And no half of a file beside them."""
    people = PeopleFile(tiny)
    people.enrol("Ann Miller")
    before = people.path.read_bytes()
    with pytest.raises(EvidenceError) as caught:
        people.enrol("x" * 100_000)
    assert caught.value.message == f"{people.path}: cannot be written: No space left on device"
    assert (people.path.read_bytes(), list(tiny.iterdir())) == (before, [people.path])


ENGINE = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[4])
from journals import PLANNED
from orchestrator import app, registering
from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.journal_file import JournalFile
from orchestrator.adapters.key_files import KeyFiles
from orchestrator.adapters.run_lock import RunLock
from reports.facts.events import RunFinished

class Mortal:
    def __init__(self, key, lives):
        self.key, self.lives = key, lives
        self.keyid, self.public_pem = key.keyid, key.public_pem

    def sign(self, data):
        if self.lives == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.lives -= 1
        return self.key.sign(data)

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
(folder / "drill.yaml").write_text("drill: a-drill")
key = Mortal(KeyFiles(pathlib.Path(sys.argv[2]), lambda: None).open(), int(sys.argv[3]))
register = registering.register_of(folder.parent.parent, key)
with RunLock(folder):
    journal, planned = JournalFile(folder, SystemClock()), PLANNED.model_copy(update={"run": folder.name})
    journal.append(planned)
    started = registering.begin(register, planned)
    journal.append(RunFinished())
    record = app.judge_and_render(folder)
    registering.end(register, folder, record, started, "engine")
"""
SIGNATURES = 6
"""Of a run that opens the register: the opening, the key, the start; the seal, the test's result, the end."""


@pytest.mark.parametrize("lives", range(SIGNATURES + 1))
def test_an_engine_that_is_killed_between_any_two_steps_leaves_a_register_that_holds(
    tmp_path: Path, lives: int
) -> None:
    """After sweep its run is there, ABORTED in register, record and seal alike; one that lived is as it was."""
    evidence, keys = tmp_path / "evidence", KeyFiles(tmp_path / "keys", lambda: None)
    keys.init(passphrase=False)
    signer = keys.open()
    assert signer is not None
    folder = evidence / "a-drill" / "20261121T060000Z-dead"
    unit = Path(__file__).parents[1] / "unit"
    command = [sys.executable, "-c", ENGINE, str(folder), str(keys.directory), str(lives), str(unit)]
    killed = subprocess.run(command, check=False, timeout=60).returncode
    assert killed == (0 if lives == SIGNATURES else -signal.SIGKILL)

    register = registering.register_of(evidence, signer)

    def begin(folder: Path) -> None:
        registering.begin_of_dead(register, folder)

    def end(folder: Path) -> None:
        registering.end_of_dead(register, folder, app.judge_and_render(folder))

    folders = RunFolders(evidence, SystemClock(), begin, end)
    removed = LabRemoved(removed={"containers": 0, "volumes": 0, "networks": 0})
    assert [folders.close(one, removed) for one in folders.unfinished()] == [True] * bool(killed)
    assert folders.unfinished() == []
    said = state(evidence)
    (row,) = said.runs
    record = json.loads((folder / "record.json").read_text())
    about = seal.stated(seal.envelope((folder / seal.SEAL).read_bytes()), seal.RecordStatement)
    verdict = Verdict.ABORTED if killed else Verdict.INCONCLUSIVE
    assert (said.mistakes, row.verdict, record["verdict"], about.predicate.verdict) == ((), *[verdict] * 3)
    assert row.finished is not None
    assert row.finished.by == ("sweep" if killed else "engine")
    assert about.subject == seal.subjects(folder)
    assert about.predicate.register_.sha256 == row.started_sha256
    outcome = verify(evidence, Asked(pinned=pinned_keys([keys.public])))
    assert (outcome.exit_code, outcome.faults) == (0, ())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on an ext4 of its own."""
    image, mounted = tmp_path / "image", tmp_path / "disk"
    image.write_bytes(b"")
    os.truncate(image, 32 * 2**20)
    mounted.mkdir()
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mounted)], check=True)
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def cut_power(disk: Path) -> None:
    """Take away what had not reached a disk, and mount what had."""
    folder = os.open(disk, os.O_RDONLY)
    fcntl.ioctl(folder, 0x8004587D, struct.pack("I", 2))  # EXT4_IOC_SHUTDOWN, without flushing its log
    os.close(folder)
    image = disk.with_name("image")
    subprocess.run(["umount", str(disk)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)


@needs_root
def test_what_is_registered_outlasts_a_power_cut(disk: Path) -> None:
    """Once the register tells of a run's end, its record and its seal are on disk as it names them."""
    evidence, register = disk / "evidence", SyntheticRegister(disk / "elsewhere")
    folder = register.add(PASSED)
    run = evidence / PASSED.drill.name / PASSED.run
    shutil.copytree(folder, run)
    (run / "steps" / "recover-1").mkdir(parents=True)
    (run / "steps" / "recover-1" / "printed.txt").write_text("ok")
    there = registering.register_of(evidence, FreshKey())
    record = Record.model_validate_json((run / "record.json").read_bytes())
    started = registering.begin(there, RunFolder.read(run).planned)
    registering.end(there, run, record, started, "engine")
    before = {file: file.read_bytes() for file in evidence.rglob("*") if file.is_file()}
    cut_power(disk)
    assert {file: file.read_bytes() for file in evidence.rglob("*") if file.is_file()} == before
