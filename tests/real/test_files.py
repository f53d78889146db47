"""A file service in a lab: its type, the ledger's client of it, its playbooks with restic, and what sabotages them."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import docker
import pytest
from labs import postgres_lab as lab_of

from orchestrator.core.errors import NotReadyError, StepFailedError
from orchestrator.core.files import DRILLS, PLAYBOOKS
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.checks.files_content import FilesContent
from orchestrator.kinds.sabotage.corrupt_pack import CorruptPack
from orchestrator.kinds.sabotage.stop_snapshots import StopSnapshots
from orchestrator.kinds.sabotage.swap_key import SwapKey
from orchestrator.kinds.sabotage.tamper_files import TamperFiles
from orchestrator.ledger.clients import AttemptFailedError, Identity
from orchestrator.ledger.clients.files import FilesClient
from orchestrator.software.files import LEDGER, OWN, ROOT, Files
from reports.facts.events import State, TargetSet
from reports.facts.ledger import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.kind import Sabotage
    from orchestrator.core.lab import Lab

FILES = Files()
CHECK = FilesContent(service="files")
BACK_UP, RESTORE = "back-up-with-restic.yml", "restore-with-restic.yml"
# No snapshot but those that a test takes.
OVER = "objectives: {rpo: 1s}\nlab: {services: {files: {settings: {back_up_every: 0, client_max_body_size: 1k}}}}"
KEY, DEPOSIT = "/etc/restic/key", "/srv/keys/files"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return the drill's lab with two reports, a ledger of two files, and a first snapshot; as remembered."""
    with lab_of(tmp_path_factory.mktemp("files"), OVER, DRILLS / "files-volume-loss.yaml") as lab:
        sh(
            lab,
            f"mkdir {ROOT}/reports && cd {ROOT}/reports && echo one > 1.txt && echo two > 2.txt && chmod 0600 2.txt",
        )
        FILES.prepare_ledger(lab.access("files"))
        with client(lab) as writer:
            writer.write(Row(0, 1, -5), soon())
            writer.write(Row(3, 250, 7), soon())
        play(lab, BACK_UP)
        CHECK.remember(lab)
        yield lab


def sh(lab: Lab, command: str, service: str = "files") -> str:
    """Run a command that must succeed; return what it printed."""
    done = lab.execute(service, ["sh", "-c", command])
    assert done.exit_code == 0, done.output
    return done.output


def soon() -> int:
    """Return a deadline that a healthy server keeps."""
    return time.monotonic_ns() + 2_000_000_000


@contextmanager
def client(lab: Lab) -> Iterator[FilesClient]:
    """Yield a client that is connected."""
    access = lab.access("files")
    made = FilesClient(user=access.user, database="", password=access.password)
    made.connect((access.host, access.port), soon())
    try:
        yield made
    finally:
        made.close()


def play(lab: Lab, name: str, **settings: object) -> None:
    """Run one of the playbooks."""
    run_playbook(lab, PLAYBOOKS / name, settings, timeout_s=120)


def refused(lab: Lab, name: str, **settings: object) -> str:
    """Run one of the playbooks, and return how it failed."""
    with pytest.raises(StepFailedError) as caught:
        play(lab, name, **settings)
    return caught.value.message


# -- the type ---------------------------------------------------------------------------------------------------------


def test_the_password_is_in_no_environment_and_no_process_list(lab: Lab) -> None:
    """Nor is the key; the server knows a salted digest of the password."""
    exposed = sh(lab, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ /run/files/htpasswd | tr '\\0' ' '")
    assert "nginx" in exposed
    assert "{SSHA}" in exposed
    assert lab.secrets.value("files", "password") not in exposed
    assert sh(lab, f"cat {KEY}").strip() not in exposed


def test_it_says_what_it_is_and_how_it_is_set(lab: Lab) -> None:
    """What bounds the loss is told by itself."""
    access = lab.access("files")
    assert FILES.version(access).startswith("1.")
    assert FILES.settings(access) == {"back_up_every": "0", "client_max_body_size": "1k"}
    assert FILES.bounding_settings(access) == {"back_up_every": "0"}
    assert FILES.data_file(access, "reports/1.txt").path == f"{ROOT}/reports/1.txt"


def test_its_clock_is_read_at_a_tick(lab: Lab) -> None:
    """Thousandths are told, and the one that has just begun was awaited: the reading lies within the question."""
    before = datetime.now(UTC)
    told = datetime.fromisoformat(FILES.server_time(lab.access("files")))
    assert before <= told <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("harm", "says", "undo"),
    [
        (f"chmod a-w {ROOT}{OWN}", "PUT /drillmaster/probe: HTTP 500 Internal Server Error", f"chmod u+w {ROOT}{OWN}"),
        (
            f"mv {ROOT}{LEDGER}/* /srv/.incoming",
            "it takes writes, but not on the files of before: /drillmaster/ledger is empty",
            f"mv /srv/.incoming/* {ROOT}{LEDGER}",
        ),
        (
            f"mv {ROOT}{LEDGER} /srv/aside",
            "GET /drillmaster/ledger/: HTTP 404 Not Found",
            f"mv /srv/aside {ROOT}{LEDGER}",
        ),
    ],
    ids=["read-only", "empty", "without the ledger"],
)
def test_who_takes_no_writes_or_lost_the_ledger_is_not_ready(lab: Lab, harm: str, says: str, undo: str) -> None:
    """An answer is not enough."""
    FILES.probe(lab.access("files"), history=True)
    sh(lab, harm)
    try:
        with pytest.raises(NotReadyError) as caught:
            FILES.probe(lab.access("files"), history=True)
    finally:
        sh(lab, undo)
    assert caught.value.message == says


