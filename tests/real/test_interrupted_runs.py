"""A run that is stopped or killed, in every phase, leaves nothing behind; others at work are not touched."""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import docker
import pytest
from harm import docker_objects, until, working_place

from orchestrator.core.lab_objects import FOLDER, HOST, RUN
from reports.facts.events import Phase, Verdict
from reports.register import chain
from reports.register.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from harm import Place, Run

    Case = tuple[str, Callable[[Run], None]]
    Harmed = dict[Case, Future[Run]]

pytestmark = pytest.mark.alone

PHASES = [phase.value for phase in Phase if phase != Phase.PLAN]
HANGS = {
    "protect": "protect: [{playbook: hanging.yml}]\n",
    "recover": "recover: [{start: db}, {playbook: hanging.yml}]\n",
}
"""In these phases the harm comes while a playbook is at work."""
AT_ONCE = 4
IMAGE = "drillmaster/postgres:15"


def interrupt(run: Run) -> None:
    """Press Ctrl-C: every process in the terminal's foreground gets it."""
    os.killpg(run.process.pid, signal.SIGINT)


def terminate(run: Run) -> None:
    """Stop it as a service manager does."""
    os.kill(run.process.pid, signal.SIGTERM)


def storm(run: Run) -> None:
    """Press Ctrl-C again and again until the journal is closed."""
    while "run-aborted" not in [fact["event"] for fact in run.facts()]:
        interrupt(run)
        time.sleep(0.02)


def kill(run: Run) -> None:
    """Let the engine die at once; its ledger must notice by itself."""
    os.kill(run.process.pid, signal.SIGKILL)
    until(lambda: not run.processes("orchestrator.ledger"), "the ledger's end", 5)


STOPPED = [(phase, interrupt) for phase in PHASES]
STOPPED += [(phase, terminate) for phase in ("provision", "steady", "recover")]
STOPPED += [(phase, storm) for phase in ("recover", "tear-down")]
KILLED = [(phase, kill) for phase in PHASES]
IN_EVERY_TEST = {
    ("provision", interrupt),
    ("protect", interrupt),
    ("recover", terminate),
    ("tear-down", storm),
    ("provision", kill),
    ("protect", kill),
    ("recover", kill),
    ("collect", kill),
}
"""Where most is under way; the others take part in `make acceptance` only."""


def harms(cases: list[Case]) -> pytest.MarkDecorator:
    """Return what runs a test for each of the cases."""
    marked = [pytest.param(*case, marks=() if case in IN_EVERY_TEST else pytest.mark.acceptance) for case in cases]
    return pytest.mark.parametrize(("phase", "harm"), marked, ids=name_of)


def name_of(value: object) -> str:
    """Return how a phase or a harm is called in the names of tests and drills."""
    return value if isinstance(value, str) else value.__name__


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield where all these runs keep their evidence: one directory, so that sweeps meet runs at work."""
    with working_place(tmp_path_factory.mktemp("interrupted")) as place:
        yield place


@pytest.fixture(scope="module")
def chosen(request: pytest.FixtureRequest) -> list[Case]:
    """Return the cases whose tests take part."""
    ours = [item for item in request.session.items if item.path == request.path and hasattr(item, "callspec")]
    return [(item.callspec.params["phase"], item.callspec.params["harm"]) for item in ours]


@pytest.fixture(scope="module")
def harmed(place: Place, chosen: list[Case]) -> Iterator[Harmed]:
    """Return the runs, each harmed in its phase and ended; several at once, for waiting is most of what they do."""

    def harm_one(phase: str, harm: Callable[[Run], None]) -> Run:
        run = place.run(f"{phase}-{harm.__name__}", HANGS.get(phase, ""))
        run.wait_for(phase)
        if phase in HANGS:
            run.wait_until_it_hangs()
        harm(run)
        run.exit_code()
        return run

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {case: pool.submit(harm_one, *case) for case in chosen}
        pool.shutdown(cancel_futures=True)


@harms(STOPPED)
def test_a_run_that_is_stopped_winds_up(harmed: Harmed, phase: str, harm: Callable[[Run], None]) -> None:
    """In every phase: the signal's exit code, a closed journal, an ABORTED record with its report, and nothing left."""
    run = harmed[phase, harm].result()
    number = signal.SIGTERM if harm is terminate else signal.SIGINT
    # A signal that comes when Python itself is ending kills it: to a shell that is the same code.
    assert run.exit_code() in (128 + number, -number)
    assert run.facts()[-1] == {"event": "run-aborted", "because": f"stopped by signal {number:d}", "by": "engine"}
    assert run.record()["verdict"] == "ABORTED"
    assert {"report.html", "junit.xml"} <= {path.name for path in run.folder.iterdir()}
    assert run.stderr == f"stopped by signal {number:d}; a run that had begun is ABORTED\n"
    assert run.left() == []


