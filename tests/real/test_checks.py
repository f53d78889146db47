"""Every check on a real server: held on a healthy one, violated by exactly the fault it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.content import Content, differences
from orchestrator.kinds.checks.no_egress import NoEgress
from orchestrator.kinds.checks.postgres_amcheck import PostgresAmcheck
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.checks.postgres_query import PostgresQuery
from orchestrator.kinds.checks.postgres_writable import PostgresWritable
from orchestrator.kinds.sabotage.hold_catalog_lock import HoldCatalogLock
from orchestrator.kinds.sabotage.open_network import OpenNetwork
from orchestrator.kinds.sabotage.stale_index import StaleIndex
from orchestrator.postgresql.reading import take
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.kind import Check
    from orchestrator.core.lab import Lab

# Room for few locks: a check that kept those of every table would run out of it.
SETTINGS = """
lab: {services: {db: {settings: {max_prepared_transactions: 1, max_locks_per_transaction: 10, max_connections: 25}}}}
"""
CHECKS = (
    PostgresContent(service="db"),
    PostgresAmcheck(service="db"),
    PostgresWritable(service="db"),
    NoEgress(service="db"),
)
SHOP = """
    CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, born timestamptz);
    INSERT INTO customers SELECT n, 'c' || n, '2000-01-01'::timestamptz + n * interval '1 day'
    FROM generate_series(1, 1000) AS n;
    CREATE TABLE orders (id serial PRIMARY KEY, customer bigint REFERENCES customers, amount numeric);
    INSERT INTO orders (customer, amount) SELECT n, n / 3.0 FROM generate_series(1, 1000) AS n;
    CREATE INDEX orders_amount ON orders (amount);
    CREATE UNLOGGED TABLE scratch AS SELECT 1 AS one;
    CREATE VIEW rich AS SELECT * FROM orders WHERE amount > 100;
    CREATE FUNCTION tax(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.19';
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch();
    ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON customers USING (id > 0);
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    SELECT lo_from_bytea(4711, 'a large object');
"""
# In types whose values are easily told apart wrongly: equal but not the same, nested, without an equality.
ODD = """
    CREATE SCHEMA "Odd ""name";
    CREATE TABLE "Odd ""name"."it's" ("a b" int, t text, "T" text[]);
    INSERT INTO "Odd ""name"."it's" VALUES (1, 'x', '{a,b}'), (1, 'x', '{a,b}'), (NULL, NULL, NULL);
    CREATE TABLE nothing ();
    INSERT INTO nothing DEFAULT VALUES;
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TABLE odd (n numeric, f float8, j json, b jsonb, x xml, p point, c pair, d positive, m money, r int4range,
                      i interval, z timestamptz, k "char", y bytea, g int GENERATED ALWAYS AS (1) STORED);
    INSERT INTO odd VALUES (1.00, '-0', '{"a": 1}', '{"a": 1.0}', '<a/>', '(1,2)', '(1,z)', 5, 5.5, '[1,5)',
                            '1 month', now(), 'q', '\\x00ff');
    CREATE TABLE parted (id int, v text) PARTITION BY RANGE (id);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
    INSERT INTO parted SELECT n, n::text FROM generate_series(0, 9) AS n;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM parted;
    CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
    CREATE SEQUENCE down INCREMENT -1;
    SELECT nextval('down');
    ALTER TABLE customers ADD COLUMN dropped int;
    ALTER TABLE customers DROP COLUMN dropped;
    GRANT SELECT ON customers TO pg_monitor;
    REVOKE EXECUTE ON FUNCTION tax FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor;
    CREATE PUBLICATION all_of_it FOR TABLE parted;
    CREATE STATISTICS both_columns ON id, v FROM parted;
"""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file."""
    with postgres_lab(tmp_path_factory.mktemp("checks"), SETTINGS) as lab:
        yield lab


@pytest.fixture
def lab(standing: Lab) -> Lab:
    """Return the lab with a database `shop` in its first state, which the content check remembers."""
    standing.sql("db", "DROP DATABASE IF EXISTS shop WITH (FORCE)")
    standing.sql("db", "CREATE DATABASE shop")
    standing.sql("db", SHOP, "shop")
    CHECKS[0].remember(standing)
    return standing


def look(lab: Lab, check: Check) -> Finding:
    """Return what the check finds."""
    [finding] = check.look(lab)
    return finding


def states(lab: Lab) -> dict[str, State]:
    """Return what all checks find."""
    return {check.kind: look(lab, check).state for check in CHECKS}


def all_held_but(*violated: str) -> dict[str, State]:
    """Return the states of a system with these faults."""
    return {check.kind: State.VIOLATED if check.kind in violated else State.HELD for check in CHECKS}


def test_a_healthy_system_passes_every_check(lab: Lab) -> None:
    """The checks see all of it: two databases, their tables, rows and definitions."""
    assert states(lab) == all_held_but()
    seen = look(lab, CHECKS[0]).seen
    assert (seen["databases"], seen["tables"], seen["rows"]) == (3, 5, 2001)
    assert seen["excluded"] == ["drillmaster.*"]
    assert look(lab, CHECKS[1]).seen["relations"] > 300


def test_the_checks_leave_nothing_behind(lab: Lab) -> None:
    """Neither amcheck's extension nor the table that was written to: the recovered data stays as it was found."""
    states(lab)
    assert lab.sql("db", "SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'", "shop") == [(0,)]
    assert look(lab, CHECKS[0]).state == State.HELD


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("DELETE FROM orders WHERE id = 5", "public.orders has 999 rows, not 1000"),
        ("UPDATE orders SET amount = 0 WHERE id = 5", "public.orders has other values in as many rows (1000)"),
        (
            "UPDATE orders SET amount = trim_scale(amount) WHERE id = 3",
            "public.orders has other values in as many rows (1000)",
        ),
        (
            "UPDATE customers SET name = (ARRAY['c2', 'c1'])[id] WHERE id < 3",
            "public.customers has other values in as many rows (1000)",
        ),
        (
            "SET session_replication_role = replica; UPDATE customers SET id = id + 4294967295 WHERE id = 5",
            "public.customers has other values in as many rows (1000)",
        ),
        ("DROP VIEW rich", "relation public.rich missing"),
        ("CREATE TABLE of_nobody ()", "relation public.of_nobody added"),
        ("DROP INDEX orders_amount", "index public.orders_amount missing"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orders_amount'::regclass",
            "index public.orders_amount changed",
        ),
        (
            "UPDATE pg_constraint SET convalidated = false WHERE conname = 'orders_customer_fkey'",
            "constraint orders_customer_fkey on public.orders changed",
        ),
        ("ALTER TABLE orders ALTER amount SET DEFAULT 1", "columns of public.orders changed"),
        (
            "CREATE OR REPLACE FUNCTION tax(amount numeric) RETURNS numeric LANGUAGE sql AS 'SELECT amount * 0.16'",
            "function public.tax(numeric) changed",
        ),
        ("ALTER TABLE orders DISABLE TRIGGER touched", "trigger touched on public.orders changed"),
        ("DROP POLICY own ON customers", "policy own on public.customers missing"),
        ("GRANT SELECT ON orders TO PUBLIC", "privileges on relation public.orders added"),
        ("ALTER TYPE mood ADD VALUE 'calm'", "type public.mood changed"),
        ("SELECT setval('orders_id_seq', 7)", "sequence public.orders_id_seq is behind by 993"),
        (
            "SELECT lo_put(4711, 0, 'A')",
            "pg_catalog.pg_largeobject has other values in as many rows (1)",
        ),
        ("DROP EXTENSION plpgsql CASCADE", "extension plpgsql missing"),
    ],
)
def test_content_names_what_differs(lab: Lab, fault: str, says: str) -> None:
    """Every kind of change to what a database holds is found, and named without its rows."""
    lab.sql("db", fault, "shop")
    finding = look(lab, CHECKS[0])
    assert finding.state == State.VIOLATED
    assert f"shop: {says}" in finding.seen["differences"]


