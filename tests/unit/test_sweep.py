"""Sweep takes what dead runs left, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fake_docker import BASE, FakeDocker
from fakes import FakeClock, FakeGuard, FakeLinks, FakePlaybooks
from journals import PLANNED
from synthetic_registers import finished, started

from orchestrator.adapters.journal_file import JournalFile
from orchestrator.adapters.register_file import RegisterFile
from orchestrator.adapters.run_folders import RunFolders
from orchestrator.adapters.run_lock import RunLock
from orchestrator.core.docker_port import ContainerSpec
from orchestrator.core.errors import EvidenceError
from orchestrator.core.lab_objects import FOLDER, HOST, RUN
from orchestrator.core.sweep import PROBE, Sweep, Swept
from reports.facts import journal
from reports.facts.events import LabKept, LabRemoved, RunAborted, RunFinished
from reports.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.facts.events import AnyFact

HERE = "this-host"
ALL_THREE = LabRemoved(removed={"containers": 1, "volumes": 1, "networks": 1})
NOTHING = LabRemoved(removed={"containers": 0, "volumes": 0, "networks": 0})
ABORTED = RunAborted(because="its engine died", by="sweep")


@dataclass
class GuardWithRules(FakeGuard):
    """A guard that remembers which runs' rules it removed."""

    removed: list[str] = field(default_factory=list)

    def remove(self, run: str) -> None:
        """Remember the run."""
        self.removed.append(run)


@dataclass
class PlaybooksWithLeftovers(FakePlaybooks):
    """Playbooks that remember which runs' leftovers they removed."""

    removed: list[str] = field(default_factory=list)

    def remove(self, run: str) -> None:
        """Remember the run."""
        self.removed.append(run)


class Machine:
    """One host with its engine and one evidence directory."""

    def __init__(self, evidence: Path) -> None:
        self.evidence = evidence
        self.docker = FakeDocker()
        self.guard = GuardWithRules()
        self.links = FakeLinks()
        self.playbooks = PlaybooksWithLeftovers()
        self.clock = FakeClock()
        self.begun: list[Path] = []
        self.begin: Callable[[Path], None] = self.begun.append
        self.ended: list[Path] = []

    def folder(self, run: str, *facts: AnyFact) -> Path:
        """Make a run's folder with its journal."""
        folder = self.evidence / "a-drill" / run
        folder.mkdir(parents=True)
        file = JournalFile(folder, self.clock)
        for fact in facts:
            file.append(fact)
        return folder

    def lab(self, run: str, folder: Path, host: str = HERE) -> None:
        """Make a run's network, volume and container."""
        labels = {RUN: run, HOST: host, FOLDER: str(folder)}
        self.docker.create_network(f"{run}-net", labels)
        self.docker.create_volume(f"{run}-vol", labels)
        spec = ContainerSpec(f"{run}-box", BASE, f"{run}-net", "box", labels, command=("sleep", "9"))
        self.docker.create_container(spec, {})
        self.docker.start(spec.name)

    def sweep(self, *, spare_kept: bool = False) -> list[Swept]:
        """Sweep the evidence directory."""
        folders = RunFolders(self.evidence, self.clock, self.begin, self.ended.append)
        sweep = Sweep(self.docker, self.guard, self.links, self.playbooks, folders, self.clock, HERE)
        return sweep.run(spare_kept=spare_kept)

    def runs(self) -> list[str]:
        """Return the runs that have objects."""
        return sorted(self.docker.labelled(RUN))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without runs."""
    return Machine(tmp_path / "evidence")


def facts(folder: Path) -> list[AnyFact]:
    """Return the facts of a run's journal."""
    return [entry.fact for entry in journal.read(folder / journal.NAME)[0]]


def test_a_run_that_cannot_be_registered_yet_is_found_again(machine: Machine) -> None:
    """Its journal is closed only once its start is in the register: nothing else tells of it then."""
    folder = machine.folder("dead", PLANNED)
    machine.docker.create_network("dead-net", {RUN: "dead", HOST: HERE, FOLDER: str(folder)})
    machine.begin = refuse
    (swept,) = machine.sweep()
    assert (swept.closed, swept.because) == (False, "it cannot be closed: the disk is full")
    assert (facts(folder), machine.ended) == ([PLANNED], [])
    machine.begin = machine.begun.append
    (swept,) = machine.sweep()
    assert (swept.closed, machine.begun, machine.ended) == (True, [folder], [folder])
    assert facts(folder)[-1] == ABORTED


def refuse(_: Path) -> None:
    """Say what a register says on a disk that is full."""
    raise EvidenceError("the disk is full")


