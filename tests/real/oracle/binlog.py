"""Which of the ledger's rows the surviving binlog commits: mariadb-binlog of the copied files, or the server's own."""

from __future__ import annotations

import re

from docker import DockerClient

# The server's last start tells how far into its binlog the engine's own log had come, and how many transactions beyond
# that it found prepared: those the binlog decides, and so they are in.
LAST = re.compile(r"InnoDB: Last binlog file '\./(\S+)', position (\d+)")
PREPARED = re.compile(r"Found (\d+) prepared transaction")
EVENT = re.compile(r"^#\d{6} .* end_log_pos (\d+) .*\t(Xid =|GTID )", re.MULTILINE)
ROW = re.compile(r"^### INSERT INTO `\w+`\.`drillmaster_ledger`\n### SET\n###   @1=(\d+)\n###   @2=(\d+)", re.MULTILINE)
READ = r"""
cd /var/lib/mysql-backups/binlogs 2>/dev/null && ls binlog.0* >/dev/null 2>&1 || cd /var/lib/mysql
for file in binlog.0*; do
    echo "=== $file"
    mariadb-binlog --base64-output=decode-rows --verbose "$file" 2>/dev/null || true
done
"""


def committed(container: str) -> frozenset[tuple[int, int]]:
    """Return (writer, sequence) of every row whose commit survived."""
    seen = DockerClient.from_env().containers.get(container)
    result = seen.exec_run(["sh", "-c", READ])
    assert result.exit_code == 0, result.output[-2000:]
    found = survivors(result.output.decode(errors="replace"), seen.logs().decode(errors="replace"))
    assert found, "no row found in any file of the binlog: the oracle is blind"
    return found


def survivors(binlog: str, log: str) -> frozenset[tuple[int, int]]:
    """Return the rows that a decoded binlog commits, and the engine kept by the server's own log."""
    last_start = log.rpartition("Starting MariaDB")[2]
    reached, prepared = LAST.search(last_start), PREPARED.search(last_start)
    beyond = int(prepared[1]) if prepared else 0
    rows: set[tuple[int, int]] = set()
    for part in binlog.split("=== ")[1:]:
        name, _, text = part.partition("\n")
        for position, of_one in _transactions(text):
            if reached and name == reached[1] and position > int(reached[2]):
                if beyond == 0:
                    continue
                beyond -= 1
            rows |= of_one
    return frozenset(rows)


def _transactions(text: str) -> list[tuple[int, set[tuple[int, int]]]]:
    """Return, of each transaction that was committed, where in the file it ends, and its rows."""
    found: list[tuple[int, set[tuple[int, int]]]] = []
    begun = 0
    for event in EVENT.finditer(text):
        if event[2].startswith("GTID"):
            begun = event.end()
        else:
            rows = {(int(writer), int(sequence)) for writer, sequence in ROW.findall(text, begun, event.start())}
            found.append((int(event[1]), rows))
    return found