@pytest.mark.parametrize(
    ("fault", "undo", "says"),
    [
        ("CREATE ROLE intruder", "DROP ROLE intruder", "role intruder added"),
        (
            "ALTER DATABASE shop SET work_mem = '1MB'",
            "ALTER DATABASE shop RESET work_mem",
            "settings in database shop added",
        ),
        (
            "ALTER ROLE postgres CONNECTION LIMIT 50",
            "ALTER ROLE postgres CONNECTION LIMIT -1",
            "role postgres changed",
        ),
        ("DROP DATABASE shop WITH (FORCE)", "CREATE DATABASE shop", "shop cannot be read: the database is missing"),
    ],
)
def test_content_names_what_differs_in_the_cluster(lab: Lab, fault: str, undo: str, says: str) -> None:
    """Roles, settings and whole databases belong to the content."""
    lab.sql("db", fault)
    finding = look(lab, CHECKS[0])
    lab.sql("db", undo)
    assert finding.state == State.VIOLATED
    assert says in finding.seen["differences"]


def test_what_a_crash_changes_is_no_difference(lab: Lab) -> None:
    """A sequence that is ahead, and an unlogged table without its rows."""
    lab.sql("db", "SELECT nextval('orders_id_seq'); TRUNCATE scratch", "shop")
    assert look(lab, CHECKS[0]).state == State.HELD


