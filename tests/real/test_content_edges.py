"""The content check where a cluster is odd: encodings, names that are no text, sequences, thousands of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.content import Content, differences
from orchestrator.core.errors import StepFailedError
from orchestrator.kinds.checks.postgres_amcheck import PostgresAmcheck
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.checks.postgres_query import PostgresQuery
from orchestrator.kinds.checks.postgres_writable import PostgresWritable
from orchestrator.postgresql.reading import take
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

MANY = 2000
CHECK = PostgresContent(service="db")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return one lab for all tests of this file, with a database in each odd encoding."""
    with postgres_lab(tmp_path_factory.mktemp("edges"), "lab: {services: {db: {settings: {fsync: off}}}}") as lab:
        lab.sql("db", "CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0")
        lab.sql("db", "CREATE DATABASE ascii ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0")
        lab.sql("db", 'CREATE TABLE "größe" ("fuß" text); INSERT INTO "größe" VALUES (\'ä\')', "latin")
        # A byte that is no UTF-8, and a name that spells it out.
        lab.sql(
            "db",
            "DO $$ BEGIN EXECUTE format("
            "'CREATE TABLE %1$I (%1$I text); INSERT INTO %1$I VALUES (%1$L)', 'caf' || chr(233)); END $$;"
            ' CREATE TABLE "caf\\xe9" (t text); CREATE TABLE "größe" (t text); INSERT INTO "größe" VALUES (\'ä\')',
            "ascii",
        )
        yield lab


def psql(lab: Lab, database: str, statement: bytes) -> None:
    """Run a statement of any bytes."""
    done = lab.execute("db", ["psql", "-v", "ON_ERROR_STOP=1", "-q", database], user="postgres", stdin=statement)
    assert done.exit_code == 0, done.output


def content(lab: Lab) -> Content:
    """Return the cluster's content."""
    return take(lab.access("db"), [])


def test_names_of_any_encoding_are_told_apart(lab: Lab) -> None:
    """As text where they are text; a byte that is none is spelled out, and a backslash doubled."""
    found = content(lab).databases
    assert found["latin"].tables.keys() == {"pg_catalog.pg_largeobject", 'public."größe"'}
    assert found["ascii"].tables.keys() == {
        "pg_catalog.pg_largeobject",
        'public."caf\\xe9"',
        'public."caf\\\\xe9"',
        'public."größe"',
    }
    assert 'columns of public."caf\\xe9"' in found["ascii"].objects


@pytest.mark.parametrize(
    ("database", "change", "says"),
    [
        (
            "latin",
            'UPDATE "größe" SET "fuß" = \'ö\''.encode(),
            'latin: public."größe" has other values in as many rows (1)',
        ),
        (
            "ascii",
            b'UPDATE "caf\xe9" SET "caf\xe9" = \'caf\xe8\'',
            'ascii: public."caf\\xe9" has other values in as many rows (1)',
        ),
        (
            "ascii",
            "UPDATE \"größe\" SET t = 'ö'".encode(),
            'ascii: public."größe" has other values in as many rows (1)',
        ),
        ("ascii", b'ALTER TABLE "caf\xe9" ALTER "caf\xe9" SET NOT NULL', 'ascii: columns of public."caf\\xe9" changed'),
    ],
)
def test_a_change_is_found_in_any_encoding(lab: Lab, database: str, change: bytes, says: str) -> None:
    """Values are compared as the bytes that are stored."""
    before = content(lab)
    psql(
        lab,
        database,
        (b"SET client_encoding = SQL_ASCII; ", b"SET client_encoding = UTF8; ")[database == "latin"] + change,
    )
    assert list(differences(before, content(lab))) == [says]


def test_what_was_taken_can_be_kept(lab: Lab) -> None:
    """A manifest with such names is written down and read again as it was."""
    CHECK.remember(lab)
    [finding] = CHECK.look(lab)
    assert finding.state == State.HELD
    kept = (lab.folder / "manifests" / f"{CHECK.memory}-db.json").read_bytes()
    assert Content.model_validate_json(kept) == content(lab)


def test_other_checks_meet_such_databases_too(lab: Lab) -> None:
    """They verify, write and ask there, and tell names that every file can hold."""
    lab.sql("db", 'UPDATE "größe" SET "fuß" = \'ö\'', "latin")
    lab.sql("db", 'UPDATE "größe" SET t = \'ö\'; CREATE INDEX ON "größe" (t)', "ascii")
    checks = [
        PostgresAmcheck(service="db"),
        PostgresWritable(service="db"),
        PostgresQuery(service="db", database="latin", query='SELECT "fuß" FROM "größe"', expect="ö"),
        PostgresQuery(service="db", database="ascii", query='SELECT t FROM "größe"', expect="ö"),
        PostgresQuery(service="db", database="ascii", query="SELECT 'caf' || chr(233)", expect="caf\udce9"),
    ]
    findings = [finding for check in checks for finding in check.look(lab)]
    assert [finding.state for finding in findings] == [State.HELD] * len(checks)
    for finding in findings:
        finding.model_dump_json().encode()


def test_a_database_whose_name_is_no_text_is_told(lab: Lab) -> None:
    """Nothing can connect to it from here: it is named, and a drill on it does not begin."""
    psql(lab, "ascii", b'SET client_encoding = SQL_ASCII; CREATE DATABASE "caf\xe9" TEMPLATE template0')
    try:
        with pytest.raises(StepFailedError) as caught:
            CHECK.remember(lab)
        [writable] = PostgresWritable(service="db").look(lab)
    finally:
        psql(lab, "ascii", b'SET client_encoding = SQL_ASCII; DROP DATABASE "caf\xe9"')
    says = "a database whose name is no UTF-8 text cannot be connected to"
    assert caught.value.message == f"db: its content cannot be read: caf\\xe9: {says}"
    assert writable.seen["failures"] == {"caf\\xe9": says}


