"""Every sabotage on a real system: it does its harm, and says that it matters only where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.alter_rows import AlterRows
from orchestrator.kinds.sabotage.archive_nothing import ArchiveNothing
from orchestrator.kinds.sabotage.block_writes import BlockWrites
from orchestrator.kinds.sabotage.flip_byte import FlipByte
from orchestrator.kinds.sabotage.flip_wal_byte import FlipWalByte
from orchestrator.kinds.sabotage.fork_archive import ForkArchive
from orchestrator.kinds.sabotage.hold_catalog_lock import HoldCatalogLock
from orchestrator.kinds.sabotage.lose_object import LoseObject
from orchestrator.kinds.sabotage.missing_wal import MissingWal
from orchestrator.kinds.sabotage.open_network import OpenNetwork
from orchestrator.kinds.sabotage.spoil_command import SpoilCommand
from orchestrator.kinds.sabotage.spoil_sql import SpoilSql
from orchestrator.kinds.sabotage.stale_index import StaleIndex
from orchestrator.kinds.sabotage.tamper_ledger import TamperLedger
from orchestrator.kinds.sabotage.turn_read_only import TurnReadOnly
from orchestrator.postgresql.repository import Repository
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

ELSEWHERE = "/dev/shm/elsewhere"  # noqa: S108 - in the container, in memory
ARCHIVING = """
lab:
  services:
    db:
      volumes: {repo: /var/lib/pgbackrest}
      settings:
        archive_mode: on
        archive_command: pgbackrest --stanza=main archive-push %p
        archive_timeout: 1s
        max_prepared_transactions: 1
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with a backup of `orders`, whose content is remembered, while the ledger writes."""
    with postgres_lab(tmp_path_factory.mktemp("sabotage"), ARCHIVING) as lab:
        lab.sql("db", "CREATE TABLE orders AS SELECT id, 1 AS amount FROM generate_series(1, 1000) AS id")
        lab.sql("db", "ALTER TABLE orders ADD PRIMARY KEY (id)")
        workload = lab.loaded.drill.workload[0]
        workload.prepare(lab)
        for command in ("stanza-create", "backup"):
            repository(lab).run(["pgbackrest", "--stanza=main", command])
        PostgresContent(service="db").remember(lab)
        lab.ledgers["db"] = workload.start(lab)
        yield lab
        lab.ledgers["db"].kill()


def repository(lab: Lab) -> Repository:
    """Return the lab's repository."""
    return Repository(lab, "db", "main", "/var/lib/pgbackrest")


def restore(lab: Lab) -> str:
    """Return what restoring the newest backup beside the server says."""
    argv = ["pgbackrest", "--stanza=main", f"--pg1-path={ELSEWHERE}", "--no-delta", "--job-retry=0", "restore"]
    lab.execute("db", ["rm", "-rf", ELSEWHERE])
    lab.execute("db", ["install", "-d", "-m", "0700", ELSEWHERE], user="postgres")
    return lab.execute("db", argv, user="postgres").output


def ledger_rows(lab: Lab) -> list[tuple[object, ...]]:
    """Return the rows of the ledger's table."""
    return lab.sql("db", "SELECT writer, sequence, payload FROM drillmaster.ledger")


def flip(relation: str) -> FlipByte:
    """Return the sabotage of a relation's backup."""
    return FlipByte.model_validate({"service": "db", "in": "backup", "relation": relation})


def test_a_flipped_byte_in_the_backup_fails_its_restore(lab: Lab) -> None:
    """The table has rows that are compared, and pgBackRest refuses the file."""
    finding = flip("public.orders").spoil(lab)
    refused = restore(lab)
    flip("public.orders").spoil(lab)
    label = repository(lab).newest_backup()["label"]
    assert finding.state == State.HELD
    assert finding.says == f"db: one bit of public.orders in backup {label} is flipped; 1000 of its rows are compared"
    assert finding.seen["before"] ^ finding.seen["after"] == 1
    assert "checksum" in refused


