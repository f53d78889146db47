"""Sabotage of a real dump: what is named is left out or spoilt, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.kinds.sabotage.flip_byte import FlipByte
from orchestrator.kinds.sabotage.omit_from_dump import OmitFromDump
from orchestrator.kinds.sabotage.truncate_backup import TruncateBackup
from orchestrator.postgresql import inside
from orchestrator.postgresql.dumps import Dumps
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

ROOT = Path(__file__).parents[2]
BACK_UP = ROOT / "playbooks" / "back-up-with-pg-dump.yml"
SEED = ROOT / "drills" / "seeds" / "orders.sql"
DUMPS = "/var/lib/postgresql/dumps"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab with the shop in it; no dump yet."""
    volumes = f"lab: {{services: {{db: {{volumes: {{dumps: {DUMPS}}}}}}}}}"
    with postgres_lab(tmp_path_factory.mktemp("dumps"), volumes) as lab:
        lab.sql("db", SEED.read_text())
        yield lab


@pytest.fixture
def dump(lab: Lab) -> str:
    """Return the folder of a fresh dump."""
    run_playbook(lab, BACK_UP, {}, timeout_s=60)
    return f"{DUMPS}/{lab.handed_back['drill_backup']['label']}"


def script(lab: Lab, dump: str) -> list[str]:
    """Return the lines that a restore of the dump would run."""
    command = 'cd "$1"; cat globals.sql; for one in databases/*; do pg_restore --file=- "$one"; done'
    return [
        line
        for line in inside.run(lab, "db", ["bash", "-c", command, "script", dump]).splitlines()
        if not line.startswith(("\\restrict", "\\unrestrict"))  # drawn anew each time
    ]


@pytest.mark.parametrize(
    ("statements", "counts"),
    [
        (["CREATE INDEX orders_by_customer"], [1]),
        (["CREATE ROLE auditor", "ALTER ROLE auditor"], [1, 1]),
        (["SELECT pg_catalog.setval('shop.order_numbers'"], [1]),
        (["COPY shop.customers"], [1000]),
    ],
)
def test_only_what_is_named_is_left_out(lab: Lab, dump: str, statements: list[str], counts: list[int]) -> None:
    """And the dump's digests are those of what is left: nothing but the restored content can tell."""
    before = script(lab, dump)
    finding = OmitFromDump(service="db", statements=tuple(statements)).spoil(lab)
    after = script(lab, dump)
    gone = [line for line in before if line not in set(after)]
    assert (finding.state, list(finding.seen["before"].values())) == (State.HELD, counts)
    assert len(gone) == sum(counts)
    assert inside.run(lab, "db", ["sh", "-c", f"cd {dump}; sha256sum --check --quiet --strict SHA256SUMS"]) == ""


def test_what_is_not_in_the_dump_cannot_be_left_out(lab: Lab, dump: str) -> None:
    """It is not confirmed, and the dump stays as it is."""
    before = script(lab, dump)
    assert OmitFromDump(service="db", statements=("CREATE INDEX no_such",)).spoil(lab).state == State.VIOLATED
    assert script(lab, dump) == before


FLIP = FlipByte.model_validate({"service": "db", "in": "dump", "relation": "shop.orders"})
TRUNCATE = TruncateBackup.model_validate({"service": "db", "in": "dump", "relation": "shop.orders"})


@pytest.mark.parametrize("sabotage", [FLIP, TRUNCATE], ids=["flip-byte", "truncate-backup"])
def test_a_spoilt_file_of_rows_is_told_by_its_digest(lab: Lab, dump: str, sabotage: FlipByte | TruncateBackup) -> None:
    """It is the file of that table, and no other."""
    PostgresContent(service="db").remember(lab)
    finding = sabotage.spoil(lab)
    said = lab.execute("db", ["sh", "-c", f"cd {dump}; sha256sum --check --quiet SHA256SUMS"])
    assert (finding.state, finding.seen["compared_rows"]) == (State.HELD, 10_000)
    assert f".{finding.seen['file'].removeprefix(dump)}: FAILED" in said.output
    assert (said.output.count("FAILED"), said.exit_code) == (1, 1)


def test_a_table_that_is_not_in_the_dump_cannot_be_spoilt(lab: Lab, dump: str) -> None:
    """It was made later."""
    with pytest.raises(StepFailedError) as caught:
        Dumps(lab, "db", DUMPS).file_of_rows("shop.later")
    assert caught.value.message == f"db: {dump}/databases/postgres has no rows of shop.later"
