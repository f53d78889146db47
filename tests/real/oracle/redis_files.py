"""Which of the ledger's writes Redis's files hold: its append-only files read as they are, or its newest snapshot."""

from __future__ import annotations

import io

from docker import DockerClient

from oracle.redis_proxy import message, write_of

APPENDED = "cat /data/appendonlydir/*.incr.aof"
# Loaded by a server of its own, on a socket: only Redis knows how it packs a list into a snapshot.
SNAPSHOT = """
set -e
other=$(mktemp -d)
cp "$(ls -d /var/lib/redis-backups/*Z | tail -n 1)/dump.rdb" $other
redis-server --port 0 --unixsocket $other/socket --dir $other --save "" --daemonize yes > $other/log
until redis-cli -s $other/socket PING 2> $other/answer | grep -q PONG; do sleep 0.1; done
redis-cli -s $other/socket LRANGE drillmaster:ledger 1 -1
redis-cli -s $other/socket SHUTDOWN NOSAVE
"""


def appended(container: str) -> set[tuple[int, int]]:
    """Return the writes in the append-only files."""
    raw = _run(container, APPENDED)
    stream, found = io.BytesIO(raw), set()
    while stream.tell() < len(raw):
        _, words = message(stream)
        if write := write_of(words):
            found.add(write)
    return found


def saved(container: str) -> set[tuple[int, int]]:
    """Return the writes in the snapshot of the newest backup."""
    rows = (line.split() for line in _run(container, SNAPSHOT).splitlines() if line)
    return {(int(writer), int(sequence)) for writer, sequence, _ in rows}


def _run(container: str, script: str) -> bytes:
    done = DockerClient.from_env().containers.get(container).exec_run(["sh", "-c", script], user="redis")
    assert done.exit_code == 0, done.output[-2000:]
    return bytes(done.output)
