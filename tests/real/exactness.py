"""The measures against independent observers: an oracle for every write's class, a stopwatch for the recovery time.

The oracle knows acknowledgements from a proxy that reads the wire, and what survived from what the service left on its
disk. The stopwatch is a process of its own with its own connection. Neither shares code with the ledger or the judge.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.facts.events import Mark
from reports.folder import RunFolder
from reports.judge.writes import classes
from tests.real.oracle.lab_address import LabAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
DRILLMASTER = str(Path(sys.executable).with_name("drillmaster"))
STOPWATCH_EACH_S, STOPWATCH_MEDIAN_S = 0.100, 0.050
SAME_OUTAGE_S = 0.5
"""How precisely is for `make acceptance` to say, on a machine that does nothing else."""


@dataclass(frozen=True)
class Oracle:
    """What is known of one kind of service, independently."""

    proxy: str
    """The module of `oracle` that watches its wire."""
    driver: str
    """What the stopwatch is to talk to."""
    services: tuple[str, ...]
    """Where clients find it: the first of these that runs."""
    survivors: Callable[[str], Callable[[Mapping[str, Any]], bool]]
    """Given the container, returns whether a write that passed the proxy is in it."""


Disasters = dict[str, tuple[Oracle, str]]
"""What is done, to the oracle of the service it is done to and the drill that does it."""


@dataclass(frozen=True)
class Comparison:
    """What one run said, and what the independent observers say."""

    kind: str
    counts: dict[str, int]
    differing: dict[str, int]
    """'judge/oracle' to how many writes they disagree on."""
    rto_s: float
    stopwatch_s: float
    verdict: str


@contextmanager
def observer(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run one observer beside the test."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def compare(kind: str, oracle: Oracle, template: str, folder: Path) -> Comparison:
    """Run one drill with both observers beside it, and compare."""
    evidence = folder / "evidence"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    drill = folder / f"{kind}.yaml"
    drill.write_text(template.format(port=port, drills=ROOT / "drills"))
    seen, ticks = folder / "seen.jsonl", folder / "ticks.txt"
    with (
        observer(f"oracle.{oracle.proxy}", str(port), str(seen), str(evidence), *oracle.services) as proxy,
        observer("oracle.stopwatch", oracle.driver, str(ticks), str(evidence), *oracle.services),
    ):
        assert proxy.stdout is not None
        assert proxy.stdout.readline() == "ready\n"
        command = [DRILLMASTER, "run", str(drill), "--evidence", str(evidence), "--keep-lab", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    try:
        assert done.stdout, done.stderr[-3000:]
        record = json.loads(done.stdout)
        container = LabAddress(str(evidence), *oracle.services).container()
        assert container is not None, done.stdout[-3000:]
        survived = oracle.survivors(container)
    finally:
        subprocess.run([DRILLMASTER, "sweep", "--evidence", str(evidence)], check=True, capture_output=True)
    run = RunFolder.read(evidence / record["drill"]["name"] / record["run"])
    injected = run.mark(Mark.DISASTER_INJECTED)
    assert injected is not None
    return Comparison(
        kind=kind,
        **against_the_oracle(run, injected.monotonic_ns, seen, survived),
        rto_s=record["rto"]["achieved_s"],
        stopwatch_s=outage_s(ticks, injected.monotonic_ns),
        verdict=record["verdict"],
    )


def against_the_oracle(
    run: RunFolder, injected: int, seen: Path, survived: Callable[[Mapping[str, Any]], bool]
) -> dict[str, dict[str, int]]:
    """Return the judge's classes of the writes before the outage, and where the oracle's differ."""
    acknowledged: dict[tuple[int, int], str] = {}
    for line in seen.read_text().splitlines():
        passed = json.loads(line)
        key = (passed["writer"], passed["sequence"])
        if passed["what"] == "acknowledged":
            acknowledged[key] = "kept" if survived(passed) else "lost"
    [ledger] = run.ledgers.values()
    assert ledger is not None
    counts: dict[str, int] = {}
    differing: dict[str, int] = {}
    for attempt, judged in classes(ledger, injected, None):
        if attempt.attempted > injected and judged not in ("lost", "in-doubt-present", "in-doubt-absent"):
            continue
        key = (attempt.writer, attempt.sequence)
        expected = acknowledged.get(key, "in doubt")
        said = "in doubt" if judged.startswith("in-doubt") else str(judged)
        counts[said] = counts.get(said, 0) + 1
        if said != expected:
            differing[f"{said}/{expected}"] = differing.get(f"{said}/{expected}", 0) + 1
    return {"counts": counts, "differing": differing}


def outage_s(ticks: Path, injected: int) -> float:
    """Return the gap between the stopwatch's acknowledgements that the disaster lies in."""
    moments = [int(line) for line in ticks.read_text().split("\n")[:-1]]
    gaps = [(after - before) / 1e9 for before, after in pairwise(moments) if after > injected]
    return max(gaps)


