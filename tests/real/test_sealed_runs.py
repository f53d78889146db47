"""Real runs in a register: begun there before anything is built, sealed at their end, and held by `verify`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from harm import DRILL, Run, docker_objects, working_place

from orchestrator.adapters.key_files import KeyFiles
from reports import seal
from reports.facts import journal
from reports.facts.events import Phase, PhaseStarted, Verdict
from reports.register import chain
from reports.register.entries import Finished, KeyRotated, Opened, Started
from reports.register.state import state_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harm import Place

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield where these runs work."""
    with working_place(tmp_path_factory.mktemp("sealed")) as place:
        yield place


@pytest.fixture(scope="module")
def runs(place: Place) -> tuple[Run, Run]:
    """Return a run that was made before there was a key, and one after."""
    before = place.run("before", "", "--until", "provision")
    assert before.exit_code() == 4, before.stderr
    KeyFiles(place.keys, lambda: None).init(passphrase=False)
    after = place.run("after")
    assert after.exit_code() == 0, after.stdout
    return before, after


def digest(path: Path) -> str:
    """Return a file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_runs_are_registered_with_a_key_or_without(place: Place, runs: tuple[Run, Run]) -> None:
    """The key is named where it begins to sign; each run's end holds the digests of what it left."""
    before, after = runs
    found = chain.read(place.evidence / chain.NAME)
    said = state_of(found.entries, found.hashes)
    assert [type(entry.body) for entry in found.entries] == [Opened, Started, Finished, KeyRotated, Started, Finished]
    assert [len(entry.signed) for entry in found.entries] == [0, 0, 0, 1, 1, 1]
    assert [(row.run, row.verdict) for row in said.runs] == [
        (before.folder.name, Verdict.ABORTED),
        (after.folder.name, Verdict.PASS),
    ]
    for run, row in zip(runs, said.runs, strict=True):
        _, end = journal.read(run.folder / journal.NAME)
        assert row.finished is not None
        assert (row.finished.record_sha256, row.finished.journal_sha256) == (
            digest(run.folder / "record.json"),
            end.head,
        )
        assert row.started.drill_sha256 == run.record()["drill"]["sha256"]
    assert said.mistakes == ()


def test_a_start_is_registered_before_anything_is_built(place: Place, runs: tuple[Run, Run]) -> None:
    """Its time lies between the criteria and the first phase."""
    said = chain.read(place.evidence / chain.NAME)
    for run, row in zip(runs, state_of(said.entries, said.hashes).runs, strict=True):
        entries, _ = journal.read(run.folder / journal.NAME)
        (provision,) = (entry.at for entry in entries if entry.fact == PhaseStarted(phase=Phase.PROVISION))
        assert entries[0].at.utc < row.started_at < provision.utc


def test_a_run_without_a_key_says_that_it_is_not_sealed(runs: tuple[Run, Run]) -> None:
    """In its last lines, with what makes a key; a sealed one does not."""
    before, after = runs
    assert before.stdout.endswith("/report.html\nnot sealed: there is no signing key\nhint: drillmaster keys init\n")
    assert after.stdout.endswith("/report.html\n")
    sealed = {"seal.json", "test-result.json", "VERIFY.md"}
    assert [sealed & {path.name for path in run.folder.iterdir()} for run in runs] == [set(), sealed]


def test_a_stranger_verifies_a_sealed_run(place: Place, runs: tuple[Run, Run]) -> None:
    """With the public key alone; and all that the run left, however deep, is under the seal."""
    _, after = runs
    done = place.drillmaster("verify", str(after.folder), "--trust", str(place.keys / "signing-key.pub"))
    assert done.returncode == 0, done.stdout
    about = seal.stated(seal.envelope((after.folder / seal.SEAL).read_bytes()), seal.RecordStatement)
    named = {subject.name for subject in about.subject}
    there = {path.relative_to(after.folder).as_posix() for path in after.folder.rglob("*") if path.is_file()}
    assert there - named == {"seal.json", "test-result.json", "VERIFY.md", "run.lock"}
    assert {"journal.jsonl", "record.json", "drill.yaml", "ledger/db/closed.json", "logs/db.log"} <= named


def test_a_run_that_cannot_be_registered_does_not_begin(place: Place, runs: tuple[Run, Run]) -> None:
    """Another key than the register's: nothing is built, no folder is made, and the register stays as it was."""
    assert runs
    KeyFiles(place.home / "foreign", lambda: None).init(passphrase=False)
    before = (place.evidence / chain.NAME).read_bytes()
    drill = place.file("foreign.yaml", DRILL.format(name="foreign"))
    done = place.drillmaster("run", str(drill), DRILLMASTER_KEYS=str(place.home / "foreign"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{place.evidence}/register.jsonl: its entries are signed by key ")
    assert not (place.evidence / "foreign").exists()
    assert (place.evidence / chain.NAME).read_bytes() == before
    assert docker_objects("foreign") == []