def test_a_flipped_byte_that_no_check_compares_does_not_matter(lab: Lab) -> None:
    """A system table's rows are compared by their meaning only."""
    finding = flip("pg_catalog.pg_proc").spoil(lab)
    flip("pg_catalog.pg_proc").spoil(lab)
    assert (finding.state, finding.seen["compared_rows"]) == (State.VIOLATED, 0)


def test_a_table_without_a_file_in_the_backup_cannot_be_spoilt(lab: Lab) -> None:
    """It was made later."""
    lab.sql("db", "CREATE TABLE later ()")
    with pytest.raises(StepFailedError) as caught:
        flip("public.later").spoil(lab)
    lab.sql("db", "DROP TABLE later")
    label = repository(lab).newest_backup()["label"]
    assert caught.value.message.startswith(f"db: backup {label} has no file of its own for public.later (base/")


def test_a_missing_segment_lies_between_the_backup_and_a_later_one(lab: Lab) -> None:
    """What is archived behind the gap is out of reach."""
    finding = MissingWal(service="db").spoil(lab)
    seen = finding.seen
    assert finding.state == State.HELD
    assert seen["backup_stop"] < seen["missing"] < seen["later"][0]
    assert seen["missing"] not in repository(lab).segments()
    assert seen["later"][0] in repository(lab).segments()


def test_a_forked_archive_has_a_younger_timeline_that_ends_at_once(lab: Lab) -> None:
    """Its history says where it forked off, and its segment is the old one's first page."""
    finding = ForkArchive(service="db").spoil(lab)
    hidden, fork = finding.seen["hidden"], finding.seen["fork"]
    assert (finding.state, fork) == (State.HELD, f"00000002{hidden[8:]}")
    assert {hidden, fork} <= {*repository(lab).segments()}
    fetched = "/dev/shm/history"  # noqa: S108 - in the container
    repository(lab).run(["pgbackrest", "--stanza=main", "archive-get", "00000002.history", fetched])
    told = lab.execute("db", ["cat", fetched]).output
    assert told == f"1\t0/{int(hidden[16:], 16):X}000028\tno recovery target specified\n"
    spoilt = lab.execute("db", ["sh", "-c", "ls /tmp | grep -c '^tmp[.]'"]).output
    assert spoilt.strip() == "0"


def test_a_segment_with_a_flipped_byte_ends_before_its_end(lab: Lab) -> None:
    """Some of its records are out of reach, and with them all that follows."""
    finding = FlipWalByte(service="db").spoil(lab)
    segment = finding.seen["file"].rpartition("/")[2][:24]
    records, readable = finding.seen["records"], finding.seen["readable"]
    assert 0 <= readable < records
    assert (finding.state, finding.says) == (
        State.HELD,
        f"db: one bit of segment {segment} is flipped in the archive; {readable} of its {records} records can be read",
    )


def test_a_segment_that_is_too_young_to_matter_is_waited_for(lab: Lab) -> None:
    """Less than the RPO would be lost."""
    finding = MissingWal(service="db", within="1ms").spoil(lab)
    says = "db: no segment after the newest backup was 1 s old and followed by another"
    assert (finding.state, finding.says) == (State.VIOLATED, says)


def test_archiving_reports_success_and_stores_nothing(lab: Lab) -> None:
    """The server counts the segment as archived and no failure; the repository has it not."""
    finding = ArchiveNothing(service="db").spoil(lab)
    lab.execute("db", ["rm", "/etc/pgbackrest/conf.d/archive-nothing.conf"], user="root")
    assert finding.state == State.HELD
    assert finding.seen["failed"] == 0
    assert finding.seen["segment"] not in repository(lab).segments()


def test_archiving_that_has_nothing_to_archive_is_not_confirmed(lab: Lab) -> None:
    """Without a segment there is nothing that could vanish."""
    finding = ArchiveNothing(service="db", within="1ms").spoil(lab)
    lab.execute("db", ["rm", "/etc/pgbackrest/conf.d/archive-nothing.conf"], user="root")
    assert (finding.state, finding.says) == (State.VIOLATED, "db: no segment vanished within 0.001 s")