def test_excluded_tables_may_change_their_rows_and_nothing_else(lab: Lab) -> None:
    """The exclusion is named in the finding; a check without it beside it still compares them."""
    check = PostgresContent(service="db", exclude=["public.ord*"])
    check.remember(lab)
    lab.sql("db", "DELETE FROM orders", "shop")
    finding = look(lab, check)
    assert (finding.state, finding.seen["excluded"]) == (State.HELD, ["drillmaster.*", "public.ord*"])
    assert look(lab, CHECKS[0]).says == "db: shop: public.orders has 0 rows, not 1000"
    lab.sql("db", "DROP TABLE orders CASCADE", "shop")
    assert look(lab, check).state == State.VIOLATED


def test_many_differences_are_counted_beyond_the_first_twenty(lab: Lab) -> None:
    """The record stays readable."""
    lab.sql("db", "DROP TABLE customers, orders CASCADE; DROP FUNCTION tax, touch; DROP TYPE mood", "shop")
    finding = look(lab, CHECKS[0])
    assert len(finding.seen["differences"]) == 20
    assert finding.says == (
        f"db: shop: relation public.customers missing, and {19 + finding.seen['further_differences']} more differences"
    )


def test_content_without_a_memory_is_unknown(lab: Lab) -> None:
    """There is nothing to compare with."""
    lab._manifests.clear()
    says = "db: nothing was remembered before the disaster to compare with"
    assert look(lab, CHECKS[0]) == Finding(name="postgres-content", state=State.UNKNOWN, says=says)


def test_a_table_that_cannot_be_read_is_named(lab: Lab) -> None:
    """With the server's message; the tables beside it are compared all the same."""
    lab.sql("db", "CHECKPOINT")
    [(path,)] = lab.sql(
        "db", "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('orders')", "shop"
    )
    lab.execute("db", ["mv", str(path), f"{path}.away"])
    finding = look(lab, CHECKS[0])
    assert finding.state == State.VIOLATED
    relative = str(path).removeprefix("/var/lib/postgresql/data/")
    error = f'could not open file "{relative}": No such file or directory (SQLSTATE 58P01)'
    assert finding.seen["differences"] == [f"shop: public.orders cannot be read: {error}"]


def test_content_is_the_same_after_a_dump(lab: Lab) -> None:
    """What is compared depends neither on OIDs nor on the order of rows, nor on who asks."""
    lab.sql("db", ODD, "shop")
    lab.sql("db", "DROP DATABASE IF EXISTS copy WITH (FORCE)")
    lab.sql("db", "CREATE DATABASE copy")
    lab.sql("db", "ALTER DATABASE copy SET TimeZone = 'Asia/Tokyo'")
    lab.sql("db", "ALTER DATABASE copy SET bytea_output = 'escape'")
    copied = lab.execute("db", ["sh", "-c", "pg_dump -U postgres shop | psql -v ON_ERROR_STOP=1 -q -U postgres copy"])
    assert copied.exit_code == 0, copied.output
    content = take(lab.access("db"), [])
    lab.sql("db", "DROP DATABASE copy")
    before, after = (
        Content(major=content.major, excluded=(), objects={}, databases={"": content.databases[name]})
        for name in ("shop", "copy")
    )
    assert content.errors == []
    assert before.totals["tables"] == 8
    assert list(differences(before, after)) == []


def test_tables_by_the_hundred_fit_where_few_locks_do(lab: Lab) -> None:
    """Looking takes no lock for longer than a batch of tables."""
    lab.sql(
        "db",
        "DO $$ BEGIN FOR n IN 1..500 LOOP"
        " EXECUTE format('CREATE TABLE many_%s (id int PRIMARY KEY)', n); COMMIT; END LOOP; END $$",
        "shop",
    )
    content = take(lab.access("db"), [])
    assert content.errors == []
    assert content.totals["tables"] == 505
    assert look(lab, CHECKS[1]).state == State.HELD


def test_an_index_that_misses_rows_is_found_by_amcheck_alone(lab: Lab) -> None:
    """The rows are as they were, and a server with such an index reads and writes."""
    lab.sql("db", "CREATE TABLE indexed AS SELECT generate_series(1, 100) AS id; CREATE INDEX stale ON indexed (id)")
    CHECKS[0].remember(lab)
    StaleIndex(service="db", index="public.stale", rows=3).spoil(lab)
    found, finding = states(lab), look(lab, CHECKS[1])
    lab.sql("db", "DROP TABLE indexed")
    assert found == all_held_but("postgres-amcheck")
    problem = 'heap tuple (0,101) from table "indexed" lacks matching index tuple within index "stale" (SQLSTATE XX001)'
    assert finding.seen["problems"] == [f"postgres: public.stale: {problem}"]


def test_a_damaged_table_is_found_by_amcheck(lab: Lab) -> None:
    """A row older than the table's own freeze limit, which is how lost transaction status shows."""
    lab.sql("db", "UPDATE pg_class SET relfrozenxid = pg_current_xact_id()::xid WHERE relname = 'orders'", "shop")
    finding = look(lab, CHECKS[1])
    assert finding.state == State.VIOLATED
    assert finding.says.startswith("db: 1 of ")
    assert "relations are damaged: shop: public.orders: xmin " in finding.says