@pytest.fixture(scope="module")
def swept(place: Place, harmed: Harmed) -> dict[str, str]:
    """Return each run's verdict after all the killed ones were swept."""
    for (_, harm), run in harmed.items():
        if harm is kill:
            run.result()
    done = place.drillmaster("sweep")
    assert (done.returncode, done.stderr) == (0, "")
    return {row["run"]: row["verdict"] for row in json.loads(place.drillmaster("runs", "--json").stdout)}


@harms(KILLED)
def test_a_run_whose_engine_is_killed_is_swept(
    harmed: Harmed, swept: dict[str, str], phase: str, harm: Callable[[Run], None]
) -> None:
    """In every phase: the ledger ends by itself, and after `sweep` the run is ABORTED, with a record, and all gone."""
    run = harmed[phase, harm].result()
    assert run.facts()[-1] == {"event": "run-aborted", "because": "its engine died", "by": "sweep"}
    assert (swept[run.folder.name], run.record()["verdict"]) == ("ABORTED", "ABORTED")
    assert run.left() == []


def test_every_run_is_registered_whatever_became_of_it(place: Place, harmed: Harmed, swept: dict[str, str]) -> None:
    """Several at once: one unbroken register, in which each was started, and ended ABORTED by engine or by sweep."""
    found = chain.read(place.evidence / chain.NAME)
    said = state_of(found.entries, found.hashes)
    assert (said.mistakes, found.torn) == ((), b"")
    ended = {row.run: (row.finished.by, row.verdict) for row in said.runs if row.finished}
    expected = {
        run.result().folder.name: ("sweep" if harm is kill else "engine", Verdict.ABORTED)
        for (_, harm), run in harmed.items()
    }
    assert {run: ended.get(run) for run in expected} == expected
    assert expected.keys() <= swept.keys()


@pytest.fixture
def bystanders(place: Place) -> Iterator[list[str]]:
    """Yield names: a container, network and volume each of other people, and of another machine's run."""
    api = docker.APIClient()
    foreign = {RUN: "20200101T000000Z-0000", HOST: "elsewhere", FOLDER: str(place.evidence / "x/20200101T000000Z-0000")}
    labels: dict[str, dict[str, str]] = {f"bystander-{secrets.token_hex(4)}": each for each in ({}, foreign)}
    for name, theirs in labels.items():
        api.create_network(name, internal=True, labels=theirs)
        api.create_volume(name, labels=theirs)
        host = api.create_host_config(network_mode=name, binds=[f"{name}:/mnt"])
        api.create_container(IMAGE, ["sleep", "600"], name=name, host_config=host, labels=theirs)
        api.start(name)
    yield list(labels)
    for name in labels:
        api.remove_container(name, force=True, v=True)
        api.remove_network(name)
        api.remove_volume(name)


def test_others_at_work_are_not_touched(place: Place, harmed: Harmed, bystanders: list[str]) -> None:
    """Two runs of one drill at once both pass, though a third dies and is swept beside them; bystanders stay."""
    for case in harmed.values():  # a ledger needs quiet to keep its rate
        case.result()
    options = ("--json", "--set", "steady.for=6s")
    dead, *twins = (place.run(name, "", *options) for name in ("dead", "twin", "twin"))
    dead.wait_for("prepare")
    kill(dead)
    swept = place.drillmaster("sweep").stdout.splitlines()
    assert [twin.exit_code() for twin in twins] == [0, 0], [twin.stdout for twin in twins]
    records = [json.loads(twin.stdout) for twin in twins]
    assert [record["verdict"] for record in records] == ["PASS", "PASS"]
    assert {
        f"{dead.folder.name}: removed 1 container, 2 volumes, 1 network; closed as ABORTED",
        "20200101T000000Z-0000: left alone: it belongs to host elsewhere",
        *(f"{record['run']}: left alone: its engine is at work" for record in records),
    } <= set(swept)
    assert [docker_objects(name) for name in bystanders] == [[f"/{name}", name, name] for name in bystanders]
    assert all(docker.APIClient().inspect_container(name)["State"]["Running"] for name in bystanders)
    assert [docker_objects(record["run"]) for record in records] == [[], []]
    assert list(place.temporary.iterdir()) == []