def test_no_write_is_acknowledged_while_writes_are_blocked(lab: Lab) -> None:
    """The ledger's commits wait; they go on when the standby is no longer asked for."""
    finding = BlockWrites(service="db").spoil(lab)
    lab.clock.sleep(0.3)  # the last of the writers hears of the new setting
    first, second = lab.ledgers["db"].status(), lab.ledgers["db"].next_status(1)
    lab.sql("db", "ALTER SYSTEM RESET synchronous_standby_names")
    lab.sql("db", "SELECT pg_reload_conf()")
    assert finding.state == State.HELD
    assert finding.seen["waiting_commits"] >= 1
    assert first.last_acknowledged == second.last_acknowledged


@pytest.mark.parametrize(
    ("how", "gone", "new"),
    [("delete", 5, 0), ("alter", 5, 5), ("invent", 0, 5), ("duplicate", 0, 5)],
)
def test_the_ledger_is_tampered_with_in_as_many_rows_as_asked(lab: Lab, how: str, gone: int, new: int) -> None:
    """Rows of old are gone, and rows that the ledger never wrote are there."""
    lab.ledgers["db"].stop()
    before = ledger_rows(lab)
    finding = TamperLedger.model_validate({"service": "db", "how": how}).spoil(lab)
    after = ledger_rows(lab)
    assert (finding.state, finding.says) == (State.HELD, f"db: {how} hit 5 rows of the ledger")
    assert len(set(before) - set(after)) == gone
    assert len(after) == len(before) - gone + new
    if how == "duplicate":
        assert set(after) == set(before)


def test_rows_that_are_not_there_cannot_be_tampered_with(lab: Lab) -> None:
    """More rows than the table has are not confirmed."""
    finding = TamperLedger(service="db", how="alter", rows=10**7).spoil(lab)
    assert finding.state == State.VIOLATED


def test_altered_rows_differ_in_a_column_without_index(lab: Lab) -> None:
    """So that only a comparison of rows can tell."""
    assert AlterRows(service="db", table="public.orders", rows=3).spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="db: 3 rows of public.orders have another amount",
        seen={"column": "amount", "rows": 3},
    )


def test_a_table_without_such_a_column_is_not_altered(lab: Lab) -> None:
    """It is said, for the file names the table."""
    lab.sql("db", "CREATE TABLE words (word text)")
    with pytest.raises(StepFailedError) as caught:
        AlterRows(service="db", table="public.words").spoil(lab)
    assert caught.value.message == "db: public.words has no column of numbers that no index holds"


def test_a_stale_index_finds_fewer_rows(lab: Lab) -> None:
    """The rows are there, and the index does not lead to them."""
    assert StaleIndex(service="db", index="public.orders_pkey").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="db: public.orders_pkey finds 995 of the 1000 rows of orders",
        seen={"rows": 1000, "through_index": 995},
    )


def test_nothing_but_the_index_is_spoilt(lab: Lab) -> None:
    """Rows that refer to those written anew stay, and no trigger writes more."""
    lab.sql("db", "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(1, 10)")
    lab.sql("db", "CREATE TABLE child (parent int REFERENCES parent ON DELETE CASCADE); INSERT INTO child TABLE parent")
    assert StaleIndex(service="db", index="public.parent_pkey").spoil(lab).state == State.HELD
    assert lab.sql("db", "SELECT count(*) FROM child") == [(10,)]
    lab.sql("db", "DROP TABLE child, parent")


def test_an_index_of_an_empty_table_cannot_be_stale(lab: Lab) -> None:
    """There is nothing it could miss."""
    lab.sql("db", "CREATE TABLE nobody (id int PRIMARY KEY)")
    assert StaleIndex(service="db", index="public.nobody_pkey").spoil(lab).state == State.VIOLATED


def test_a_lock_left_behind_keeps_tables_from_being_made(lab: Lab) -> None:
    """Until somebody decides what becomes of the transaction."""
    finding = HoldCatalogLock(service="db").spoil(lab)
    lab.sql("db", "ROLLBACK PREPARED 'drillmaster-orphan'")
    refusal = "canceling statement due to lock timeout (SQLSTATE 55P03)"
    assert finding == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says=f"db: making a table: {refusal}",
        seen={"refusal": refusal},
    )