def table(rows: list[Comparison]) -> str:
    """Return the comparisons as the table that `make acceptance` prints."""
    lines = ["disaster       kept  lost doubt differ    RTO s  watch s apart ms"]
    for row in rows:
        counts = [row.counts.get(name, 0) for name in ("kept", "lost", "in doubt")]
        lines.append(
            f"{row.kind:12} {counts[0]:6} {counts[1]:5} {counts[2]:5} {sum(row.differing.values()):6} "
            f"{row.rto_s:8.3f} {row.stopwatch_s:8.3f} {(row.rto_s - row.stopwatch_s) * 1000:8.0f}"
        )
    apart = [abs(row.rto_s - row.stopwatch_s) for row in rows]
    lines.append(
        f"apart: median {statistics.median(apart) * 1000:.0f} ms, most {max(apart) * 1000:.0f} ms, {len(rows)} runs"
    )
    return "\n".join(lines)


def exact(rows: list[Comparison]) -> None:
    """Hold the comparisons to what is promised of the classes: not one write is classed otherwise."""
    told = table(rows)
    assert not any(row.differing for row in rows), told + "\n" + str([row.differing for row in rows])
    assert {row.verdict for row in rows} == {"PASS"}, told


def on_time(rows: list[Comparison], apart_s: float) -> None:
    """Hold the comparisons to what is promised of the recovery times: all are within `apart_s` of the stopwatch's."""
    assert all(abs(row.rto_s - row.stopwatch_s) <= apart_s for row in rows), table(rows)


def some_losses(disasters: Disasters, number: int, folder: Path) -> Iterator[Comparison]:
    """Run so many disasters, one kind after the other, and yield each when it has been compared."""
    for index, (kind, (oracle, template)) in enumerate(islice(cycle(disasters.items()), number)):
        place = folder / str(index)
        place.mkdir()
        yield compare(kind, oracle, template, place)


def one_of_each(disasters: Disasters, folder: Path) -> None:
    """Hold one run of each disaster to the oracle."""
    rows = list(some_losses(disasters, len(disasters), folder))
    exact(rows)
    on_time(rows, SAME_OUTAGE_S)


def many(disasters: Disasters, number: int, folder: Path) -> list[Comparison]:
    """Hold so many disasters to the oracle, print them as a table, and return them; every class must occur."""
    rows = []
    for row in some_losses(disasters, number, folder):
        rows.append(row)
        sys.stdout.write(table(rows).splitlines()[len(rows)] + "\n")
        sys.stdout.flush()
    sys.stdout.write("\n" + table(rows) + "\n")
    exact(rows)
    assert {name for row in rows for name in row.counts} == {"kept", "lost", "in doubt"}, table(rows)
    return rows


def thirty(disasters: Disasters, folder: Path) -> None:
    """Hold thirty disasters to the oracle and to the stopwatch."""
    rows = many(disasters, 30, folder)
    on_time(rows, STOPWATCH_EACH_S)
    assert statistics.median(abs(row.rto_s - row.stopwatch_s) for row in rows) <= STOPWATCH_MEDIAN_S, table(rows)
