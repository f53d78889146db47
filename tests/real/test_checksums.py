"""Pages that rot on disk: put there as a disk would, noticed by a look at every page alone, and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import CannotRunError, StepFailedError
from orchestrator.kinds.checks.postgres_amcheck import PostgresAmcheck
from orchestrator.kinds.checks.postgres_checksums import PostgresChecksums
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.disasters.corrupt_file import CorruptFile
from orchestrator.kinds.sabotage.corrupt_page import CorruptPage
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.lab import Lab

CHECK = PostgresChecksums(service="db")
ORDERS = CorruptFile(service="db", relation="public.orders")
TABLESPACE = ["install", "-d", "-o", "postgres", "-m", "0700", "/var/lib/postgresql/data/elsewhere"]


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file, with a table of many pages and one of one."""
    with postgres_lab(tmp_path_factory.mktemp("checksums")) as lab:
        lab.loaded.drill.workload[0].prepare(lab)
        lab.sql("db", "INSERT INTO drillmaster.ledger VALUES (1, 1, 1)")
        yield lab


@pytest.fixture
def lab(standing: Lab) -> Lab:
    """Return the lab with sound tables, written to disk."""
    standing.sql("db", "DROP TABLE IF EXISTS orders, few")
    standing.sql("db", "CREATE TABLE orders AS SELECT id, 'order ' || id AS word FROM generate_series(1, 20000) AS id")
    standing.sql("db", "CREATE TABLE few AS SELECT 1 AS id")
    standing.sql("db", "CREATE INDEX orders_id ON orders (id)")
    standing.sql("db", "CHECKPOINT")
    return standing


def look(lab: Lab) -> Finding:
    """Return what the check finds."""
    [finding] = CHECK.look(lab)
    assert finding.seen, finding.says
    return finding


def test_every_page_of_a_sound_cluster_is_verified(lab: Lab) -> None:
    """All databases, templates and system tables, and the pages of the big table among them."""
    seen = look(lab)
    [(pages,)] = lab.sql("db", "SELECT (sum(pg_database_size(oid)) / 8192)::int FROM pg_database")
    assert (seen.state, seen.seen["damaged"]) == (State.HELD, ())
    assert seen.seen["files"] > 700
    assert int(str(pages)) * 0.98 < seen.seen["pages"] < int(str(pages)) * 1.1


def test_verifying_makes_the_server_write_and_switch_nothing(lab: Lab) -> None:
    """Else polling it would bound the loss that is to be measured."""
    query = """SELECT (SELECT checkpoint_lsn FROM pg_control_checkpoint()), pg_walfile_name(pg_current_wal_lsn()),
                      (SELECT count(*) FROM pg_extension WHERE extname = 'pageinspect')"""
    before = lab.sql("db", query)
    look(lab)
    assert lab.sql("db", query) == before
    assert before[0][2] == 0


def test_a_relation_that_rots_is_confirmed_and_found_at_its_page(lab: Lab) -> None:
    """The page is named with its table; the server itself refuses it, for it has forgotten the sound one."""
    assert ORDERS.confirm(lab).state == State.VIOLATED
    ORDERS.inject(lab)
    confirmed = ORDERS.confirm(lab)
    assert confirmed.state == State.HELD, confirmed
    file = confirmed.seen["path"].removeprefix("/var/lib/postgresql/data/")
    page = f"{file} page {confirmed.seen['at'] // 8192} of public.orders"
    found = look(lab)
    assert (found.state, found.seen["damaged"]) == (State.VIOLATED, (page,))
    assert found.says == f"db: 1 of {found.seen['pages']} pages are damaged: {page}"
    with pytest.raises(StepFailedError, match="invalid page in block"):
        lab.sql("db", "SELECT count(word) FROM orders")


def test_an_index_rots_as_well(lab: Lab) -> None:
    """Where entries lie, not in what the access method keeps at the page's end."""
    disaster = CorruptFile(service="db", relation="public.orders_id")
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD
    assert look(lab).seen["damaged"][0].endswith(" of public.orders_id")


def test_free_space_that_rots_is_not_confirmed(lab: Lab) -> None:
    """No data is hit, although the page's checksum is wrong: another drill."""
    disaster = CorruptFile(service="db", relation="public.few", at=4000)
    disaster.inject(lab)
    confirmed = disaster.confirm(lab)
    assert (confirmed.state, confirmed.says.endswith("has free space at 4000: no data is hit")) == (
        State.VIOLATED,
        True,
    )
    assert look(lab).state == State.VIOLATED


def test_an_empty_relation_cannot_rot(lab: Lab) -> None:
    """It is told before the service is stopped."""
    lab.sql("db", "CREATE TABLE IF NOT EXISTS nothing ()")
    with pytest.raises(StepFailedError) as caught:
        CorruptFile(service="db", relation="public.nothing").inject(lab)
    assert caught.value.message == "public.nothing: it is empty: its file has no page"
    with pytest.raises(StepFailedError, match="does not exist"):
        CorruptFile(service="db", relation="public.no'body").inject(lab)
    assert lab.is_running("db")


def test_a_page_below_the_cache_is_found_by_its_checksum_alone(lab: Lab) -> None:
    """Queries and amcheck are answered from memory, rightly."""
    others = (PostgresContent(service="db"), PostgresAmcheck(service="db"))
    others[0].remember(lab)
    sabotage = CorruptPage(service="db", table="public.orders")
    finding = sabotage.spoil(lab)
    assert finding.state == State.HELD, finding
    assert [check.look(lab)[0].state for check in others] == [State.HELD, State.HELD]
    assert look(lab).seen["damaged"][0].endswith(f"page {finding.seen['at'] // 8192} of public.orders")


def test_tablespaces_and_pages_that_were_never_used_belong_to_it(lab: Lab) -> None:
    """A page of zeros is sound, one of almost only zeros is not; of another database the file alone is named."""
    lab.execute("db", TABLESPACE)
    lab.sql("db", "CREATE TABLESPACE elsewhere LOCATION '/var/lib/postgresql/data/elsewhere'")
    lab.sql("db", "CREATE DATABASE far")
    lab.sql("db", "CREATE TABLE away TABLESPACE elsewhere AS SELECT 1 AS one; CHECKPOINT", "far")
    [(path,)] = lab.sql("db", "SELECT pg_relation_filepath('away')", "far")
    file = f"/var/lib/postgresql/data/{path}"
    lab.execute("db", ["truncate", "--size=+8192", file])
    assert look(lab).state == State.HELD
    lab.overwrite("db", file.replace(f"pg_tblspc/{str(path).split('/')[1]}", "elsewhere"), 8192 + 5000, b"x")
    damaged = look(lab).seen["damaged"]
    lab.sql("db", "DROP DATABASE far")
    lab.sql("db", "DROP TABLESPACE elsewhere")
    assert damaged == (f"{path} page 1",)


def test_a_cluster_without_checksums_cannot_be_verified(tmp_path: Path) -> None:
    """It is told how to have them."""
    with postgres_lab(tmp_path) as lab:
        lab.stop("db", 60)
        lab.replace("db")
        lab.execute("db", ["pg_checksums", "--disable", "--pgdata=/var/lib/postgresql/data"], user="postgres")
        lab.ports.docker.release(lab.container("db"))
        lab.wait_ready("db", 30)
        with pytest.raises(CannotRunError) as caught:
            CHECK.look(lab)
    assert (caught.value.message, caught.value.hint) == (
        "the cluster has no data checksums, so no page can be verified",
        "initdb --data-checksums, or pg_checksums --enable while the server is stopped",
    )
