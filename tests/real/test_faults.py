"""Bad input and faults: the right exit code and words, a record where one can be, and nothing left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker
import pytest
from harm import DRILL, ROOT, until, working_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from harm import Place, Run

pytestmark = pytest.mark.alone

SEVERAL_MISTAKES = """
extends: {root}/drills/postgres-crash.yaml
drill: bad
objectives: {{rto: 30 parsecs}}
disaster: [kil-service: db]
recover: [start: dbb, playbook: nowhere.yml]
checks: [postgres-writable: {{servce: db}}]
ownr: me
"""
WITHOUT_OBJECTIVES = """
drill: bad
title: Nothing is promised
system: orders
owner: me
objectives: {}
lab: {services: {db: {type: postgres, image: nowhere}}}
workload: [ledger: db]
disaster: [kill-service: db]
recover: [start: db]
checks: [postgres-writable: db]
"""
BAD = {
    "several mistakes": (
        SEVERAL_MISTAKES.format(root=ROOT),
        [
            "bad.yaml:4: objectives.rto",
            "bad.yaml:5: disaster.0",
            "bad.yaml:6: recover.0.start.service",
            "bad.yaml:6: recover.1.playbook.playbook",
            "bad.yaml:7: checks",
            "bad.yaml:7: checks.0.postgres-writable.servce",
            "bad.yaml:7: checks.0.postgres-writable.service",
            "bad.yaml:8: ownr",
        ],
    ),
    "broken YAML": ("drill: [unclosed\ntitle: x: y\n", ["bad.yaml:2: broken YAML at column 6"]),
    "no objectives, no content check": (
        WITHOUT_OBJECTIVES,
        ["bad.yaml:6: objectives.rpo", "bad.yaml:6: objectives.rto", "bad.yaml:11: checks"],
    ),
    "one megabyte": (
        "# " + "x" * 1_000_000 + DRILL,
        ["bad.yaml: has 977 KiB; a drill file may have 256"],
    ),
}
"""Text, and the places of its mistakes: the words for them are the loader's."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield where all these runs work."""
    with working_place(tmp_path_factory.mktemp("faults")) as place:
        yield place


@pytest.mark.parametrize("name", BAD)
def test_a_bad_drill_is_refused_with_all_its_mistakes(place: Place, name: str) -> None:
    """Exit code 2, each mistake on its line, and nothing built: not even the evidence directory."""
    text, mistakes = BAD[name]
    place.file("bad.yaml", text)
    done = place.drillmaster("run", "bad.yaml", DRILLMASTER_EVIDENCE=str(place.home / "never"))
    places = [": ".join(line.split(": ")[:2]) for line in done.stderr.splitlines()]
    assert (done.returncode, done.stdout, places) == (2, "", mistakes)
    assert not (place.home / "never").exists()


def test_without_an_engine_no_drill_begins(place: Place) -> None:
    """Exit code 2, and a hint."""
    done = place.drillmaster("run", "postgres-crash", DOCKER_HOST=f"unix://{place.home}/nothing.sock")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "reach the engine: no Docker engine answers: No such file or directory\n"
        "hint: start Docker, let `make setup` install it, or name another engine with DOCKER_HOST; "
        "where permission is denied, join the group `docker`\n"
    )


def test_plan_tells_what_an_image_lacks(place: Place) -> None:
    """Exit code 2; every tool that is missing, and who needs it."""
    image = "drillmaster/base:bookworm"
    done = place.drillmaster("plan", "postgres-volume-loss", "--set", f"lab.services.db.image={image}")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            f"image {image} lacks /usr/bin/python3, which back-up-with-pgbackrest.yml needs",
            f"image {image} lacks pg_ctl, which restore-with-pgbackrest.yml needs",
            f"image {image} lacks pgbackrest, which back-up-with-pgbackrest.yml needs",
            f"image {image} lacks postgres, which restore-with-pgbackrest.yml needs",
            f"image {image} lacks python3, which no-egress needs",
            f"image {image} lacks sudo, which back-up-with-pgbackrest.yml needs",
        ],
    )


# -- drills that go wrong in the middle; several run at once, for waiting is most of what they do ----------------------

FAILING = """
- hosts: postgres
  gather_facts: false
  tasks:
    - name: Restore what is not there
      ansible.builtin.command: ls /nowhere
"""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a drill, and what must come of it."""

    changes: str
    exit_code: int
    finding: str
    state: str
    says: str
    """How the finding's sentence begins."""