def test_the_ledgers_folder_is_made_once(lab: Lab) -> None:
    """What another ledger wrote is nobody's to go on with."""
    with pytest.raises(StepFailedError, match=r"^MKCOL /drillmaster/ledger: HTTP 405 Method Not Allowed$"):
        FILES.prepare_ledger(lab.access("files"))


# -- the ledger's client ----------------------------------------------------------------------------------------------


def test_what_was_written_is_read_back(lab: Lab) -> None:
    """Each write is one file, found by listing; there is no position."""
    rows: list[Row] = []
    with client(lab) as reader:
        reader.read(soon(), expect_row=True)
        assert reader.read_all(rows.append, 2_000_000_000) is None
    assert sorted(rows) == [Row(0, 1, -5), Row(3, 250, 7)]


@pytest.mark.parametrize(
    ("harm", "undo", "definite", "status"),
    [
        (f"mkdir {ROOT}{LEDGER}/3/2/251", f"rmdir {ROOT}{LEDGER}/3/2/251", True, "409"),
        (f"chmod a-w {ROOT}{LEDGER}/3/2", f"chmod u+w {ROOT}{LEDGER}/3/2", False, "500"),
    ],
    ids=["a folder in its place", "a disk that only reads"],
)
def test_a_definite_no_is_told_from_a_doubt(lab: Lab, harm: str, undo: str, definite: bool, status: str) -> None:  # noqa: FBT001 - a case
    """Here both leave nothing; but what answers 500 may have broken down when the file was there already."""
    sh(lab, harm)
    try:
        with client(lab) as writer, pytest.raises(AttemptFailedError) as caught:
            writer.write(Row(3, 251, 1), soon())
    finally:
        sh(lab, undo)
    assert (caught.value.definite, caught.value.sqlstate) == (definite, status)
    assert sh(lab, f"ls {ROOT}{LEDGER}/3/2") == "250\n"


def test_a_frozen_server_leaves_a_doubt_at_the_deadline(lab: Lab) -> None:
    """To the millisecond, without a thread to watch it."""
    engine = docker.from_env()
    with client(lab) as writer:
        lab.pause("files")
        try:
            began = time.monotonic_ns()
            with pytest.raises(AttemptFailedError) as caught:
                writer.write(Row(9, 1, 1), began + 300_000_000)
            took = time.monotonic_ns() - began
        finally:
            engine.containers.get(lab.container("files")).unpause()
            engine.close()
    assert not caught.value.definite
    assert 300_000_000 <= took < 500_000_000
    time.sleep(0.2)
    sh(lab, f"rm -rf {ROOT}{LEDGER}/9")


def test_a_restart_is_another_epoch_of_the_same_files(lab: Lab) -> None:
    """The name of the files stays; the start does not."""
    first = who(lab)
    lab.kill("files")
    lab.start("files", 30.0)
    second = who(lab)
    assert (first.system_identifier, first.timeline) == (second.system_identifier, second.timeline)
    assert first.server_started < second.server_started


def who(lab: Lab) -> Identity:
    """Return who answers."""
    access = lab.access("files")
    made = FilesClient(user=access.user, database="", password=access.password)
    try:
        return made.connect((access.host, access.port), soon())
    finally:
        made.close()


# -- restic -----------------------------------------------------------------------------------------------------------


def test_a_backup_once_more_adds_a_snapshot_and_replaces_no_key(lab: Lab) -> None:
    """The key is where it was and in the escrow, readable by root alone, and nowhere in the run's folder."""
    key = sh(lab, f"cat {KEY}")
    play(lab, BACK_UP)
    assert lab.handed_back["drill_backup"]["type"] == "snapshot"
    assert sh(lab, f"cat {KEY}") == sh(lab, f"cat {DEPOSIT}", "escrow") == key
    assert sh(lab, f"stat --format=%a%u {DEPOSIT}", "escrow") == "6000\n"
    texts = [file.read_bytes() for file in lab.folder.rglob("*") if file.is_file()]
    assert texts
    assert not [text for text in texts if key.strip().encode() in text]


