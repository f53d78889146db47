"""The content check against `pg_dump | sha256sum`, on many rows and on many tables.

`python -m tests.bench.content_check` from the project's root. Wanted: at least 3 times faster than the dump on two
cores; 2,000 tables in at most 10 s.
"""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from orchestrator.postgresql import reading
from tests.bench._by_hand import ByHand, by_hand
from tests.bench._pairs import interleaved, tell

if TYPE_CHECKING:
    from collections.abc import Callable

PAIRS = 5
SCALE = 30
"""Three million rows, 400 MB."""
TABLES = 2000
TABLE = "CREATE TABLE many_$n AS SELECT g AS id, g::text AS word FROM generate_series(1, 50) AS g;"
MAKE_TABLES = f'for n in $(seq {TABLES}); do echo "{TABLE}"; done | psql -q'


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def dump(hand: ByHand) -> str:
    """Do what the check replaces: a digest of the whole database's dump."""
    return hand.execute("set -e; pg_dump | sha256sum")


def main() -> None:
    """Measure both ways in turns on large tables, then the check on many."""
    with by_hand() as hand:
        hand.provision()
        hand.execute(f"pgbench -i -q -s {SCALE}")
        pairs = interleaved(
            lambda: timed(lambda: reading.take(hand.access, [])), lambda: timed(lambda: dump(hand)), PAIRS
        )
        tell(
            f"content of {SCALE * 100_000:,} rows {median(pairs.ours):.2f} s, pg_dump | sha256sum "
            f"{median(pairs.theirs):.2f} s: {1 / pairs.ratio:.1f} times faster (ratio of single pairs {pairs.noise}); "
            f"wanted: at least 3"
        )
        hand.execute(f"psql -qc 'DROP TABLE pgbench_accounts' && {MAKE_TABLES}")
        many = [timed(lambda: reading.take(hand.access, [])) for _ in range(PAIRS)]
        tell(
            f"content of {TABLES} tables {median(many):.2f} s ({min(many):.2f} to {max(many):.2f}); wanted: at most 10"
        )


if __name__ == "__main__":
    main()
