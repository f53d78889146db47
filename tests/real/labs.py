"""Labs built as a run builds them, for tests of kinds that need the real thing."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator import app
from orchestrator.core import loader
from orchestrator.terminal import AssumedPerson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.lab import Lab

ONE_SERVER = """
drill: one-server
title: A lab for tests
system: tests
owner: tests
objectives: {rto: 1m, rpo: 1s}
lab:
  services:
    db: {type: postgres, image: "drillmaster/postgres:15", volumes: {data: /var/lib/postgresql/data}}
workload: [ledger: db]
disaster: [kill-service: db]
recover: [start: db]
checks: [postgres-content: db]
"""


@contextmanager
def postgres_lab(folder: Path, over: str = "", extends: Path | None = None) -> Iterator[Lab]:
    """Yield a lab whose service `db` is ready; remove all of it afterwards.

    Its drill is `over`, in YAML, laid over a drill that it extends: that of one server by default.
    """
    one_server = folder / "one-server.yaml"
    one_server.write_text(ONE_SERVER)
    with lab_of(extends or one_server, folder, over) as lab:
        yield lab


@contextmanager
def lab_of(drill: Path, folder: Path, over: str = "") -> Iterator[Lab]:
    """Yield the lab of a drill that `over`, in YAML, is laid over, all ready; remove all of it afterwards."""
    file = folder / "lab-of-a-test.yaml"
    file.write_text(f"extends: {drill}\ndrill: lab-of-a-test\n{over}")
    evidence = folder / "evidence" / f"test-{secrets.token_hex(4)}"
    evidence.mkdir(parents=True)
    lab = app._lab(loader.load(file), evidence, app.RunOptions(folder, AssumedPerson()))
    try:
        lab.provision()
        yield lab
    finally:
        lab.remove()
