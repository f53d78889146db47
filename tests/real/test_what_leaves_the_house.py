"""An export of a real run: what goes to auditors and platforms holds no secret and nothing of the data."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest
from harm import COMMAND, ROOT, Run, working_place

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.drill

CANARIES = (
    "erika.mustermann-4711@example.org",
    "correct-horse-4711",
    "ghp_Canary4711Canary4711Canary4711",
    "MC4CAQAwBQYDK2VwBCIEICanary4711",
)
"""An address, a password, a token and a private key, in rows of the database."""
PEOPLE = (
    f"CREATE TABLE people AS SELECT unnest(ARRAY{list(CANARIES)}) AS what; ALTER TABLE people ADD PRIMARY KEY (what)"
)
# The server complains of a row; what it says goes to its log.
COMPLAINT = "sh -c 'psql -c \"INSERT INTO people SELECT what FROM people\" > /dev/null 2>&1 || true'"
PRIVATE = f"""
extends: {ROOT}/drills/postgres-crash.yaml
drill: private
steady: {{for: 1s, jitter: 0s}}
settle: 1s
prepare:
  - sql: {{service: db, file: people.sql}}
  - command: {{service: db, as: postgres, run: {json.dumps(COMPLAINT)}}}
checks:
  - postgres-content: db
  - postgres-query: {{service: db, query: SELECT what FROM people, compare: before}}
  - postgres-query: {{service: db, query: SELECT max(what) = 'nobody' FROM people}}
"""  # noqa: S608 - a test's own statements


def test_no_canary_is_in_a_bundle(tmp_path: Path) -> None:
    """Neither in what was sealed nor in what is derived, though a check was violated and the server complained."""
    with working_place(tmp_path) as place:
        place.file("people.sql", PEOPLE)
        assert place.drillmaster("keys", "init").returncode == 0
        run = Run(place, "private", [COMMAND, "run", str(place.file("private.yaml", PRIVATE))])
        run.wait_for("steady")
        password = run.inside("cat", "/run/secrets/postgres_password")
        assert run.exit_code() == 1, run.stdout
        assert b"duplicate key" in b"".join(path.read_bytes() for path in (run.folder / "logs").iterdir())
        window = ("--from", "2026-01-01", "--to", "2099-12-31")
        for platform in ("auditor", "drata"):
            done = place.drillmaster("export", *window, "--for", platform, "--output", f"{platform}.zip")
            assert done.returncode == 0, done.stderr
        private = next(path for path in place.keys.rglob("signing-key.pem")).read_text().splitlines()[1]
        for bundle in place.home.glob("*.zip"):
            with zipfile.ZipFile(bundle) as archive:
                held = {name: archive.read(name) for name in archive.namelist()}
            assert [name for name in held if name.endswith("record.json")]
            planted = [secret.encode() for secret in (*CANARIES, password, run.canary, private)]
            assert [name for name, content in held.items() for secret in planted if secret in content] == []