def test_nothing_left_behind_is_nothing_to_do(machine: Machine) -> None:
    """Even the evidence directory may be missing."""
    assert machine.sweep() == []


def test_a_dead_run_is_removed_and_closed_as_aborted(machine: Machine) -> None:
    """Its objects, its guard's rules, regions, playbooks, and a journal that ends; a second sweep finds nothing."""
    folder = machine.folder("dead", PLANNED)
    machine.lab("dead", folder)
    assert machine.sweep() == [Swept("dead", folder, ALL_THREE, closed=True)]
    assert machine.ended == [folder]
    removed = [one.removed for one in (machine.guard, machine.links, machine.playbooks)]
    assert (machine.runs(), removed) == ([], [["dead"], ["dead"], ["dead"]])
    assert facts(folder) == [PLANNED, ALL_THREE, ABORTED]
    assert machine.sweep() == []


def test_a_run_that_an_engine_holds_is_left_alone(machine: Machine) -> None:
    """Its lock says so, whatever its journal says."""
    folder = machine.folder("alive", PLANNED)
    machine.lab("alive", folder)
    with RunLock(folder):
        assert machine.sweep() == [Swept("alive", folder, because="its engine is at work")]
    assert (machine.runs(), machine.guard.removed, facts(folder)) == (["alive"], [], [PLANNED])


def test_another_hosts_run_is_left_alone(machine: Machine) -> None:
    """Its engine may live, and its lock cannot be seen from here."""
    folder = machine.folder("far", PLANNED, RunFinished())
    machine.lab("far", folder, host="other-host")
    assert machine.sweep() == [Swept("far", folder, because="it belongs to host other-host")]
    assert machine.runs() == ["far"]


def test_a_run_of_another_evidence_directory_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    """Whoever keeps its evidence sweeps it."""
    elsewhere = tmp_path / "elsewhere" / "a-drill" / "other"
    machine.lab("other", elsewhere)
    assert machine.sweep() == [Swept("other", elsewhere, because=f"its evidence is elsewhere: {elsewhere}")]
    assert machine.runs() == ["other"]


def test_a_run_whose_folder_is_gone_is_removed(machine: Machine) -> None:
    """Nobody can hold it, and there is no journal to close."""
    folder = machine.evidence / "a-drill" / "gone"
    machine.lab("gone", folder)
    assert machine.sweep() == [Swept("gone", folder, ALL_THREE)]
    assert machine.runs() == []


def test_a_dead_run_without_objects_is_closed_too(machine: Machine) -> None:
    """Its guard's rules may still stand."""
    folder = machine.folder("bare", PLANNED)
    assert machine.sweep() == [Swept("bare", folder, NOTHING, closed=True)]
    assert (machine.guard.removed, facts(folder)) == (["bare"], [PLANNED, NOTHING, ABORTED])


def test_a_finished_runs_journal_is_not_touched(machine: Machine) -> None:
    """What was judged stays as it was; only objects that could not be removed before go."""
    folder = machine.folder("done", PLANNED, RunFinished())
    machine.lab("done", folder)
    assert machine.sweep() == [Swept("done", folder, ALL_THREE)]
    assert facts(folder) == [PLANNED, RunFinished()]


def test_a_kept_lab_goes_only_when_asked_by_hand(machine: Machine) -> None:
    """The sweep at a run's start spares it."""
    folder = machine.folder("kept", PLANNED, LabKept(because="--keep-lab"), RunFinished())
    machine.lab("kept", folder)
    spared = Swept("kept", folder, because="its lab was kept on request; `drillmaster sweep` removes it")
    assert machine.sweep(spare_kept=True) == [spared]
    assert machine.runs() == ["kept"]
    assert machine.sweep() == [Swept("kept", folder, ALL_THREE)]
    assert machine.runs() == []


def test_a_torn_last_line_is_cut_off_before_the_journal_is_closed(machine: Machine) -> None:
    """The engine died in the middle of a line, here one that would have ended the run."""
    folder = machine.folder("torn", PLANNED, RunFinished())
    path = folder / journal.NAME
    path.write_bytes(path.read_bytes()[:-1])
    machine.sweep()
    assert facts(folder) == [PLANNED, NOTHING, ABORTED]


def registered(machine: Machine, run: str, *, ended: bool) -> None:
    """Let the register tell of a run's start, and of its end if it has one."""
    register = RegisterFile(machine.evidence, machine.clock, None)
    register.append(started(run))
    if ended:
        register.append(finished(run))


