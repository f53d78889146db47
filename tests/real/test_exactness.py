"""The measures against independent observers: an oracle for every write's class, a stopwatch for the recovery time.

The oracle knows acknowledgements from a proxy that reads the wire, and what survived from pg_waldump of the WAL, from
Redis's append-only files or snapshot, or from the files themselves.
The stopwatch is a process of its own with its own connection. Neither shares code with the ledger or the judge.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reports.facts.events import Mark
from reports.folder import RunFolder
from reports.judge.writes import classes
from tests.real.oracle import file_tree, redis_files, wal
from tests.real.oracle.lab_address import LabAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
DRILLMASTER = str(Path(sys.executable).with_name("drillmaster"))
STOPWATCH_EACH_S, STOPWATCH_MEDIAN_S = 0.100, 0.050
SAME_OUTAGE_S = 0.5
"""How precisely is for `make acceptance` to say, on a machine that does nothing else."""

COMMON = """
objectives: {{rto: 2m, rpo: 5m}}
prepare: [command: {{service: db, as: postgres, run: pgbench -i -q -s 1}}]
lab: {{endpoints: {{app: {{service: db, via: "127.0.0.1:{port}"}}}}}}
checks: [postgres-content: db]
"""
VOLUME_LOSS = "extends: {drills}/postgres-volume-loss.yaml\nsteady: {{for: 3s, jitter: 4s}}" + COMMON
KILL = (
    "extends: {drills}/postgres-crash.yaml\nsteady: {{for: 1s, jitter: 2s}}\n"
    "workload: [ledger: {{service: db, writers: 4, rate: 1000/s}}]" + COMMON
)
LAZY_KILL = KILL.replace("lab: {{", "lab: {{services: {{db: {{settings: {{synchronous_commit: false}}}}}}, ")
FILES_LOSS = """
extends: {drills}/files-volume-loss.yaml
objectives: {{rto: 2m, rpo: 5m}}
steady: {{for: 2s, jitter: 5s}}
lab: {{endpoints: {{app: {{service: files, via: "127.0.0.1:{port}"}}}}}}
"""
FILES_KILL = FILES_LOSS + "disaster: [kill-service: files]\nrecover: [start: files]\n"
REDIS_LOSS = """
extends: {drills}/redis-volume-loss.yaml
objectives: {{rto: 2m, rpo: 5m}}
steady: {{for: 1s, jitter: 2s}}
workload: [ledger: {{service: cache, writers: 4, rate: 500/s}}]
lab: {{endpoints: {{app: {{service: cache, via: "127.0.0.1:{port}"}}}}}}
checks: [redis-content: cache]
"""
REDIS_KILL = REDIS_LOSS.replace("redis-volume-loss", "redis-kill")
REDIS_POWER = REDIS_LOSS.replace("redis-volume-loss", "redis-power-loss")


@dataclass(frozen=True)
class Oracle:
    """What is known of one kind of service, independently."""

    service: str
    proxy: str
    stopwatch: str
    survivors: Callable[[str], Callable[[Mapping[str, Any]], bool]]
    """Given the container, returns whether a write that passed the proxy is in it."""


def by_wal(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a write's transaction was committed before it was acknowledged."""
    committed = wal.committed(container)
    return lambda passed: committed.get(passed["xid"], float("inf")) <= passed["at"]


def by_files(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a write's file is there with the content that was sent."""
    present = file_tree.present(container)
    return lambda passed: present.get((passed["writer"], passed["sequence"])) == passed["body"]


def by_snapshot(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the newest backup's snapshot holds a write."""
    saved = redis_files.saved(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in saved


def by_append_only_files(container: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether the append-only files hold a write."""
    appended = redis_files.appended(container)
    return lambda passed: (passed["writer"], passed["sequence"]) in appended


POSTGRES = Oracle("db", "oracle.proxy", "oracle.stopwatch", by_wal)
FILES = Oracle("files", "oracle.http_proxy", "oracle.http_stopwatch", by_files)
SAVED = Oracle("cache", "oracle.redis_proxy", "oracle.redis_stopwatch", by_snapshot)
APPENDED = Oracle("cache", "oracle.redis_proxy", "oracle.redis_stopwatch", by_append_only_files)
DISASTERS = {
    "volume-loss": (POSTGRES, VOLUME_LOSS),
    "kill": (POSTGRES, KILL),
    "lazy-kill": (POSTGRES, LAZY_KILL),
}
OF_FILES = {"files-loss": (FILES, FILES_LOSS), "files-kill": (FILES, FILES_KILL)}
OF_REDIS = {
    "redis-loss": (SAVED, REDIS_LOSS),
    "redis-kill": (APPENDED, REDIS_KILL),
    "redis-power": (APPENDED, REDIS_POWER),
}


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
        observer(oracle.proxy, str(port), str(evidence), str(seen)) as proxy,
        observer(oracle.stopwatch, str(evidence), str(ticks)),
    ):
        assert proxy.stdout is not None
        assert proxy.stdout.readline() == "ready\n"
        command = [DRILLMASTER, "run", str(drill), "--evidence", str(evidence), "--keep-lab", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    try:
        assert done.stdout, done.stderr[-3000:]
        record = json.loads(done.stdout)
        container = LabAddress(str(evidence), oracle.service).container()
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


def check(rows: list[Comparison], apart_s: float) -> None:
    """Hold the comparisons to what is promised: the classes exactly, the recovery times to within `apart_s`."""
    told = table(rows)
    assert not any(row.differing for row in rows), told + "\n" + str([row.differing for row in rows])
    assert all(abs(row.rto_s - row.stopwatch_s) <= apart_s for row in rows), told
    assert {row.verdict for row in rows} == {"PASS"}, told


@pytest.mark.parametrize(
    "disasters",
    [DISASTERS, {"files-loss": (FILES, FILES_LOSS)}, OF_REDIS],
    ids=["postgres", "files", "redis"],
)
def test_every_write_is_classed_as_the_oracle_does(disasters: dict[str, tuple[Oracle, str]], tmp_path: Path) -> None:
    """One run of each disaster: classes equal the oracle's; the stopwatch saw the same outage."""
    rows = []
    for kind, (oracle, template) in disasters.items():
        (tmp_path / kind).mkdir()
        rows.append(compare(kind, oracle, template, tmp_path / kind))
    check(rows, SAME_OUTAGE_S)


@pytest.mark.acceptance
@pytest.mark.parametrize("disasters", [DISASTERS, OF_FILES, OF_REDIS], ids=["postgres", "files", "redis"])
def test_thirty_disasters_at_random_instants(
    disasters: dict[str, tuple[Oracle, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty runs: not one write classed otherwise than by the oracle; every class occurs; median apart <= 50 ms."""
    rows = []
    for number, (kind, (oracle, template)) in zip(range(30), cycle(disasters.items()), strict=False):
        folder = tmp_path / str(number)
        folder.mkdir()
        rows.append(compare(kind, oracle, template, folder))
        with capsys.disabled():
            sys.stdout.write(table(rows).splitlines()[number + 1] + "\n")
            sys.stdout.flush()
        time.sleep(0.2)
    with capsys.disabled():
        sys.stdout.write("\n" + table(rows) + "\n")
    check(rows, STOPWATCH_EACH_S)
    assert {name for row in rows for name in row.counts} == {"kept", "lost", "in doubt"}
    apart = [abs(row.rto_s - row.stopwatch_s) for row in rows]
    assert statistics.median(apart) <= STOPWATCH_MEDIAN_S