def test_a_lock_left_behind_is_found_by_writing_alone(lab: Lab) -> None:
    """Rows are read and verified; only a new table tells."""
    HoldCatalogLock(service="db").spoil(lab)
    check = PostgresWritable(service="db", within="300ms")
    found = states(lab) | {check.kind: look(lab, check).state}
    finding = look(lab, check)
    lab.sql("db", "ROLLBACK PREPARED 'drillmaster-orphan'")
    assert found == all_held_but("postgres-writable")
    assert finding.says == "db: postgres: canceling statement due to lock timeout (SQLSTATE 55P03)"


def test_a_database_that_only_reads_is_not_writable(lab: Lab) -> None:
    """Every database is tried, not only the application's."""
    lab.sql("db", "ALTER DATABASE shop SET default_transaction_read_only = on")
    finding = look(lab, CHECKS[2])
    lab.sql("db", "ALTER DATABASE shop RESET default_transaction_read_only")
    assert finding.state == State.VIOLATED
    assert finding.seen["failures"] == {
        "shop": "cannot execute DROP SCHEMA in a read-only transaction (SQLSTATE 25006)"
    }


def test_a_commit_that_no_standby_confirms_is_not_writable(lab: Lab) -> None:
    """The server gives up waiting with a mere warning, and the commit may be lost with it."""
    lab.sql("db", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    lab.sql("db", "SELECT pg_reload_conf()")
    finding = look(lab, PostgresWritable(service="db", within="300ms"))
    lab.sql("db", "ALTER SYSTEM RESET synchronous_standby_names")
    lab.sql("db", "SELECT pg_reload_conf()")
    assert finding.state == State.VIOLATED
    assert finding.seen["failures"]["shop"] == "canceling wait for synchronous replication due to user request"


def test_a_network_with_a_way_out_is_found_by_no_egress_alone(tmp_path: Path) -> None:
    """The lab's own network has none; that the engine's machine answers is told, and a violation only if strict."""
    with postgres_lab(tmp_path) as lab:
        CHECKS[0].remember(lab)
        closed, strict = look(lab, CHECKS[3]), look(lab, NoEgress(service="db", strict=True))
        OpenNetwork(service="db").spoil(lab)
        found, opened = states(lab), look(lab, CHECKS[3])
        gateway = lab.ports.docker.network_gateway(f"{lab.network}-open")
    answered = "answered" in closed.seen["engine"].values()
    assert closed.state == State.HELD
    assert strict.state == (State.VIOLATED if answered else State.HELD)
    assert ("the engine's own machine answers" in closed.says) == answered
    assert found == all_held_but("no-egress")
    assert opened.says.startswith(f"db has a way out: a default route over {gateway}")


@pytest.mark.parametrize(
    ("settings", "state", "says"),
    [
        ({"query": "SELECT count(*) FROM orders", "expect": 1000}, State.HELD, "the query's value is the expected one"),
        ({"query": "SELECT to_regclass('orders') IS NOT NULL"}, State.HELD, "the query's value is the expected one"),
        ({"query": "SELECT 1", "expect": 2}, State.VIOLATED, "the query's value is not the expected one"),
        ({"query": "SELECT 1 WHERE false"}, State.VIOLATED, "the query returned 0 rows, not one value"),
        ({"query": "SELECT id FROM orders"}, State.VIOLATED, "the query returned 1000 rows, not one value"),
        (
            {"query": "SELECT 1 FROM gone"},
            State.VIOLATED,
            'the query failed: relation "gone" does not exist (SQLSTATE 42P01)',
        ),
    ],
)
def test_a_query_is_compared_as_text(lab: Lab, settings: dict[str, object], state: State, says: str) -> None:
    """One value, equal or not; it stays out of the evidence."""
    check = PostgresQuery.model_validate({"service": "db", "database": "shop", **settings})
    assert look(lab, check) == Finding(name="postgres-query", state=state, says=f"db: {says}: {settings['query']}")


def test_a_stopped_server_fails_every_check_of_its_data(standing: Lab) -> None:
    """A refused login is a fault of what was recovered, never a doubt."""
    standing.ports.docker.stop(standing.container("db"), 10)
    try:
        found = [look(standing, check) for check in (*CHECKS, PostgresQuery(service="db", query="SELECT true"))]
    finally:
        standing.ports.docker.start(standing.container("db"))
        standing.wait_ready("db", 30)
    assert [finding.state for finding in found] == [
        State.VIOLATED,
        State.VIOLATED,
        State.VIOLATED,
        State.UNKNOWN,
        State.VIOLATED,
    ]