def test_a_database_that_allows_no_connections_is_named(lab: Lab) -> None:
    """Nothing of it was compared but that it is there."""
    lab.sql("db", "CREATE DATABASE shut ALLOW_CONNECTIONS false")
    CHECK.remember(lab)
    [finding] = CHECK.look(lab)
    lab.sql("db", "DROP DATABASE shut")
    assert (finding.state, finding.seen["closed"]) == (State.HELD, ["shut"])


def test_values_exchanged_between_rows_are_always_found(lab: Lab) -> None:
    """Whatever they are: a hash that adds up the columns' would miss two exchanges of three."""
    lab.sql(
        "db",
        "DO $$ BEGIN FOR n IN 1..200 LOOP"
        " EXECUTE format('CREATE TABLE was_%1$s AS VALUES (%1$s, md5(''%1$s'')), (-%1$s, md5(''-%1$s''))', n);"
        " EXECUTE format('CREATE TABLE now_%1$s AS VALUES (-%1$s, md5(''%1$s'')), (%1$s, md5(''-%1$s''))', n);"
        " END LOOP; END $$",
        "latin",
    )
    tables = content(lab).databases["latin"].tables
    pairs = [(tables[f"public.was_{n}"], tables[f"public.now_{n}"]) for n in range(1, 201)]
    assert [n for n, (was, now) in enumerate(pairs, start=1) if was.digest == now.digest] == []


def test_values_exchanged_between_columns_are_always_found(lab: Lab) -> None:
    """Each column's hash has a seed of its own; no value is as none, and none is as 0."""
    kinds = ["int2", "int4", "int8", "uuid", "text", "varchar(40)", "char(40)", "bpchar", "bytea", "numeric", "float8"]
    rows = [(None, None), (None, 1), (1, None), (1, 2), (2, 1), (1, 1), (0, 0)]
    tables = {(kind, row): f"{number}_{index}" for number, kind in enumerate(kinds) for index, row in enumerate(rows)}
    # A bigint's own hash would fold these together.
    tables |= {("int8", row): f"folded_{index}" for index, row in enumerate([(1, 2**32), (1, -(2**32) - 1)])}
    for (kind, row), name in tables.items():
        values = ", ".join("NULL" if number is None else f"'{number:032}'" for number in row)
        lab.sql(
            "db",
            f'CREATE TABLE "between_{name}" (a {kind}, b {kind}); INSERT INTO "between_{name}" VALUES ({values})',  # noqa: S608 - a test's own values
            "latin",
        )
    found = content(lab).databases["latin"].tables
    digests = {(kind, found[f"public.between_{name}"].digest) for (kind, _), name in tables.items()}
    assert len(digests) == len(tables)


def test_a_template_is_content_too(lab: Lab) -> None:
    """New databases are made of it."""
    before = content(lab)
    lab.sql("db", "CREATE TABLE in_every_new_one ()", "template1")
    found = list(differences(before, content(lab)))
    lab.sql("db", "DROP TABLE in_every_new_one", "template1")
    assert "template1: relation public.in_every_new_one added" in found


def test_settings_of_a_database_change_nothing_of_what_is_read(lab: Lab) -> None:
    """Neither how values are written nor what is visible, nor how long a session may wait."""
    lab.sql("db", 'CREATE TABLE "back\\slash" (f float8, i interval, t timestamptz, b bytea)', "latin")
    lab.sql("db", "INSERT INTO \"back\\slash\" VALUES (0.1 + 0.2, '1 mon -1 day', now(), '\\xff')", "latin")
    before = content(lab).databases["latin"]
    for setting in (
        "extra_float_digits = -3",
        "IntervalStyle = sql_standard",
        "DateStyle = German",
        "bytea_output = escape",
        "standard_conforming_strings = off",
        "quote_all_identifiers = on",
        "idle_in_transaction_session_timeout = '1ms'",
        "statement_timeout = '1ms'",
        "search_path = public",
    ):
        lab.sql("db", f"ALTER DATABASE latin SET {setting}")
    after = content(lab).databases["latin"]
    lab.sql("db", "ALTER DATABASE latin RESET ALL")
    assert after == before


def test_thousands_of_tables_are_read_in_seconds(lab: Lab) -> None:
    """Each with a key and a sequence: no lock is held for longer than a batch, and what is told is bounded."""
    lab.sql("db", "CREATE DATABASE many")
    lab.sql(
        "db",
        f"DO $$ BEGIN FOR n IN 1..{MANY} LOOP"
        " EXECUTE format('CREATE TABLE many_%1$s (id serial PRIMARY KEY, %2$I text DEFAULT %1$L)', n, repeat('x', 60));"
        " IF n % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$",
        "many",
        timeout_s=120,
    )
    began = lab.clock.monotonic_ns()
    CHECK.remember(lab)
    [finding] = CHECK.look(lab)
    took = (lab.clock.monotonic_ns() - began) / 1e9
    lab.sql("db", "DROP DATABASE many")
    [lost] = CHECK.look(lab)
    assert (finding.state, lost.state) == (State.HELD, State.VIOLATED)
    assert finding.seen["tables"] > MANY
    assert took < 10
    assert max(len(one.model_dump_json()) for one in (finding, lost)) < 20_000
