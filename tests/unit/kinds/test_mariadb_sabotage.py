"""Sabotage of MariaDB: which drills each suits, and how it must be caught. What it does: drills/sabotaged/mariadb-*."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.files import DRILLS
from orchestrator.kinds.sabotage.alter_mariadb import AlterMariadb
from orchestrator.kinds.sabotage.spoil_binlog import SpoilBinlog
from orchestrator.kinds.sabotage.spoil_mariabackup import SpoilMariabackup
from orchestrator.kinds.sabotage.tamper_ledger import TamperLedger

if TYPE_CHECKING:
    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Sabotage

KINDS: tuple[type[Sabotage], ...] = (AlterMariadb, SpoilBinlog, SpoilMariabackup)
CONTENT = [(f"alter-mariadb: {how}", "mariadb-content") for how in ("row", "value", "index", "privilege")]
WHOLE = [("spoil-binlog: gap", "recovery-step"), ("spoil-binlog: flip", "recovery-step")]
BACKUP = [("spoil-mariabackup: truncate", "recovery-step"), ("spoil-mariabackup: flip", "recovery-step")]


def drill(name: str) -> Drill:
    """Return a shipped drill."""
    return loader.load(DRILLS / f"{name}.yaml").drill


@pytest.mark.parametrize(
    ("name", "suited"),
    [
        ("mariadb-volume-loss", [*CONTENT, *WHOLE, ("spoil-binlog: stop", "rpo"), *BACKUP]),
        ("mariadb-dropped-table", [*CONTENT, *WHOLE, ("spoil-binlog: stop", "recovery-step"), *BACKUP]),
        ("mariadb-crash", CONTENT),
        ("postgres-volume-loss", []),
    ],
)
def test_each_suits_the_drills_that_can_catch_it(name: str, suited: list[tuple[str, str]]) -> None:
    """Spoilt backups suit a drill that restores them; a binlog that ends early costs data, or is refused."""
    yielded = [(one.title, expect.by[0]) for kind in KINDS for one, expect in kind.suited(drill(name))]
    assert yielded == suited


def test_an_older_backup_is_not_the_one_that_is_spoilt() -> None:
    """What is spoilt is the newest."""
    older = drill("mariadb-volume-loss").model_copy(update={"backup_age": 60.0})
    assert [one.title for kind in KINDS for one, _ in kind.suited(older)] == [title for title, _ in CONTENT]


def test_the_binlog_ends_a_little_earlier_than_the_rpo_allows() -> None:
    """Otherwise the loss would be within what was promised."""
    found = [one.ago for one, _ in SpoilBinlog.suited(drill("mariadb-volume-loss")) if one.how == "stop"]
    assert found == [2.0]


def test_content_that_nothing_compares_is_not_altered() -> None:
    """It is a mistake in the drill, told before the run."""
    says = "no mariadb-content compares db, so what is done to it need not matter"
    assert [*AlterMariadb(service="db", how="row").mistakes(drill("postgres-crash"))] == [("service", says)]


def test_the_ledgers_of_two_types_can_be_tampered_with() -> None:
    """Of another type it is told before the run, and none is suited."""
    caught = [expect.by[0] for _, expect in TamperLedger.suited(drill("mariadb-crash"))]
    assert caught == ["no-hole", "no-corrupt", "no-unexpected", "no-duplicate"]
    redis = drill("redis-kill")
    assert [*TamperLedger.suited(redis)] == []
    says = "cache is a redis; only ledgers of postgres and mariadb can be tampered with"
    assert [*TamperLedger(service="cache", how="alter").mistakes(redis)] == [("service", says)]
