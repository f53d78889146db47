"""The shipped restore against two raw copies side by side; `python -m tests.bench.restore_speed`.

Both read what no cache holds, write the same cluster (without its WAL, which no backup holds) into an empty volume,
and flush it. Wanted: the restore at 0.9 times the copies' speed or more.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from tests.bench._by_hand import DATA, ByHand, by_hand
from tests.bench._pairs import interleaved, tell

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = 5
SCALE = 60
# Larger clusters lie in files of 1 GB; here one file would hold nearly all, and neither side could share the work.
PARTS = 8
RAW = "/var/lib/pgbackrest/raw"
# Each file is asked out of the page cache: a restore after a disaster finds a cold one.
COLD = """python3 -c '
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        file = os.open(os.path.join(folder, name), os.O_RDONLY)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)
' /var/lib/pgbackrest"""
EMPTY = f"find {DATA} -mindepth 1 -delete && sync -f {DATA}"
RESTORE = "pgbackrest --stanza=main --log-level-console=warn restore"
# Files are dealt to two copies by size, the largest first. Each is flushed as soon as it is written, as a restore does
# it: a flush of everything at the end would spare the copies a wait for each file.
COPIES = f"""cd {RAW} && python3 -c '
import os, shutil, sys
from multiprocessing import Pool

def copy(path):
    target = os.path.join(sys.argv[1], path)
    shutil.copyfile(path, target)
    with open(target) as file:
        os.fsync(file)

for folder, names, _ in os.walk("."):
    for name in names:
        os.mkdir(os.path.join(sys.argv[1], folder, name))
files = [os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names]
with Pool(2) as pool:
    pool.map(copy, sorted(files, key=os.path.getsize, reverse=True), chunksize=1)
' {DATA} && sync -f {DATA}"""


def into_empty(hand: ByHand, command: str) -> Callable[[], float]:
    """Return a measurement of `command`, the data directory being emptied and the caches cooled before."""

    def seconds() -> float:
        hand.execute(f"{EMPTY} && {COLD}")
        began = time.monotonic()
        hand.execute(command)
        return time.monotonic() - began

    return seconds


def main() -> None:
    """Back a cluster up, keep a raw copy of it in the same volume, and put both back in turns."""
    with by_hand() as hand:
        hand.provision()
        hand.execute(f"pgbench -i -q -s {SCALE} --partitions={PARTS} && psql -qc CHECKPOINT")
        hand.playbook("back-up-with-pgbackrest.yml")
        hand.lose_server()
        hand.replace()
        hand.execute(f"cp -a {DATA} {RAW} && find {RAW}/pg_wal -type f -delete && sync -f {RAW}")
        size = int(hand.execute(f"du -sm {RAW} | cut -f1"))
        pairs = interleaved(into_empty(hand, RESTORE), into_empty(hand, COPIES), PAIRS)
    tell(
        f"restore of {size} MB {median(pairs.ours):.2f} s, two raw copies {median(pairs.theirs):.2f} s: "
        f"{1 / pairs.ratio:.2f} times their speed (time ratio of single pairs {pairs.noise}); wanted: at least 0.9"
    )


if __name__ == "__main__":
    main()