def test_an_escrow_with_another_key_and_a_repository_without_one_are_refused(lab: Lab) -> None:
    """Before anything is backed up that nobody could restore."""
    sh(lab, f"cp {DEPOSIT} /srv/aside; echo other > {DEPOSIT}", "escrow")
    assert "another key than the one in use" in refused(lab, BACK_UP)
    sh(lab, f"mv /srv/aside {DEPOSIT}", "escrow")
    sh(lab, f"mv {KEY} /etc/restic/aside")
    assert "there is a repository, and no key to it here" in refused(lab, BACK_UP)
    sh(lab, f"mv /etc/restic/aside {KEY}")


SABOTAGE = [TamperFiles(service="files", how=how) for how in ("remove", "alter", "permissions", "owner")]


@pytest.mark.parametrize("sabotage", SABOTAGE, ids=lambda sabotage: sabotage.how)
def test_a_file_tampered_with_is_found(lab: Lab, sabotage: Sabotage) -> None:
    """And nothing but it."""
    aside = "/srv/aside"
    sh(lab, f"cp --archive {ROOT} {aside}")
    assert [finding.state for finding in CHECK.look(lab)] == [State.HELD]
    done = sabotage.spoil(lab)
    [found] = CHECK.look(lab)
    sh(lab, f"rm -r {ROOT} && mv {aside} {ROOT}")
    assert (done.state, found.state) == (State.HELD, State.VIOLATED)
    assert sum(found.seen["counts"].values()) == 1
    assert str(done.seen["path"]).removeprefix(f"{ROOT}/") in found.says


def test_files_come_back_with_the_key_from_the_escrow(lab: Lab) -> None:
    """To the newest snapshot or to a moment; a tree that holds anything, a wrong key and no snapshot are refused."""
    between = datetime.now(UTC).isoformat()
    with client(lab) as writer:
        writer.write(Row(0, 2, 8), soon())
    play(lab, BACK_UP)
    assert f"{ROOT}: holds files: move them away first" in refused(lab, RESTORE)
    lab.destroy_volume("files", "data")
    lab.replace("files")
    sh(lab, f"mv {DEPOSIT} /srv/aside", "escrow")
    assert f"escrow: {DEPOSIT}: holds no key" in refused(lab, RESTORE)
    sh(lab, f"echo other > {DEPOSIT}", "escrow")
    assert "the escrow's key does not open /var/lib/restic: Fatal: wrong password" in refused(lab, RESTORE)
    sh(lab, f"echo another > {KEY}")
    assert f"{KEY}: another key than the escrow's" in refused(lab, RESTORE)
    assert sh(lab, f"cat {KEY}; ls /etc/restic") == "another\nkey\n"
    sh(lab, f"rm {KEY}")
    sh(lab, f"mv /srv/aside {DEPOSIT}", "escrow")
    lab.target = TargetSet(mode="time", server_time="2020-01-01T00:00:00+00:00")
    assert "no snapshot was taken before the target" in refused(lab, RESTORE)
    lab.target = TargetSet(mode="time", server_time=between)
    play(lab, RESTORE)
    assert sh(lab, f"ls {ROOT}{LEDGER}/0/0") == "1\n"
    sh(lab, f"rm -r {ROOT}")
    lab.target = TargetSet(mode="latest")
    play(lab, RESTORE)
    lab.start("files", 30.0)
    assert sh(lab, f"ls {ROOT}{LEDGER}/0/0") == "1\n2\n"
    [finding] = CHECK.look(lab)
    assert finding.state == State.HELD, finding


def test_a_key_that_is_not_the_repositorys_does_not_open_it(lab: Lab) -> None:
    """The sabotage is confirmed by the repository itself."""
    kept = sh(lab, f"cat {DEPOSIT}", "escrow").strip()
    finding = SwapKey(service="files").spoil(lab)
    sh(lab, f"echo {kept} > {DEPOSIT}", "escrow")
    assert (finding.state, finding.seen) == (State.HELD, {"opened_before": True, "opens_after": False})


def test_a_timer_that_waits_takes_no_snapshot(lab: Lab) -> None:
    """Nor does anybody else: the newest one gets old."""
    finding = StopSnapshots(service="files", ago="1500ms").spoil(lab)
    assert finding.state == State.HELD, finding
    assert float(str(finding.seen["age_s"])) > 1.5


def test_another_byte_in_a_pack_is_found_by_its_check(lab: Lab) -> None:
    """The pack holds files that are compared."""
    finding = CorruptPack(service="files").spoil(lab)
    assert finding.state == State.HELD, finding
    assert int(str(finding.seen["compared_files"])) > 0
    done = lab.execute("files", ["restic", "check", "--no-lock", "--read-data-subset=100%"])
    assert (done.exit_code, "does not match" in done.output or "invalid" in done.output.lower()) == (1, True), (
        done.output
    )
