"""Sabotage of files and their backups: which drills it suits, and what confirms it. On real ones: test_files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.files import DRILLS
from orchestrator.kinds.checks.files_content import FilesContent
from orchestrator.kinds.sabotage.corrupt_pack import CorruptPack
from orchestrator.kinds.sabotage.stop_snapshots import StopSnapshots
from orchestrator.kinds.sabotage.swap_key import SwapKey
from orchestrator.kinds.sabotage.tamper_files import TamperFiles
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Sabotage
    from orchestrator.core.lab import Lab

KINDS: tuple[type[Sabotage], ...] = (CorruptPack, StopSnapshots, SwapKey, TamperFiles)


def suited(drill: Drill) -> list[tuple[Sabotage, tuple[str, ...]]]:
    """Return what the four kinds can do to a drill, with what must catch it."""
    return [(sabotage, expect.by) for kind in KINDS for sabotage, expect in kind.suited(drill)]


def test_a_drill_of_restic_can_be_sabotaged_in_every_way() -> None:
    """In the repository, by the timer, in the escrow, and in what was restored."""
    assert suited(loader.load(DRILLS / "files-volume-loss.yaml").drill) == [
        (CorruptPack(service="files"), ("recovery-step",)),
        (StopSnapshots(service="files", ago="16s"), ("rpo",)),
        (SwapKey(service="files", escrow="escrow"), ("recovery-step",)),
        *(
            (TamperFiles(service="files", how=how), ("files-content",))
            for how in ("remove", "alter", "permissions", "owner")
        ),
    ]


def test_snapshots_can_be_stopped_whichever_ledger_writes_to_them() -> None:
    """The first one or another; not where it would take longer than anybody waits unasked."""
    drill = loader.load(DRILLS / "files-volume-loss.yaml").drill
    several = drill.model_copy(update={"workload": [Ledger(service="escrow"), *drill.workload]})
    assert [sabotage for sabotage, _ in StopSnapshots.suited(several)] == [StopSnapshots(service="files", ago="16s")]
    patient = drill.objectives.model_copy(update={"rpo": 900.0})
    assert list(StopSnapshots.suited(drill.model_copy(update={"objectives": patient}))) == []
    assert list(StopSnapshots.suited(drill.model_copy(update={"workload": []}))) == []


def test_a_drill_without_files_suits_none() -> None:
    """There is nothing that a finding of it must catch."""
    assert suited(loader.load(DRILLS / "postgres-volume-loss.yaml").drill) == []


def test_a_tree_without_names_cannot_be_tampered_with(lab: Lab) -> None:
    """The file could not be chosen from the manifest, nor its harm confirmed."""
    drill = lab.loaded.drill.model_copy(update={"checks": [FilesContent(service="db", names=False)]})
    assert list(TamperFiles.suited(drill)) == []
    says = "no files-content of db compares its files by name, so harm to them need not matter"
    for kind in (TamperFiles(service="db", how="remove"), CorruptPack(service="db")):
        assert list(kind.mistakes(drill)) == [("service", says)]
        assert list(kind.mistakes(drill.model_copy(update={"checks": [FilesContent(service="db")]}))) == []


FOLDER = {"type": "folder", "permissions": "0755", "owner": "0:0", "attributes": "a"}
FILE = {**FOLDER, "type": "file", "size": 3, "time": 1, "content": "c"}


@pytest.fixture
def compared(world: World, lab: Lab) -> Lab:
    """Return the lab with one compared file, which programs called `rm` remove and `chmod` leave alone."""
    there = {"/etc/app/app.conf"}

    def python(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        root = json.loads(stdin)["root"]
        found = {".": FOLDER, "app.conf": FILE} if root == "/etc/app" else {".": FILE}
        gone = root != "/etc/app" and root not in there
        return Completed(0, json.dumps({".": {"error": "No such file or directory"}} if gone else found))

    def rm(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        there.discard(arguments[-1])
        return Completed(0, "")

    def chmod(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        return Completed(0, "")

    world.docker.programs |= {"python3": python, "rm": rm, "chmod": chmod}
    check = FilesContent(service="db", path="/etc/app")
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update={"checks": [check]})})
    check.remember(lab)
    return lab


def test_what_changed_a_compared_file_matters(compared: Lab) -> None:
    """The evidence names it."""
    finding = TamperFiles(service="db", how="remove").spoil(compared)
    assert (finding.state, finding.says) == (State.HELD, "db: /etc/app/app.conf was met by remove")
    assert finding.seen == {"how": "remove", "path": "/etc/app/app.conf", "there_after": False}


def test_what_changed_nothing_does_not_matter(compared: Lab) -> None:
    """It is not confirmed."""
    assert TamperFiles(service="db", how="permissions").spoil(compared).state == State.VIOLATED


def test_nothing_compared_can_be_tampered_with(lab: Lab) -> None:
    """There is no file whose harm a check must find."""
    with pytest.raises(StepFailedError, match=r"^db: no file with any content is compared$"):
        TamperFiles(service="db", how="remove").spoil(lab)
