"""Sabotage of base backups, of their archive and of what is restored from them, on a real system."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.files import DRILLS
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.forge_backup import ForgeBackup
from orchestrator.kinds.sabotage.lose_table_file import LoseTableFile
from orchestrator.kinds.sabotage.stop_archiving import StopArchiving
from orchestrator.kinds.sabotage.swap_backup import SwapBackup
from orchestrator.kinds.sabotage.truncate_backup import TruncateBackup
from orchestrator.kinds.steps.playbook import Playbook
from orchestrator.postgresql.base_backups import FOLDER, BaseBackups
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

ARCHIVE = f"{FOLDER}/archive"
PROTECTED = DRILLS / "postgres-basebackup.yaml"
OFTEN = """
objectives: {rpo: 1s}
lab: {services: {db: {settings: {archive_timeout: 1s}}}}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with a base backup of `orders`, whose content is remembered, while the ledger writes."""
    with postgres_lab(tmp_path_factory.mktemp("sabotage"), OFTEN, PROTECTED) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT id, 1 AS amount FROM generate_series(1, 1000) AS id")
        lab.sql("db", "ALTER TABLE orders ADD PRIMARY KEY (id)")
        workload = lab.loaded.drill.workload[0]
        workload.prepare(lab)
        Playbook(playbook="back-up-with-pg-basebackup.yml").run(lab)
        PostgresContent(service="db").remember(lab)
        lab.ledgers["db"] = workload.start(lab)
        yield lab
        lab.ledgers["db"].kill()


def backups(lab: Lab) -> BaseBackups:
    """Return the lab's backups."""
    return BaseBackups(lab, "db", FOLDER)


def verification(lab: Lab) -> str:
    """Return what verifying the newest backup says against it."""
    argv = ["pg_verifybackup", "--quiet", f"--wal-directory={ARCHIVE}", backups(lab).newest()]
    return lab.execute("db", argv, user="postgres").output


def test_a_forged_backup_verifies(lab: Lab) -> None:
    """The file of the largest table that is compared is another, and its manifest says so."""
    finding = ForgeBackup(service="db").spoil(lab)
    assert (finding.state, verification(lab)) == (State.HELD, ""), finding
    assert finding.says == (
        f"db: a byte of public.orders is another in {backups(lab).newest()}, whose manifest fits; "
        "1000 of its rows are compared"
    )


def test_a_truncated_backup_fails_its_verification(lab: Lab) -> None:
    """The table has rows that are compared; the file has half its size."""
    assert verification(lab) == ""
    finding = TruncateBackup(service="db", relation="public.orders").spoil(lab)
    assert finding.state == State.HELD
    assert finding.says == (
        "db: public.orders has 20480 of 40960 bytes in its newest base backup; 1000 of its rows are compared"
    )
    assert "has size 20480 on disk but size 40960 in the manifest" in verification(lab)


def test_a_table_without_a_file_in_the_backup_cannot_be_truncated(lab: Lab) -> None:
    """It was made later."""
    lab.sql("db", "CREATE TABLE later ()")
    with pytest.raises(StepFailedError, match=r"^db: stat ended with exit code 1: .*No such file or directory$"):
        TruncateBackup(service="db", relation="public.later").spoil(lab)
    lab.sql("db", "DROP TABLE later")


def test_a_swapped_backup_is_sound_and_of_another_server(lab: Lab) -> None:
    """No checksum tells; the server that made it is gone without a trace."""
    own = backups(lab).system_identifier("/var/lib/postgresql/data")
    finding = SwapBackup(service="db").spoil(lab)
    assert (finding.state, finding.seen["own"]) == (State.HELD, own)
    assert finding.seen["other"] == backups(lab).system_identifier(backups(lab).newest()) != own
    checked = ["pg_verifybackup", "--quiet", "--no-parse-wal", backups(lab).newest()]
    assert lab.execute("db", checked, user="postgres").output == ""
    left = lab.execute("db", ["sh", "-c", "find /tmp -name 'tmp.*'; grep -ls '/tmp/tm[p]' /proc/[0-9]*/cmdline"])
    assert left.output == ""


def test_a_stale_archive_ends_a_while_ago_and_the_server_knows_of_nothing(lab: Lab) -> None:
    """What is archived behind the gap is out of reach."""
    time.sleep(5)  # segments older than what is taken away
    finding = StopArchiving(service="db", ago="2s", archive=ARCHIVE).spoil(lab)
    seen = finding.seen
    assert finding.state == State.HELD, finding
    assert seen["backup_start"] < seen["left"] < min(seen["gone"]) <= max(seen["gone"]) <= seen["archived"]
    segments = lab.execute("db", ["ls", ARCHIVE]).output.split()
    assert seen["left"] in segments
    assert not set(seen["gone"]) & set(segments)


def test_an_archive_into_which_nothing_comes_cannot_get_stale(lab: Lab) -> None:
    """There is nothing to take away."""
    finding = StopArchiving(service="db", ago="2s", archive="/var/lib/postgresql/backups/base", within="1ms").spoil(lab)
    says = "db: no segment was archived within 0.001 s"
    assert (finding.state, finding.says) == (State.VIOLATED, says)


def test_an_archive_that_ends_within_the_rpo_does_not_matter(lab: Lab) -> None:
    """So much may be lost."""
    assert StopArchiving(service="db", ago="900ms", archive=ARCHIVE).spoil(lab).state == State.VIOLATED


def test_a_lost_tables_rows_are_gone_and_its_index_knows_them(lab: Lab) -> None:
    """Only who counts the rows can tell."""
    finding = LoseTableFile(service="db", table="public.orders").spoil(lab)
    assert (finding.state, finding.says) == (State.HELD, "db: public.orders has 0 of 1000 rows left")
    assert lab.sql("db", "SELECT pg_relation_size('orders_pkey') > 8192") == [(True,)]


def test_a_table_without_rows_cannot_lose_any(lab: Lab) -> None:
    """It is not confirmed."""
    lab.sql("db", "CREATE TABLE nobody (id int)")
    assert LoseTableFile(service="db", table="public.nobody").spoil(lab).state == State.VIOLATED