def test_a_run_whose_end_was_never_registered_is_aborted(machine: Machine) -> None:
    """Its engine died after the journal's end: what the journal says cannot be its verdict any more."""
    folder = machine.folder("late", PLANNED, RunFinished())
    registered(machine, "late", ended=False)
    assert machine.sweep() == [Swept("late", folder, NOTHING, closed=True)]
    taken_back = RunAborted(because="its engine died before the verdict was registered", by="sweep")
    assert facts(folder) == [PLANNED, RunFinished(), taken_back]
    assert machine.ended == [folder]
    assert RunFolder.read(folder).aborted == taken_back.because


def test_an_aborted_run_whose_end_was_never_registered_is_only_registered(machine: Machine) -> None:
    """A sweep died in between: its journal is closed already."""
    folder = machine.folder("twice", PLANNED, ABORTED)
    registered(machine, "twice", ended=False)
    machine.sweep()
    assert (facts(folder), machine.ended) == ([PLANNED, ABORTED], [folder])


def test_a_registered_end_is_the_end(machine: Machine) -> None:
    """Nothing is swept, and nothing of its folder is touched."""
    folder = machine.folder("done", PLANNED, RunFinished())
    registered(machine, "done", ended=True)
    assert (machine.sweep(), machine.ended, facts(folder)) == ([], [], [PLANNED, RunFinished()])


def test_a_broken_journal_stays_as_it_is_and_is_named(machine: Machine) -> None:
    """The lab goes all the same."""
    folder = machine.folder("broken", PLANNED)
    path = folder / journal.NAME
    path.write_bytes(path.read_bytes() * 2)
    machine.lab("broken", folder)
    because = f"it cannot be closed: {path}:2: does not continue the line before it"
    assert machine.sweep() == [Swept("broken", folder, ALL_THREE, because=because)]
    assert path.read_bytes().count(b"\n") == 2


def test_a_journal_without_a_plan_is_no_run(machine: Machine) -> None:
    """The engine died before it had fixed what it wanted to do: there is nothing to judge."""
    machine.folder("empty")
    assert machine.sweep() == []


def test_what_cannot_be_removed_is_named(machine: Machine) -> None:
    """The rest goes, and the next sweep tries again."""
    folder = machine.folder("stuck", PLANNED)
    machine.lab("stuck", folder)
    foreign = ContainerSpec("foreign", BASE, "stuck-net", "box", {}, volumes={"stuck-vol": "/data"}, command=("true",))
    machine.docker.create_container(foreign, {})
    left = LabRemoved(
        removed={"containers": 1, "volumes": 0, "networks": 1},
        left=("stuck-vol: remove volume stuck-vol: in use by foreign",),
    )
    assert machine.sweep() == [Swept("stuck", folder, left, closed=True)]
    assert machine.runs() == ["stuck"]
    machine.docker.remove_container("foreign")
    machine.sweep()
    assert machine.runs() == []


def test_two_dead_runs_are_told_apart(machine: Machine) -> None:
    """A live one beside them keeps all it has."""
    for run in ("a", "b", "c"):
        machine.lab(run, machine.folder(run, PLANNED))
    with RunLock(machine.evidence / "a-drill" / "b"):
        swept = machine.sweep()
    assert [(one.run, one.removed is not None) for one in swept] == [("a", True), ("b", False), ("c", True)]
    assert machine.docker.labelled(RUN)["b"].containers == ("b-box",)


def test_a_container_that_looked_into_an_image_goes_when_it_is_old(machine: Machine) -> None:
    """A young one may be at work."""
    now = int(machine.clock.started.timestamp())
    for name, made in (("old", now - 1000), ("young", now - 10)):
        machine.docker.create_network(name, {})
        spec = ContainerSpec(name, BASE, name, name, {PROBE: str(made)}, command=("sleep", "9"))
        machine.docker.create_container(spec, {})
    assert machine.sweep() == []
    assert sorted(machine.docker.containers) == ["young"]


def test_each_run_is_said_in_one_line(tmp_path: Path) -> None:
    """Removed, closed, left over or left alone."""
    left = LabRemoved(removed={"containers": 2, "volumes": 0, "networks": 1}, left=("vol: in use",))
    assert [
        str(one)
        for one in (
            Swept("a", tmp_path, left, closed=True),
            Swept("b", tmp_path, NOTHING, because="it cannot be closed: no"),
            Swept("c", tmp_path, because="its engine is at work"),
        )
    ] == [
        "a: removed 2 containers, 1 network; closed as ABORTED; vol: in use",
        "b: removed nothing; it cannot be closed: no",
        "c: left alone: its engine is at work",
    ]
