"""The content check across majors: what was moved to another major by a dump is the same there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab
from test_content_classes import CHANGES, SCHEMA, between

from orchestrator.postgresql.reading import take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

MAJORS = {"db": 15, "seventeen": 17, "eighteen": 18}
NEW_IN_18 = """
    CREATE TABLE doubled (n int, twice int GENERATED ALWAYS AS (1000 / n) VIRTUAL);
    INSERT INTO doubled VALUES (0), (1);
"""
SETTINGS = "settings: {fsync: off, wal_level: logical}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with a server of each major, the database `every` on the oldest."""
    services = ", ".join(
        f'{name}: {{type: postgres, image: "drillmaster/postgres:{major}", {SETTINGS}}}'
        for name, major in MAJORS.items()
    )
    with postgres_lab(tmp_path_factory.mktemp("majors"), f"lab: {{services: {{{services}}}}}") as lab:
        for service in MAJORS:
            shell(lab, service, "mkdir /var/lib/postgresql/other")
            lab.sql(service, "CREATE ROLE reader LOGIN")
            lab.sql(service, "CREATE TABLESPACE other LOCATION '/var/lib/postgresql/other'")
            lab.sql(service, "CREATE DATABASE every")
        lab.sql("db", SCHEMA, "every")
        yield lab


def shell(lab: Lab, service: str, command: str) -> None:
    """Run a command as the server's user."""
    done = lab.execute(service, ["bash", "-c", f"set -eo pipefail; {command}"], user="postgres")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("service", ["seventeen", "eighteen"])
def test_a_database_moved_to_another_major_is_the_same(lab: Lab, service: str) -> None:
    """And of every change made there, what no major words anew is found."""
    target = lab.access(service)
    # The source's own pg_dump: one of an older minor writes options that only the source knows.
    restore = f"PGPASSWORD={target.password} psql -h {target.host} -U {target.user} -q -v ON_ERROR_STOP=1 every"
    shell(lab, "db", f"pg_dump every | {restore}")
    before = take(lab.access("db"), [])
    assert between(before, take(target, []), "every", "every") == []
    for change, _ in CHANGES:
        lab.sql(service, change, "every")
    found = between(before, take(target, []), "every", "every")
    assert [says for _, says in CHANGES if says not in found] == ["query of public.few changed"]


def test_a_virtual_column_is_compared_by_its_definition(lab: Lab) -> None:
    """What it yields is kept nowhere, and may even be an error."""
    lab.sql("eighteen", "CREATE DATABASE fresh")
    lab.sql("eighteen", NEW_IN_18, "fresh")
    before = take(lab.access("eighteen"), [])
    lab.sql("eighteen", "ALTER TABLE doubled ALTER twice SET EXPRESSION AS (2000 / n)", "fresh")
    after = take(lab.access("eighteen"), [])
    assert before.errors == []
    assert between(before, after, "fresh", "fresh") == ["columns of public.doubled changed"]
