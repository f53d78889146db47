"""Which transactions the surviving WAL commits: pg_waldump over the archive and what remains in pg_wal."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from docker import DockerClient

COMMIT = re.compile(r"tx: +(\d+), .* desc: COMMIT (\d+-\d+-\d+ \d+:\d+:\d+\.\d+) UTC")
FETCH = r"""
set -eu
cd /tmp; rm -rf oracle; mkdir oracle
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
archived=$(ls /var/lib/pgbackrest/archive/main/*/00000001* 2>/dev/null | grep -oE '^00000001[0-9A-F]{16}' | sort -u)
for file in $archived; do
    pgbackrest --stanza=main --log-level-console=warn archive-get "$file" "/tmp/oracle/$file"
done
cp -n "$PGDATA"/pg_wal/00000001???????????????? oracle/ 2>/dev/null || true
# A standby that was promoted may have set its last segment of the timeline aside.
for file in "$PGDATA"/pg_wal/00000001????????????????.partial; do
    [ ! -e "$file" ] || cp -n "$file" "oracle/$(basename "$file" .partial)"
done
for file in $(ls oracle | sort); do
    $bin/pg_waldump --rmgr=Transaction "oracle/$file" 2>/dev/null || true
done
"""


def committed(container: str) -> dict[int, float]:
    """Return the transactions committed on timeline 1, as far as it survived, and when first (Unix seconds).

    After a crash the ids of lost transactions are given out again: only a commit before the acknowledgement is its own.
    """
    result = DockerClient.from_env().containers.get(container).exec_run(["sh", "-c", FETCH], user="postgres")
    assert result.exit_code == 0, result.output[-2000:]
    found: dict[int, float] = {}
    for xid, moment in COMMIT.findall(result.output.decode()):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        found[int(xid)] = min(at, found.get(int(xid), at))
    assert found, "no commit found in any WAL segment: the oracle is blind"
    return found