def test_a_server_turned_read_only_refuses_a_table(lab: Lab) -> None:
    """With the server's own refusal."""
    finding = TurnReadOnly(service="db").spoil(lab)
    lab.sql("db", "ALTER SYSTEM RESET default_transaction_read_only")
    lab.sql("db", "SELECT pg_reload_conf()")
    lab.clock.sleep(0.3)
    refusal = "cannot execute CREATE TABLE in a read-only transaction (SQLSTATE 25006)"
    assert (finding.state, finding.says) == (State.HELD, f"db: making a table: {refusal}")


@pytest.mark.parametrize(
    ("what", "made", "statement"),
    [
        ("index", "CREATE INDEX by_amount ON orders (amount)", "DROP INDEX by_amount"),
        ("extension", "CREATE EXTENSION pgcrypto", "DROP EXTENSION pgcrypto"),
        ("privilege", "SELECT", "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC"),
        ("role", "CREATE ROLE auditor", "DROP ROLE auditor"),
        ("policy", "CREATE POLICY own ON orders", "DROP POLICY own ON orders"),
    ],
)
def test_one_object_is_lost_and_nothing_else(lab: Lab, what: str, made: str, statement: str) -> None:
    """The first of its sort; a second look does not find it."""
    lab.sql("db", made)
    finding = LoseObject.model_validate({"service": "db", "what": what}).spoil(lab)
    assert (finding.state, finding.says) == (State.HELD, f"db: {statement}")
    assert finding.seen["after"] == finding.seen["before"] - 1


def test_what_is_not_there_cannot_be_lost(lab: Lab) -> None:
    """It is said."""
    with pytest.raises(StepFailedError) as caught:
        LoseObject(service="db", what="policy").spoil(lab)
    assert caught.value.message == "db: its database has no policy to lose"


@pytest.mark.parametrize("kind", [AlterRows, StaleIndex])
def test_without_a_table_named_the_largest_that_is_compared_is_spoilt(lab: Lab, kind: type[AlterRows]) -> None:
    """Chosen when it is done: a drill that names none can be spoilt too."""
    finding = kind(service="db").spoil(lab)
    assert finding.state == State.HELD
    assert "orders" in finding.says


def test_an_open_network_leads_out(lab: Lab) -> None:
    """The container's default route is the new network's, and goes with the lab."""
    finding = OpenNetwork(service="db").spoil(lab)
    gateway = lab.ports.docker.network_gateway(f"{lab.network}-open")
    assert (finding.state, finding.says) == (State.HELD, f"db has a default route over {gateway}")


def test_a_fault_in_sql_is_confirmed_by_what_changed(lab: Lab) -> None:
    """The query is false before and true after; the same fault again changes nothing."""
    lab.sql("db", "CREATE TABLE colours AS SELECT 'red' AS colour")
    sabotage = spoil_sql("UPDATE colours SET colour = 'blue'", "SELECT colour = 'blue' FROM colours")
    assert sabotage.spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="db: what confirms the sabotage was false before it and is true after it",
        seen={"before": False, "after": True},
    )
    assert sabotage.spoil(lab).state == State.VIOLATED


def test_a_fault_in_sql_is_not_done_when_it_cannot_be_confirmed(lab: Lab) -> None:
    """A query that answers no boolean is told before anything is spoilt."""
    with pytest.raises(StepFailedError) as caught:
        spoil_sql("DROP TABLE orders", "SELECT count(*) FROM orders").spoil(lab)
    assert caught.value.message == "the confirming query returned no single boolean: SELECT count(*) FROM orders"
    assert lab.sql("db", "SELECT to_regclass('orders') IS NOT NULL") == [(True,)]


def test_a_fault_by_a_command_is_put_in_as_the_user_asked_for(lab: Lab) -> None:
    """A real shell, and a file of that user's."""
    settings = {"service": "db", "run": "touch /tmp/gone", "confirm": "test -O /tmp/gone", "as": "postgres"}
    assert SpoilCommand.model_validate(settings).spoil(lab).state == State.HELD


def spoil_sql(statement: str, question: str) -> SpoilSql:
    """Return a fault in `db`."""
    return SpoilSql.model_validate({"service": "db", "run": statement, "confirm": question})
