"""What is read beside what is measured, of a real server that archives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core import readings
from reports.facts.events import ArchiverRead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.core.lab import Lab

ARCHIVING = 'lab: {services: {db: {settings: {archive_mode: on, archive_command: "test ! -e /tmp/full"}}}}'


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab whose server archives to nowhere, until /tmp/full is there."""
    with postgres_lab(tmp_path_factory.mktemp("readings"), ARCHIVING) as lab:
        lab.sql("db", "CREATE TABLE filler ()")
        yield lab


def archiver(lab: Lab, holds: Callable[[ArchiverRead], bool]) -> ArchiverRead:
    """Return the first reading for which it holds; the archiver takes its time."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for read in readings.archiving(lab):
            assert isinstance(read, ArchiverRead)
            if holds(read):
                return read
        time.sleep(0.05)
    raise AssertionError(list(readings.archiving(lab)))


def switch(lab: Lab) -> str:
    """Finish a WAL file; return its name."""
    ((name,),) = lab.sql("db", "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
    lab.sql("db", "DROP TABLE filler")
    lab.sql("db", "CREATE TABLE filler ()")
    lab.sql("db", "SELECT pg_switch_wal()")
    return str(name)


def test_the_archive_is_told_as_the_server_sees_it(lab: Lab) -> None:
    """What was archived, how long ago; then what waits and failed."""
    name = switch(lab)
    read = archiver(lab, lambda read: read.last_archived == name)
    assert (read.archived, read.failed, read.waiting) == (1, 0, 0)
    assert read.last_archived_age_s is not None
    assert 0 <= read.last_archived_age_s < 20
    lab.execute("db", ["touch", "/tmp/full"])  # noqa: S108 - inside the container
    switch(lab)
    read = archiver(lab, lambda read: read.failed > 0)
    assert (read.archived, read.waiting, read.last_archived) == (1, 1, name)


def test_reading_flushes_and_switches_nothing(lab: Lab) -> None:
    """Else it would bound a loss that production's configuration does not."""
    ends = "SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()"
    lab.sql("db", "CHECKPOINT")
    list(readings.archiving(lab))
    list(readings.configuration(lab, "before-disaster"))
    before = lab.sql("db", ends)
    for _ in range(3):
        list(readings.archiving(lab))
        list(readings.configuration(lab, "before-disaster"))
    assert lab.sql("db", ends) == before
