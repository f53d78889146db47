"""The content check on every class of thing a database may hold: a change of one is found, a copy is the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.content import Content, differences
from orchestrator.postgresql.reading import take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

LONG = "l" * 63
TYPED = {
    "m": "'happy'",
    "d": "2",
    "c": "'(-0,a)'",
    "a": "'[0:1]={1,2}'",
    "aa": '\'{"a,b","NULL"}\'',
    "r": "'empty'",
    "mr": "'{[1,3)}'",
    "s": "'[1.5,2.5)'",
    "j": "'{\"a\":1}'",
    "jb": "'{\"a\": 1.00}'",
    "x": "'<a>y</a>'",
    "f": "0",
    "n": "1.0",
    "t": "'case'",
    "k": "'r'",
    "i": "'30 days'",
    "z": "'2026-01-01 00:00:00.000001+00'",
    "b": "'\\x00fe'",
    "bits": "'1010'",
    "ip": "'10.0.0.1/9'",
    "mac": "'08:00:2b:01:02:04'",
    "u": "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'",
    "v": "'a:1 b:3'",
    "p": "'(1,2.0000000000000004)'",
    "money": "12.35",
    "ty": "'int'",
}
"""One value of each type that is easily taken for the one that is there."""
SCHEMA = f"""
    -- partitions
    CREATE TABLE sold (id int NOT NULL, region text NOT NULL, amount numeric) PARTITION BY RANGE (id);
    CREATE TABLE sold_early PARTITION OF sold FOR VALUES FROM (0) TO (100) PARTITION BY LIST (region);
    CREATE TABLE sold_early_north PARTITION OF sold_early FOR VALUES IN ('north');
    CREATE TABLE sold_early_rest PARTITION OF sold_early DEFAULT;
    CREATE TABLE sold_rest PARTITION OF sold DEFAULT;
    ALTER TABLE sold ADD PRIMARY KEY (id, region);
    CREATE TABLE refunds (id int, region text, FOREIGN KEY (id, region) REFERENCES sold);
    CREATE INDEX sold_by_amount ON sold (amount);
    INSERT INTO sold SELECT n, (ARRAY['north', 'south'])[1 + n % 2], n FROM generate_series(0, 199) AS n;
    INSERT INTO refunds SELECT id, region FROM sold WHERE id % 10 = 0;
    CREATE TABLE hashed (id int PRIMARY KEY) PARTITION BY HASH (id);
    CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO hashed SELECT generate_series(1, 50);
    -- inheritance; the parent's late column comes last here, and first after a dump
    CREATE TABLE animal (name text, legs int);
    CREATE TABLE bird (wings int) INHERITS (animal);
    ALTER TABLE animal ADD COLUMN eats text DEFAULT 'corn';
    INSERT INTO animal VALUES ('dog', 4);
    INSERT INTO bird VALUES ('hen', 2, 2), ('owl', 2, 2);
    -- columns
    CREATE TABLE gross (net numeric, tax numeric GENERATED ALWAYS AS (net * 0.19) STORED);
    INSERT INTO gross VALUES (1.00), (2);
    CREATE TABLE stamped (id int GENERATED ALWAYS AS IDENTITY, was int, word text);
    ALTER TABLE stamped DROP COLUMN was;
    INSERT INTO stamped (word) VALUES ('a'), ('b');
    CREATE TABLE twins (a int, b text);
    INSERT INTO twins VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, 'y'), (2, 'y'), (NULL, NULL), (NULL, NULL);
    CREATE TABLE exchanged (a int, b text);
    INSERT INTO exchanged SELECT n, md5(n::text) FROM generate_series(1, 8) AS n;
    -- types
    CREATE TYPE mood AS ENUM ('sad', 'it''s, so so', 'happy');
    CREATE TYPE place AS (x float8, note text);
    CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TYPE span AS RANGE (SUBTYPE = float8);
    CREATE COLLATION folded (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
    CREATE TABLE typed (
        id int PRIMARY KEY, m mood, d positive, c place, a int[], aa text[], r int4range, mr int4multirange, s span,
        j json, jb jsonb, x xml, f float8, n numeric, t text COLLATE folded, k "char", i interval, z timestamptz,
        b bytea, bits varbit, ip inet, mac macaddr, u uuid, v tsvector, p point, money money, ty regtype);
    INSERT INTO typed SELECT
        n, 'sad', 1, '(0,a)', '{{1,2}}', '{{"a,b",NULL}}', '[1,5)', '{{[1,3),[5,7)}}', '[1.5,2.5]', '{{"a": 1}}',
        '{{"a": 1.0}}', '<a>x</a>', 'NaN', 1.00, 'Case', 'q', '1 month', '2026-01-01 00:00+00', '\\x00ff', '101',
        '10.0.0.1/8', '08:00:2b:01:02:03', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a:1 b:2', '(1,2)', 12.34,
        'public.mood'
    FROM generate_series(1, 24) AS n;
    INSERT INTO typed (id, f) VALUES (100, 'Infinity'::float8 - 'Infinity'::float8), (101, '-0'), (102, '-Infinity');
    DO $$ DECLARE one text; BEGIN FOREACH one IN ARRAY '{{{", ".join(TYPED)}}}'::text[] LOOP
        EXECUTE format('CREATE TABLE typed_%1$s AS SELECT id, %1$I FROM typed', one);
    END LOOP; END $$;
    -- names
    CREATE SCHEMA "a.b";
    CREATE TABLE "a.b".c (n int);
    CREATE SCHEMA a;
    CREATE TABLE a."b.c" (n int);
    CREATE TABLE a."it's ""odd"" \\ and
of two lines" ("a column" int, "größe" text, "%s" int, "{{}}" int);
    INSERT INTO a."it's ""odd"" \\ and
of two lines" VALUES (1, 'x', 2, 3);
    CREATE TABLE a."straße 🚲" (n int);
    INSERT INTO a."straße 🚲" VALUES (1);
    CREATE TABLE a.{LONG} ({LONG} int);
    INSERT INTO a.{LONG} VALUES (1);
    INSERT INTO a."b.c" VALUES (1);
    INSERT INTO "a.b".c VALUES (1), (2);
    CREATE TABLE nothing ();
    INSERT INTO nothing DEFAULT VALUES;
    INSERT INTO nothing DEFAULT VALUES;
    -- what holds no rows that a crash keeps, or derives them
    CREATE UNLOGGED TABLE scratch (id int GENERATED ALWAYS AS IDENTITY, n int);
    INSERT INTO scratch (n) SELECT generate_series(1, 5);
    CREATE MATERIALIZED VIEW sums AS SELECT region, sum(amount) FROM sold GROUP BY region;
    CREATE MATERIALIZED VIEW empty AS SELECT 1 AS one WITH NO DATA;
    CREATE TABLE elsewhere (n int) TABLESPACE other;
    INSERT INTO elsewhere VALUES (1);
    SELECT lo_from_bytea(n, ('object ' || n)::bytea) FROM generate_series(5001, 5003) AS n;
    GRANT SELECT ON LARGE OBJECT 5003 TO reader;
    -- definitions
    CREATE TYPE spot AS (x int);
    CREATE COLLATION bent FROM "C";
    CREATE EXTENSION pg_trgm;
    CREATE EXTENSION hstore;
    CREATE TABLE tagged (tags hstore);
    INSERT INTO tagged VALUES ('a=>1');
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
    CREATE FUNCTION thrice(n int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT n * 3; END;
    CREATE OPERATOR <<<< (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl);
    CREATE CAST (place AS text) WITH INOUT;
    CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
    CREATE VIEW few AS SELECT id, amount FROM sold WHERE amount < 10;
    CREATE VIEW joined AS SELECT s.id, count(*) FROM sold AS s JOIN refunds USING (id, region) GROUP BY s.id;
    CREATE RULE kept AS ON DELETE TO twins WHERE old.a = 7 DO INSTEAD NOTHING;
    CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE INSERT ON sold FOR EACH ROW EXECUTE FUNCTION touched();
    CREATE POLICY own ON twins USING (a > 0 AND EXISTS (SELECT FROM gross WHERE net > a));
    CREATE PUBLICATION news FOR TABLE twins WHERE (a > 0), stamped (id) WITH (publish = 'insert');
    CREATE SEQUENCE steps INCREMENT 10;
    SELECT setval('steps', 70, false);
    CREATE SEQUENCE down INCREMENT -2;
    SELECT nextval('down'), nextval('down');
    CREATE SEQUENCE round CYCLE MAXVALUE 3;
    GRANT SELECT, UPDATE ON twins TO reader;
    GRANT SELECT (b) ON twins TO PUBLIC;
    REVOKE UPDATE ON typed FROM CURRENT_USER;
    GRANT USAGE ON TYPE mood TO reader;
    REVOKE USAGE ON TYPE mood FROM reader;
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
    ALTER DEFAULT PRIVILEGES IN SCHEMA a GRANT USAGE ON SEQUENCES TO reader;
    ALTER TABLE typed ALTER t SET STATISTICS 500, ALTER j SET STORAGE EXTERNAL;
"""  # noqa: S608 - a test's own statements
CHANGES = [
    ("UPDATE sold SET amount = 0 WHERE id = 4", "public.sold_early_north has other values in as many rows (50)"),
    ("UPDATE sold SET amount = 0 WHERE id = 5", "public.sold_early_rest has other values in as many rows (50)"),
    ("DELETE FROM sold WHERE id = 199", "public.sold_rest has 99 rows, not 100"),
    ("INSERT INTO hashed VALUES (51)", "public.hashed_0 has 26 rows, not 25"),
    ("UPDATE ONLY animal SET eats = 'hay'", "public.animal has other values in as many rows (1)"),
    ("UPDATE bird SET wings = 1 WHERE name = 'owl'", "public.bird has other values in as many rows (2)"),
    ("UPDATE gross SET net = 1.0 WHERE net = 1", "public.gross has other values in as many rows (2)"),
    ("UPDATE stamped SET word = 'c' WHERE id = 2", "public.stamped has other values in as many rows (2)"),
    ("UPDATE twins SET a = 1 WHERE a IS NULL", "public.twins has other values in as many rows (7)"),
    (
        "UPDATE exchanged AS t SET b = u.b FROM exchanged AS u WHERE (t.a, u.a) IN ((1, 2), (2, 1))",
        "public.exchanged has other values in as many rows (8)",
    ),
    ('UPDATE a."b.c" SET n = 5', 'a."b.c" has other values in as many rows (1)'),
    ('UPDATE "a.b".c SET n = 5', '"a.b".c has other values in as many rows (2)'),
    (
        'UPDATE a."it\'s ""odd"" \\ and\nof two lines" SET "größe" = \'y\'',
        'a."it\'s ""odd"" \\\\ and\nof two lines" has other values in as many rows (1)',
    ),
    ('UPDATE a."straße 🚲" SET n = 2', 'a."straße 🚲" has other values in as many rows (1)'),
    (f"UPDATE a.{LONG} SET {LONG} = 2", f"a.{LONG} has other values in as many rows (1)"),  # noqa: S608 - as above
    ("INSERT INTO nothing DEFAULT VALUES", "public.nothing has 3 rows, not 2"),
    ("UPDATE elsewhere SET n = 2", "public.elsewhere has other values in as many rows (1)"),
    ("UPDATE tagged SET tags = 'a=>2'", "public.tagged has other values in as many rows (1)"),
    ("SELECT lo_put(5001, 0, 'O')", "pg_catalog.pg_largeobject has other values in as many rows (3)"),
    ("ALTER LARGE OBJECT 5002 OWNER TO reader", "owners of large objects changed"),
    ("REVOKE ALL ON LARGE OBJECT 5003 FROM reader", "privileges on large object 5003 missing"),
    ("REFRESH MATERIALIZED VIEW empty", "relation public.empty changed"),
    ("ALTER TYPE mood ADD VALUE 'calm'", "type public.mood changed"),
    ("ALTER DOMAIN positive DROP CONSTRAINT positive_check", "constraint positive_check on public.positive missing"),
    ("ALTER TYPE spot ADD ATTRIBUTE y int", "columns of public.spot changed"),
    ("DROP COLLATION bent", "collation public.bent missing"),
    ("ALTER TABLE gross ALTER tax DROP EXPRESSION", "columns of public.gross changed"),
    ("ALTER TABLE stamped ALTER word SET STATISTICS 10", "columns of public.stamped changed"),
    (
        "ALTER TABLE refunds DROP CONSTRAINT refunds_id_region_fkey",
        "constraint refunds_id_region_fkey on public.refunds missing",
    ),
    ("DROP INDEX sold_by_amount", "index public.sold_rest_amount_idx missing"),
    ("ALTER TABLE bird NO INHERIT animal", "relation public.bird changed"),
    ("ALTER TABLE hashed DETACH PARTITION hashed_0", "relation public.hashed_0 changed"),
    ("ALTER TABLE scratch ADD COLUMN m int", "columns of public.scratch changed"),
    ("ALTER TABLE elsewhere SET TABLESPACE pg_default", "relation public.elsewhere changed"),
    ("ALTER FUNCTION twice COST 7", "function public.twice(integer) changed"),
    ("DROP FUNCTION thrice", "function public.thrice(integer) missing"),
    ("DROP OPERATOR <<<< (int, int)", "operator public.<<<<(integer,integer) missing"),
    ("DROP CAST (place AS text)", "cast from public.place to text missing"),
    ("ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR word", "text search configuration public.plain changed"),
    ("CREATE OR REPLACE VIEW few AS SELECT id, amount FROM sold WHERE amount < 9", "query of public.few changed"),
    ("DROP VIEW joined", "query of public.joined missing"),
    ("DROP RULE kept ON twins", "rule kept on public.twins missing"),
    ("DROP TRIGGER touched ON sold", "trigger touched on public.sold_early_north missing"),
    ("ALTER POLICY own ON twins USING (a > 1)", "policy own on public.twins changed"),
    ("ALTER PUBLICATION news SET TABLE twins WHERE (a > 1), stamped (id)", "publication news changed"),
    ("ALTER EXTENSION pg_trgm SET SCHEMA a", "extension pg_trgm changed"),
    ("SELECT setval('steps', 60, false)", "sequence public.steps is behind by 10"),
    ("SELECT setval('down', -1)", "sequence public.down is behind by 2"),
    ("SELECT setval('stamped_id_seq', 1)", "sequence public.stamped_id_seq is behind by 1"),
    ("REVOKE UPDATE ON twins FROM reader", "privileges on relation public.twins changed"),
    ("REVOKE SELECT (b) ON twins FROM PUBLIC", "privileges on column b of public.twins missing"),
    ("GRANT UPDATE ON typed TO CURRENT_USER", "privileges on relation public.typed missing"),
    ("ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM reader", "privileges on new r of postgres missing"),
]
CHANGES += [
    (
        f"UPDATE typed_{name} SET {name} = {value} WHERE id = 24",  # noqa: S608 - as above
        f"public.typed_{name} has other values in as many rows (27)",
    )
    for name, value in TYPED.items()
]
FOLLOWS = {
    "columns of public.bird changed",
    "columns of public.joined missing",
    "constraint hashed_0_pkey on public.hashed_0 added",
    "index public.hashed_0_pkey changed",
    "index public.sold_by_amount missing",
    "index public.sold_early_amount_idx missing",
    "index public.sold_early_north_amount_idx missing",
    "index public.sold_early_rest_amount_idx missing",
    "relation public.joined missing",
    "trigger touched on public.sold missing",
    "trigger touched on public.sold_early missing",
    "trigger touched on public.sold_early_rest missing",
    "trigger touched on public.sold_rest missing",
}
"""What the changes above bring along."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file."""
    settings = "lab: {services: {db: {settings: {fsync: off, wal_level: logical}}}}"
    with postgres_lab(tmp_path_factory.mktemp("classes"), settings) as lab:
        shell(lab, "mkdir /var/lib/postgresql/other")
        lab.sql("db", "CREATE ROLE reader LOGIN")
        lab.sql("db", "CREATE TABLESPACE other LOCATION '/var/lib/postgresql/other'")
        lab.sql("db", "CREATE DATABASE every")
        lab.sql("db", SCHEMA, "every")
        yield lab


def shell(lab: Lab, command: str) -> None:
    """Run a command as the server's user."""
    done = lab.execute("db", ["bash", "-c", f"set -eo pipefail; {command}"], user="postgres")
    assert done.exit_code == 0, done.output


def between(before: Content, after: Content, one: str, other: str) -> list[str]:
    """Return the differences between a database of one content and one of another."""
    pair = [
        Content(major=content.major, excluded=(), objects={}, databases={"": content.databases[name]})
        for content, name in ((before, one), (after, other))
    ]
    return [says.removeprefix(": ") for says in differences(*pair)]


@pytest.fixture(scope="module")
def healthy(lab: Lab) -> Content:
    """Return the content before anything is changed."""
    return take(lab.access("db"), [])


@pytest.fixture(scope="module")
def found(lab: Lab, healthy: Content) -> list[str]:
    """Return what the check finds once every change was made, in a copy of the database."""
    shell(lab, "createdb changed; pg_dump every | psql -q -v ON_ERROR_STOP=1 changed")
    for change, _ in CHANGES:
        lab.sql("db", change, "changed")
    return between(healthy, take(lab.access("db"), []), "every", "changed")


def test_everything_can_be_read(healthy: Content) -> None:
    """No class of thing is beyond the check."""
    assert healthy.errors == []
    assert healthy.databases["every"].objects.keys() > {"relation public.nothing", f"columns of a.{LONG}"}


def test_a_dump_restored_elsewhere_is_the_same(lab: Lab, healthy: Content) -> None:
    """Nothing that is compared depends on OIDs, on the order of rows or on that of inherited columns."""
    shell(
        lab,
        "createdb dumped; pg_dump -Fc every > /tmp/every.dump; pg_restore --exit-on-error -d dumped /tmp/every.dump",
    )
    restored = take(lab.access("db"), [])
    lab.sql("db", "DROP DATABASE dumped")
    assert between(healthy, restored, "every", "dumped") == []


def test_a_physical_copy_is_the_same(lab: Lab, healthy: Content) -> None:
    """Of the whole cluster: its roles, tablespaces, templates and every database."""
    shell(lab, "pg_basebackup -D /tmp/copy -c fast -T /var/lib/postgresql/other=/tmp/other")
    shell(lab, "pg_ctl -w -s -D /tmp/copy -o '-p 5433' -l /tmp/copy.log start")
    copy = take(replace(lab.access("db"), port=5433), [])
    shell(lab, "pg_ctl -w -s -D /tmp/copy -m immediate stop")
    assert list(differences(healthy, copy)) == []


@pytest.mark.parametrize(("change", "says"), CHANGES, ids=[says for _, says in CHANGES])
def test_a_change_is_found(found: list[str], change: str, says: str) -> None:
    """Whatever class it is of, the change of one value or definition is told, and where."""
    assert says in found, change


def test_nothing_else_is_found(found: list[str]) -> None:
    """What is not changed is not reported."""
    assert sorted(set(found) - {says for _, says in CHANGES} - FOLLOWS) == []
