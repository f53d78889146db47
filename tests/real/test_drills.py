"""Every drill that ships is an end-to-end test: it runs through the command line as a user would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[2]
COMMAND = [str(Path(sys.executable).with_name("drillmaster"))]
ELSEWHERE = ("existing-", "tabletop-")
"""Those on existing backups need one, tabletops need people: both have tests of their own."""
DRILLS = sorted(path for path in (ROOT / "drills").glob("*.yaml") if not path.stem.startswith(ELSEWHERE))
CONTROLS = sorted(
    path for path in (ROOT / "drills" / "sabotaged").glob("*.yaml") if not path.stem.startswith(ELSEWHERE)
)
IN_EVERY_TEST = {
    "mariadb-binlog-missing",
    "redis-keys-missing",
    "repository-with-another-byte",
    "tier-not-recovered",
}
"""One control for each engine, and one for several services; the others take part in `make acceptance` only.

PostgreSQL's is that of test_proof.py.
"""
DRILLS_IN_ACCEPTANCE = {
    # Other tests of every suite run these, or their playbooks.
    "files-volume-loss",
    "mariadb-volume-loss",
    "postgres-bad-deployment",
    "postgres-basebackup",
    "postgres-crash",
    "postgres-logical-dump",
    "postgres-service-loss",
    "postgres-side-restore",
    "postgres-volume-loss",
    # These differ from another drill in a step or a setting, or are made of what others show.
    "account-manager-complete-loss",
    "account-manager-fail-over",
    "django-shop-migration",
    "mail-platform-all-tiers",
    "mail-platform-one-tier",
    "mail-platform-roll-back",
    "mariadb-crash",
    "mariadb-dropped-table",
    "postgres-differential",
    "postgres-dropped-table",
    "postgres-fail-back",
    "postgres-fail-over-half-dead",
    "postgres-fail-over-synchronous",
    "postgres-full-disk",
    "postgres-older-backup",
    "postgres-silent-corruption",
    "random-point-in-time",
    "redis-fail-over-asynchronous",
    "redis-kill",
    "redis-power-loss",
    "version-store-bad-merge",
    "version-store-branch-deleted",
}
"""`make acceptance` runs them, and `make matrix` those on PostgreSQL."""
assert DRILLS, "no drills found: the detection is broken"
assert CONTROLS, "no controls found: the detection is broken"
assert {path.stem for path in CONTROLS} > IN_EVERY_TEST
assert {path.stem for path in DRILLS} > DRILLS_IN_ACCEPTANCE


def drillmaster(*arguments: str, evidence: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with its evidence kept in `evidence`."""
    return subprocess.run(
        [*COMMAND, *arguments, "--evidence", str(evidence)], capture_output=True, text=True, timeout=300, check=False
    )


def why(done: subprocess.CompletedProcess[str]) -> str:
    """Return what explains a run that ended otherwise than it should."""
    if not done.stdout.startswith("{"):
        return done.stderr
    record = json.loads(done.stdout)
    found = [*record["objectives"], *record["instrument"], *record["findings"]]
    not_held = [f"{one['name']}: {one['state']}: {one['says']}" for one in found if one["state"] != "held"]
    return "\n".join([record["sentence"], str(record["control"]), *not_held, done.stderr[-2000:]])


@pytest.mark.parametrize(
    "drill",
    [
        pytest.param(path, id=path.stem, marks=pytest.mark.acceptance if path.stem in DRILLS_IN_ACCEPTANCE else ())
        for path in DRILLS
    ],
)
def test_a_shipped_drill_passes(drill: Path, tmp_path: Path) -> None:
    """A healthy drill exits 0 with verdict PASS and leaves record, report and JUnit."""
    done = drillmaster("run", str(drill), "--json", evidence=tmp_path)
    assert done.returncode == 0, why(done)
    record = json.loads(done.stdout)
    assert record["verdict"] == "PASS"
    folder = tmp_path / drill.stem / record["run"]
    assert {"record.json", "report.html", "junit.xml", "drill.yaml"} <= {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    "control",
    [
        pytest.param(path, id=path.stem, marks=() if path.stem in IN_EVERY_TEST else pytest.mark.acceptance)
        for path in CONTROLS
    ],
)
def test_a_control_is_caught_by_the_finding_it_names(control: Path, tmp_path: Path) -> None:
    """A sabotaged drill exits 0 because it was caught for the reason it names."""
    done = drillmaster("run", str(control), "--json", evidence=tmp_path)
    assert done.returncode == 0, why(done)
    assert json.loads(done.stdout)["control"]["caught"] is True
