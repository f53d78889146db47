"""Every drill on every PostgreSQL: healthy runs, which must all pass, with what each of them measured (`pytest -s`)."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core import loader
from orchestrator.core.files import DRILLS

pytestmark = pytest.mark.drill

DRILLMASTER = str(Path(sys.executable).with_name("drillmaster"))
VERSIONS = ("15", "17", "18")
IN_EVERY_SUITE = {("postgres-crash", "18")}
"""What `make test` runs of the matrix; its other drills run on 15."""
ON_POSTGRES = [
    path.stem
    for path in sorted(DRILLS.glob("*.yaml"))
    if (drill := loader.load(path).drill)
    and (service := drill.lab.services.get("db"))
    and service.type == "postgres"
    and not drill.existing
]
assert ON_POSTGRES, "no drills found: the detection is broken"
HEADING = f"{'drill':28} on  verdict         RTO s  RPO s at most  lost  unexplained ms"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Go round all drills and versions for as many runs as are asked for."""
    pairs = list(product(ON_POSTGRES, VERSIONS))
    runs = metafunc.config.getoption("runs") or len(pairs)
    marked = [
        pytest.param(*pair, id="-".join(pair), marks=() if pair in IN_EVERY_SUITE else pytest.mark.matrix)
        for pair in islice(cycle(pairs), runs)
    ]
    metafunc.parametrize(("drill", "version"), marked)


@pytest.fixture(scope="module", autouse=True)
def _heading() -> None:
    sys.stdout.write(f"\n{HEADING}")


def row(drill: str, version: str, record: dict[str, Any]) -> str:
    """Return what a run measured, as a line of the table."""
    rto, rpo = record["rto"], record["rpo"]
    figures = [
        ("8.2f", rto["achieved_s"], 1),
        ("14.3f", rpo["at_most_s"], 1),
        ("5", rpo["transactions"], 1),
        ("15.0f", rto["unexplained_s"], 1000),
    ]
    shown = (f"{figure * factor:{form}}" if figure is not None else "unknown" for form, figure, factor in figures)
    return f"{drill:28} {version}  {record['verdict']:12} {' '.join(shown)}"


def test_a_healthy_drill_passes(drill: str, version: str, tmp_path: Path) -> None:
    """One `--set` chooses the version: it is the one that answers, and everything holds on it."""
    image = f"--set=lab.services.db.image=drillmaster/postgres:{version}"
    command = [DRILLMASTER, "run", drill, image, "--json", "--evidence", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout, done.stderr
    record = json.loads(done.stdout)
    sys.stdout.write(f"\n{row(drill, version, record)} ")
    not_held = [one for one in (*record["objectives"], *record["findings"]) if one["state"] != "held"]
    assert (done.returncode, record["verdict"], not_held) == (0, "PASS", []), record["sentence"]
    on_postgres = [service for service in record["services"] if service["type"] == "postgres"]
    assert {service["version"].split(".")[0] for service in on_postgres} == {version}
