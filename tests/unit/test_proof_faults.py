"""What can be done to a drill to prove its checks: which faults suit it, and which control files are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.core import faults, loader
from orchestrator.core.errors import CannotRunError
from orchestrator.core.files import DRILLS

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY = sorted(DRILLS.glob("*.yaml"))
ALWAYS = {  # what is done to a recovered server
    "alter-rows": "postgres-content",
    "block-writes": "instrument-acknowledgements",
    "lose-object-extension": "postgres-content",
    "lose-object-index": "postgres-content",
    "lose-object-privilege": "postgres-content",
    "lose-table-file": "postgres-content",
    "open-network": "no-egress",
    "stale-index": "postgres-amcheck",
    "tamper-ledger-alter": "no-corrupt",
    "tamper-ledger-delete": "no-hole",
    "tamper-ledger-duplicate": "no-duplicate",
    "tamper-ledger-invent": "no-unexpected",
    "turn-read-only": "postgres-writable",
}
EMPTY = {"skip-restore": "recovery-step"}
"""What is made anew and never filled."""
LOST_WAL = ("archive-nothing", "flip-wal-byte", "fork-archive", "missing-wal", "stop-archiving")


def suited(name: str, *overrides: str) -> dict[str, str]:
    """Return what suits a shipped drill, with the finding that must catch it."""
    found = faults.suited(loader.load(DRILLS / f"{name}.yaml", overrides).drill)
    return {fault.name: ", ".join(fault.expect.by) for fault in found}


@pytest.mark.parametrize(
    ("drill", "more"),
    [
        ("postgres-crash", {"delay-recovery": "rto"}),
        ("postgres-power-loss", {"delay-recovery": "rto"}),
        ("postgres-volume-loss", EMPTY | {"flip-byte-backup": "recovery-step", **dict.fromkeys(LOST_WAL, "rpo")}),
        ("postgres-service-loss", EMPTY | {"flip-byte-backup": "recovery-step", **dict.fromkeys(LOST_WAL, "rpo")}),
        ("postgres-older-backup", EMPTY | dict.fromkeys(LOST_WAL, "rpo")),
        (
            "postgres-dropped-table",
            EMPTY
            | {
                "flip-byte-backup": "recovery-step",
                "overshoot-target": "no-unexpected",
                "undershoot-target": "rpo",
                **dict.fromkeys(LOST_WAL, "recovery-step"),
            },
        ),
        (
            "postgres-side-restore",
            {"flip-byte-backup": "recovery-step", **dict.fromkeys(LOST_WAL, "recovery-step")},
        ),
        ("random-point-in-time", EMPTY | {"flip-byte-backup": "recovery-step", "overshoot-target": "no-unexpected"}),
        (
            "postgres-basebackup",
            EMPTY
            | {
                "forge-backup": "postgres-content",
                "stop-archiving": "rpo",
                "swap-backup": "recovery-step",
                "truncate-backup-base-backup": "recovery-step",
            },
        ),
        (
            "postgres-logical-dump",
            EMPTY
            | {
                "flip-byte-dump": "recovery-step",
                "omit-from-dump": "postgres-content",
                "truncate-backup-dump": "recovery-step",
            },
        ),
    ],
)
def test_a_fault_suits_only_where_its_finding_must_see_it(drill: str, more: dict[str, str]) -> None:
    """With a target, lost WAL fails the recovery, else it costs writes; an older backup is not read from the newest."""
    assert suited(drill) == ALWAYS | more


def test_a_fault_that_must_outlast_a_promise_is_not_put_in_unasked_where_that_takes_long() -> None:
    """A minute at most."""
    assert not {*suited("postgres-volume-loss", "objectives.rpo=61s")} & {*LOST_WAL}
    assert "delay-recovery" in suited("postgres-volume-loss", "objectives.rto=1m")


def test_of_the_same_fault_on_several_services_each_has_a_name_of_its_own() -> None:
    """The service's stands behind the fault's."""
    reports = "lab.services.reports={type: postgres, image: drillmaster/postgres:15}"
    content = "checks=[postgres-content: db, postgres-content: reports]"
    found = [name for name in suited("postgres-crash", reports, content) if name not in ALWAYS]
    assert found[:3] == ["alter-rows-db", "alter-rows-reports", "delay-recovery"]
    assert {"lose-object-index-db", "lose-object-index-reports"} <= {*found}


@pytest.mark.parametrize("file", HEALTHY, ids=lambda file: file.stem)
def test_what_a_fault_makes_of_a_drill_is_a_sound_control(file: Path, tmp_path: Path) -> None:
    """Written to a file it loads to the same drill: the loader has nothing against it."""
    loaded = loader.load(file)
    for beside in ("images", "seeds"):
        (tmp_path / beside).symlink_to(DRILLS / beside)
    for fault in faults.suited(loaded.drill):
        control = faults.sabotaged(loaded, fault.name)
        (tmp_path / "drill.yaml").write_text(loader.dump(control))
        assert loader.load(tmp_path / "drill.yaml").drill == control.drill
        assert (control.drill.expect, control.drill.sabotage) == (fault.expect, [fault.sabotage])
        assert control.drill.drill == f"{file.stem}-with-{fault.name}"


def test_what_is_found_of_one_of_several_services_is_expected_of_that_one() -> None:
    """Each has findings of its own, named after it."""
    found = {one.name: one.expect.by for one in faults.suited(loader.load(DRILLS / "postgres-two-tiers.yaml").drill)}
    assert found["tamper-ledger-delete-orders"] == ("orders.no-hole",)
    assert found["overshoot-target"] == ("orders.no-unexpected", "analytics.no-unexpected")
    assert found["alter-rows-orders"] == ("postgres-content",)


def test_a_fault_in_a_backup_suits_the_services_that_are_restored() -> None:
    """Nobody reads the backup of a tier that goes on."""
    names = suited("mail-platform-one-tier")
    assert {name for name in names if name.startswith("flip-byte")} == {"flip-byte-backup"}
    assert {"alter-rows-db", "alter-rows-content", "alter-rows-analytics"} <= {*names}


def test_a_fault_may_be_named_by_its_kind_where_that_is_one() -> None:
    """The title says what is put in."""
    loaded = loader.load(DRILLS / "postgres-volume-loss.yaml")
    drill = faults.sabotaged(loaded, "flip-byte").drill
    assert drill.drill == "postgres-volume-loss-with-flip-byte-backup"
    assert drill.title == f"Control: flip-byte: db is put in, and must be caught. {loaded.drill.title}"


def mistake(*arguments: str) -> tuple[int, str]:
    """Return the exit code and what is said of a command that is wrong."""
    done = CliRunner().invoke(app, [*arguments])
    return done.exit_code, done.stderr


def test_a_fault_that_is_none_is_refused(tmp_path: Path) -> None:
    """Before anything is built, with those that suit."""
    evidence = ("--evidence", str(tmp_path))
    names = ", ".join(fault.name for fault in faults.suited(loader.load(DRILLS / "postgres-crash.yaml").drill))
    hint = f"hint: what suits postgres-crash: {names}\n"
    assert mistake("run", "postgres-crash", "--sabotage", "missing-wal", *evidence) == (
        2,
        f"missing-wal does not suit postgres-crash\n{hint}",
    )
    assert mistake("run", "postgres-crash", "--sabotage", "mising-wal", *evidence) == (
        2,
        f"no sabotage named 'mising-wal', did you mean 'missing-wal'?\n{hint}",
    )
    assert mistake("run", "postgres-crash", "--sabotage", "tamper-ledger", *evidence) == (
        2,
        (
            "tamper-ledger can be done to postgres-crash in 4 ways\nhint: name one: tamper-ledger-delete, "
            "tamper-ledger-alter, tamper-ledger-invent, tamper-ledger-duplicate\n"
        ),
    )
    assert list(tmp_path.iterdir()) == []


def test_a_control_is_not_sabotaged_once_more(tmp_path: Path) -> None:
    """Which of two faults was caught could not be told."""
    file = DRILLS / "sabotaged" / "rows-altered.yaml"
    says = f"{file}: rows-altered is itself a negative control\nhint: name the drill that it extends\n"
    evidence = ("--evidence", str(tmp_path))
    assert mistake("run", "rows-altered", "--sabotage", "alter-rows", *evidence) == (2, says)
    assert mistake("prove", "rows-altered", *evidence) == (2, says)


def test_every_shipped_control_is_that_of_one_drill() -> None:
    """The nearest that it is made of, over other controls."""
    assert {faults.drill_of(file) for file in (DRILLS / "sabotaged").glob("*.yaml")} <= {*HEALTHY}
    dump = [control.stem for control in faults.control_files(DRILLS / "postgres-logical-dump.yaml")]
    assert {"dump-without-an-index", "dump-truncated"} <= {*dump}


def test_a_file_that_is_no_control_is_nobodys(tmp_path: Path) -> None:
    """Nor is one that cannot be read, or goes round in a circle."""
    (tmp_path / "sabotaged").mkdir()
    drill = tmp_path / "mine.yaml"
    drill.write_text(f"extends: {DRILLS / 'postgres-crash.yaml'}\ndrill: mine\n")
    for name, text in {
        "caught": "extends: ../mine.yaml\nexpect: {verdict: FAIL, by: [rto]}",
        "of-another": f"extends: {DRILLS / 'postgres-crash.yaml'}\nexpect: {{verdict: FAIL, by: [rto]}}",
        "healthy": "extends: ../mine.yaml",
        "broken": "extends: [",
        "round": "extends: round.yaml\nexpect: {verdict: FAIL, by: [rto]}",
    }.items():
        (tmp_path / "sabotaged" / f"{name}.yaml").write_text(text)
    assert [file.stem for file in faults.control_files(drill)] == ["caught"]


def test_what_is_not_done_to_a_drill_cannot_be_asked_for_nor_be_a_known_miss(tmp_path: Path) -> None:
    """A misspelt name would leave out what was meant."""
    evidence = ("--evidence", str(tmp_path / "evidence"))
    drill = tmp_path / "mine.yaml"
    drill.write_text(f"extends: {DRILLS / 'postgres-crash.yaml'}\ndrill: mine\nknown_misses: {{alter-row: Not yet.}}\n")
    hint = f"hint: what is: {', '.join(fault.name for fault in faults.suited(loader.load(drill).drill))}\n"
    assert mistake("prove", str(drill), *evidence) == (
        2,
        f"{drill}: known_misses: nothing named 'alter-row' is done to this drill, did you mean 'alter-rows'?\n{hint}",
    )
    assert mistake("prove", str(drill), "--set", "known_misses={}", "--only", "open-networks", *evidence) == (
        2,
        f"--only: nothing named 'open-networks' is done to this drill, did you mean 'open-network'?\n{hint}",
    )
    assert not (tmp_path / "evidence").exists()


def test_the_names_of_faults_are_told_apart() -> None:
    """Each fault of a drill has one of its own."""
    for file in HEALTHY:
        names = [fault.name for fault in faults.suited(loader.load(file).drill)]
        assert len(names) == len({*names})


def test_a_drill_that_nothing_suits_says_so() -> None:
    """What a refusal lists then."""
    loaded = loader.load(DRILLS / "postgres-crash.yaml")
    services = {
        name: service.model_copy(update={"type": "other"}) for name, service in loaded.drill.lab.services.items()
    }
    lab = loaded.drill.lab.model_copy(update={"services": services})
    objectives = loaded.drill.objectives.model_copy(update={"rto": 120.0})
    other = loaded.drill.model_copy(update={"lab": lab, "checks": loaded.drill.checks[:1], "objectives": objectives})
    with pytest.raises(CannotRunError) as refused:
        faults.sabotaged(loaded.model_copy(update={"drill": other}), "alter-rows")
    assert (refused.value.message, refused.value.hint) == (
        "alter-rows does not suit postgres-crash",
        "what suits postgres-crash: nothing",
    )
