"""A lab of one PostgreSQL, built as a run builds it, for tests of kinds that need the real thing."""

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
    one_server, file = folder / "one-server.yaml", folder / "lab-of-a-test.yaml"
    one_server.write_text(ONE_SERVER)
    file.write_text(f"extends: {extends or one_server}\ndrill: lab-of-a-test\n{over}")
    evidence = folder / "evidence" / f"test-{secrets.token_hex(4)}"
    evidence.mkdir(parents=True)
    lab = app._lab(loader.load(file), evidence, app.RunOptions(folder, AssumedPerson()))
    try:
        lab.provision()
        yield lab
    finally:
        lab.remove()
