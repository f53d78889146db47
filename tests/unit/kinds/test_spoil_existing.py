"""The sabotage `spoil-existing`: what is spoilt is a copy, and what the recovery is told leads to the copy."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from orchestrator.core import loader
from orchestrator.core.docker_port import Completed
from orchestrator.core.files import DRILLS
from orchestrator.kinds.sabotage.spoil_existing import SPOIL, SpoilExisting
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fake_docker import Container
    from fakes import World

    from orchestrator.core.lab import Lab

SEGMENTS = [f"{number:024X}" for number in range(4)]


def spoilt(folder: Path, what: str, stop: str = SEGMENTS[0]) -> dict[str, object]:
    """Spoil a copy of what lies in the folder's `source`; return what was said."""
    asked = {
        "what": what,
        "copies": {str(folder / "source"): str(folder / "copy")},
        "backup": str(folder / "copy" / "backup"),
        "archive": str(folder / "copy" / "archive"),
        "stop": stop,
    }
    done = subprocess.run(
        [sys.executable, "-c", SPOIL], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder with a backup and an archive in `source`."""
    for name, content in {"backup/small": b"1", "backup/large": b"12345678", "backup/pg_wal/1": b"0" * 99}.items():
        (tmp_path / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / name).write_bytes(content)
    for name in SEGMENTS:
        (tmp_path / "source" / "archive").mkdir(exist_ok=True)
        (tmp_path / "source" / "archive" / f"{name}-ab.gz").touch()
    return tmp_path


@pytest.mark.parametrize(("what", "left"), [("flipped-byte", b"12344678"), ("truncated", b"1234")])
def test_the_largest_file_of_the_copy_is_spoilt(source: Path, what: str, left: bytes) -> None:
    """The source is as it was."""
    assert spoilt(source, what) == {"file": f"{source}/copy/backup/large", "size": 8, "matters": True}
    assert (source / "copy/backup/large").read_bytes() == left
    assert (source / "source/backup/large").read_bytes() == b"12345678"


def test_a_gap_matters_only_after_the_backup_and_with_something_behind_it(source: Path) -> None:
    """The last segment but one is gone."""
    assert spoilt(source, "missing-wal")["matters"] is True
    assert [path.name[:24] for path in sorted((source / "copy/archive").iterdir())] == [*SEGMENTS[:2], SEGMENTS[3]]


def test_a_gap_within_the_backup_is_another_fault(source: Path) -> None:
    """The server itself refuses it."""
    assert spoilt(source, "missing-wal", stop=SEGMENTS[3])["matters"] is False


def test_the_recovery_is_turned_to_the_copy(world: World, lab: Lab) -> None:
    """All that playbooks are told of the backup's place."""

    def python(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001
        return Completed(0, json.dumps({"file": json.loads(stdin)["backup"], "matters": True}))

    world.docker.programs |= {"python3": python, "sh": lambda *_: Completed(0, "")}
    lab.handed_back = {
        "existing": {"format": "base-backup", "source": "/backups"},
        "backup": "/mnt/existing/b1",
        "wal_archive": "/mnt/archive",
    }
    finding = SpoilExisting(what="truncated").spoil(lab)
    assert (finding.state, finding.says) == (
        State.HELD,
        "db: truncated in a copy of the backup: /opt/spoilt/b1",
    )
    assert lab.handed_back == {
        "existing": {"format": "base-backup", "source": "/backups"},
        "backup": "/opt/spoilt/b1",
        "wal_archive": "/opt/spoilt-archive",
    }


@pytest.mark.parametrize(
    ("told", "backup", "archive", "stop"),
    [
        (
            {
                "made_with": "pgbackrest",
                "backup": "F1",
                "pgbackrest_stanza": "shop",
                "drill_backup": {"wal": {"stop": "7"}},
            },
            "/opt/spoilt/backup/shop/F1/pg_data",
            "/opt/spoilt/archive/shop",
            "7",
        ),
        (
            {"made_with": "barman", "backup": "B1", "drill_backup": {"wal": {"stop": "7"}}},
            "/opt/spoilt/base/B1/data",
            "/opt/spoilt/wals",
            "7",
        ),
        ({"made_with": "restic", "repository": "/mnt/existing"}, "/opt/spoilt/data", "", ""),
        ({"made_with": "rdb", "backup": "/mnt/existing/dump.rdb"}, "/opt/spoilt/dump.rdb", "", ""),
        (
            {"made_with": "dump", "dumps": {"databases": [{"path": "/mnt/existing/shop.dump"}]}},
            "/opt/spoilt/shop.dump",
            "",
            "",
        ),
    ],
)
def test_what_is_spoilt_is_what_the_recovery_reads(  # noqa: PLR0913, PLR0917 - a table of cases
    world: World, lab: Lab, told: dict[str, Any], backup: str, archive: str, stop: str
) -> None:
    """Of each format the backup that was picked, and the archive that belongs to it."""
    asked: list[dict[str, Any]] = []

    def python(container: Container, arguments: Sequence[str], stdin: bytes) -> Completed:  # noqa: ARG001 - a program
        asked.append(json.loads(stdin))
        return Completed(0, json.dumps({"file": "any", "matters": True}))

    world.docker.programs |= {"python3": python, "sh": lambda *_: Completed(0, "")}
    lab.handed_back = {"existing": {"format": told.pop("made_with")}, **told}
    SpoilExisting(what="truncated").spoil(lab)
    assert [asked[0][name] for name in ("backup", "archive", "stop")] == [backup, archive, stop]


@pytest.mark.parametrize(
    ("drill", "faults"),
    [
        (
            "existing-pgbackrest",
            {"flipped-byte": "recovery-step", "truncated": "recovery-step", "missing-wal": "replayed-to-end"},
        ),
        ("existing-dump", {"flipped-byte": "recovery-step", "truncated": "recovery-step"}),
        ("existing-base-backup", {"flipped-byte": "recovery-step", "truncated": "recovery-step"}),
        (
            "existing-barman",
            {"flipped-byte": "recovery-step", "truncated": "recovery-step", "missing-wal": "recovery-step"},
        ),
        ("existing-restic", {"flipped-byte": "recovery-step", "truncated": "recovery-step"}),
        ("existing-rdb", {"flipped-byte": "recovery-step", "truncated": "recovery-step"}),
        ("postgres-crash", {}),
    ],
)
def test_it_suits_drills_on_existing_backups(drill: str, faults: dict[str, str]) -> None:
    """A gap only where there is an archive."""
    found = SpoilExisting.suited(loader.load(DRILLS / f"{drill}.yaml").drill)
    assert {fault.what: expect.by[0] for fault, expect in found} == faults
