"""Which transactions the surviving WAL commits: pg_waldump over the archive and what remains in pg_wal."""

from __future__ import annotations

import re

from docker import DockerClient

COMMIT = re.compile(rb"tx: +(\d+), lsn: ([0-9A-F]+)/([0-9A-F]+),.* desc: COMMIT ")
FETCH = r"""
set -eu
cd /tmp; rm -rf oracle; mkdir oracle
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
for file in $(ls /var/lib/pgbackrest/archive/main/*/00000001* 2>/dev/null | grep -oE '^00000001[0-9A-F]{16}' | sort -u); do
    pgbackrest --stanza=main --log-level-console=warn archive-get "$file" "/tmp/oracle/$file"
done
cp -n "$PGDATA"/pg_wal/00000001???????????????? oracle/ 2>/dev/null || true
for file in $(ls oracle | sort); do
    $bin/pg_waldump --rmgr=Transaction "oracle/$file" 2>/dev/null || true
done
"""


def committed(container: str) -> set[int]:
    """Return the transaction ids committed on timeline 1, as far as it survived the disaster."""
    result = DockerClient.from_env().containers.get(container).exec_run(["sh", "-c", FETCH], user="postgres")
    assert result.exit_code == 0, result.output[-2000:]
    found = {int(xid) for xid, _, _ in COMMIT.findall(result.output)}
    assert found, "no commit found in any WAL segment: the oracle is blind"
    return found