FAULTS = {
    "no-image": Fault(
        "lab: {services: {db: {image: 'nowhere.invalid/none:1'}}}\n",
        3,
        "provisioned",
        "unknown",
        "The lab could not be built: provision failed: db: image nowhere.invalid/none:1 is neither here nor in a "
        "registry that answers (hint: `make setup` builds drillmaster's own; build or load another under that name, "
        "or name its Dockerfile's folder with `build:`)",
    ),
    "no-tools": Fault(
        "lab: {services: {db: {image: 'drillmaster/base:bookworm'}}}\n"
        "protect: [{playbook: back-up-with-pgbackrest.yml}]\n",
        3,
        "provisioned",
        "unknown",
        "The lab could not be built: provision failed: image drillmaster/base:bookworm lacks /usr/bin/python3, which "
        "back-up-with-pgbackrest.yml needs; image drillmaster/base:bookworm lacks pgbackrest, which "
        "back-up-with-pgbackrest.yml needs; image drillmaster/base:bookworm lacks sudo, which "
        "back-up-with-pgbackrest.yml needs (hint: name an image that has all of it, as those that `make setup` builds "
        "have)",
    ),
    "bad-setting": Fault(
        "lab: {services: {db: {settings: {shared_buffers: nonsense}}}}\n",
        3,
        "provisioned",
        "unknown",
        "The lab could not be built: provision failed: db: not ready, for its container ended with exit code 1: ",
    ),
    "failing-playbook": Fault(
        "recover: [{start: db}, {playbook: failing.yml}]\n",
        1,
        "recovery-step",
        "violated",
        "Recovery failed: playbook: failing.yml failed: failing.yml: task 'Restore what is not there' failed on db: "
        "exit code 2 | ls: cannot access '/nowhere': No such file or directory",
    ),
    "hanging-playbook": Fault(
        "recover: [{start: db}, {playbook: {playbook: hanging.yml, timeout: 8s}}]\n",
        1,
        "recovery-step",
        "violated",
        "Recovery failed: playbook: hanging.yml timed-out: hanging.yml did not end within 8 s, "
        "in task 'Wait for ever' on db",
    ),
    "ended-container": Fault(
        "recover: [{command: {service: db, run: 'true'}}]\n",
        1,
        "recovery-step",
        "violated",
        "Recovery failed: command: true failed: db: its container is not running, so sh cannot run there",
    ),
    "dead-ledger": Fault(
        "",
        3,
        "disaster-confirmed",
        "unknown",
        "There was no disaster: steady failed: db: the ledger's process is gone",
    ),
    "vanished-container": Fault(
        "protect: [{playbook: hanging.yml}]\n",
        1,
        "protect-step",
        "violated",
        "Protection failed: playbook: hanging.yml",
    ),
}
AT_ONCE = 3


@pytest.fixture(scope="module")
def faulty(place: Place) -> Iterator[dict[str, Future[Run]]]:
    """Return the runs of the drills with faults, each ended."""
    place.file("failing.yml", FAILING)

    def see_through(name: str) -> Run:
        run = place.run(name, FAULTS[name].changes)
        if name == "vanished-container":
            run.wait_until_it_hangs()
            docker.APIClient().remove_container(f"drillmaster-{run.folder.name}-db", force=True)
        if name == "dead-ledger":
            run.wait_for("steady")
            (ledger,) = run.processes("orchestrator.ledger")
            os.kill(ledger, signal.SIGKILL)
        run.exit_code()
        return run

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(see_through, name) for name in FAULTS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_judged_for_what_it_is(faulty: dict[str, Future[Run]], name: str) -> None:
    """The verdict's exit code, the finding with its cause, a report, and nothing left: no process either."""
    run, fault = faulty[name].result(), FAULTS[name]
    state, says = run.finding(fault.finding)
    assert (run.exit_code(), state, says[: len(fault.says)], run.stderr) == (
        fault.exit_code,
        fault.state,
        fault.says,
        "",
    )
    assert (run.folder / "report.html").exists()
    assert run.left() == []


def test_a_container_that_dies_at_once_is_not_waited_for(faulty: dict[str, Future[Run]]) -> None:
    """Its last words are told within seconds, though a service may take a minute to become ready."""
    run = faulty["bad-setting"].result()
    assert 'invalid value for parameter "shared_buffers": "nonsense"' in run.finding("provisioned")[1]
    assert run.took_s() < 30


# -- evidence that cannot be written -----------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Place]:
    """Yield a place whose evidence is on a file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    with working_place(tmp_path) as place:
        place.evidence.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", place.evidence], check=True)
        yield place
        subprocess.run(["umount", place.evidence], check=True)


def remount(place: Place, option: str) -> bool:
    """Return whether the evidence's file system could be changed."""
    return subprocess.run(["mount", "-o", f"remount,{option}", place.evidence], check=False).returncode == 0


def test_evidence_that_is_read_only_stops_a_run_before_it_begins(small: Place) -> None:
    """Exit code 2 and a hint; nothing is built."""
    assert remount(small, "ro")
    done = small.drillmaster("run", "postgres-crash")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"evidence directory: {small.evidence} is no directory that can be written "
        "(hint: free some space, or name another directory with --evidence)\n"
    )


def test_evidence_that_fills_up_ends_the_run(small: Place) -> None:
    """Exit code 4, what cannot be written and a hint; the lab is gone, and with space again the run is ABORTED."""
    run = small.run("fills-up", "", "--set", "steady.for=60s")
    run.wait_for("steady")
    # Again where the ledger has written meanwhile: a file system cannot be made smaller than what is in it.
    until(lambda: remount(small, f"size={shutil.disk_usage(small.evidence).used + 4096}"), "a full file system")
    assert run.exit_code() == 4
    message, hint = run.stderr.splitlines()
    assert message.startswith(f"{run.folder}/")
    assert message.endswith(": cannot be written: No space left on device")
    assert (
        hint == "hint: a run goes no further than its evidence: free space, or name another directory with --evidence"
    )
    assert run.left() == []
    assert remount(small, "size=300m")
    assert small.drillmaster("sweep").returncode == 0
    (row,) = json.loads(small.drillmaster("runs", "--json").stdout)
    assert (row["run"], row["verdict"]) == (run.folder.name, "ABORTED")
