"""What a proof puts into a drill: the faults of its control files, then what else suits it."""

from __future__ import annotations

from orchestrator import proving
from orchestrator.core import faults, loader
from orchestrator.core.files import DRILLS

VOLUME_LOSS = DRILLS / "postgres-volume-loss.yaml"


def planned(*only: str, overrides: tuple[str, ...] = ()) -> list[proving._Planned]:
    """Return what a proof of a shipped drill would run beside the healthy run."""
    loaded = loader.load(VOLUME_LOSS, overrides)
    return proving._planned(loaded, proving.Asked(str(VOLUME_LOSS), overrides, only))


def test_the_controls_of_files_come_first_and_what_they_cover_is_not_repeated() -> None:
    """Each file once, then every other fault that suits."""
    files = [file.stem for file in faults.control_files(VOLUME_LOSS)]
    names = [one.name for one in planned()]
    assert names[: len(files)] == files
    assert "wal-segment-missing" in files
    assert not {"missing-wal", "archive-nothing", "flip-byte-backup"} & {*names}
    assert {"alter-rows", "stop-archiving"} <= {*names}


def test_faults_are_chosen_by_their_names_their_kinds_and_their_controls() -> None:
    """A kind stands for all its variants, and for the files that use it."""
    assert [one.name for one in planned("missing-wal", "tamper-ledger-alter", "backup-fails")] == [
        "backup-fails",
        "wal-segment-missing",
        "tamper-ledger-alter",
    ]
    assert [one.name for one in planned("lose-object")] == [
        "lose-object-index",
        "lose-object-extension",
        "lose-object-privilege",
    ]


def test_what_was_put_over_the_drill_is_put_over_its_controls() -> None:
    """Of files and made of it alike: else they would be controls of another drill."""
    found = planned("missing-wal", "alter-rows", overrides=("objectives.rto=3m",))
    assert [(one.control.drill.objectives.rto, one.control.altered) for one in found] == [
        (180, ("objectives.rto=3m",))
    ] * 2


def test_a_known_miss_is_fixed_before_any_run() -> None:
    """With its reason, for every fault that it names; how each must be caught stays."""
    known = {"lose-object": "Nobody compares them yet.", "alter-rows": "Likewise."}
    trials = [one.trial(known) for one in planned("lose-object-index", "alter-rows", "open-network")]
    assert {trial.fault: (trial.known_miss, trial.by, trial.control) for trial in trials} == {
        "alter-rows": ("Likewise.", ("postgres-content",), "postgres-volume-loss-with-alter-rows"),
        "lose-object-index": (
            "Nobody compares them yet.",
            ("postgres-content",),
            "postgres-volume-loss-with-lose-object-index",
        ),
        "open-network": ("", ("no-egress",), "postgres-volume-loss-with-open-network"),
    }
